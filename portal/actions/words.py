"""The register of action items as the reader sees it: filters with their counts, and its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.actions import register
from portal.actions.models import ActionItem
from portal.actions.register import FACETS, Filter
from portal.core import i18n
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _

NAMES = {
    "state": _l("State"),
    "waits": _l("Waiting for whom"),
    "overdue": _l("Past its date"),
    "company": _l("Company"),
    "owner": _l("Owner"),
    "age": _l("Agreed since"),
    "carried": _l("Carried over before"),
    "month": _l("Due in"),
    "consultation": _l("Consultation"),
    "show": _l("Which action items"),
    "sort": _l("Order"),
    "counts": _l("Count what each filter would show"),
}
WORDS = {
    "waits": {"company": _l("the company"), "institution": _l("the institution")},
    "owner": {"company": _l("the company"), "institution": _l("the institution")},
    "overdue": {
        "any": _l("overdue at all"),
        "week": _l("overdue by up to 7 days"),
        "month": _l("overdue by 8 to 30 days"),
        "more": _l("overdue by more than 30 days"),
        "no": _l("not overdue"),
    },
    "age": {
        "month": _l("less than 30 days"),
        "quarter": _l("30 to 90 days"),
        "half": _l("90 to 180 days"),
        "more": _l("more than 180 days"),
    },
    "carried": {
        "0": _l("never carried over"),
        "1": _l("carried over once"),
        "2": _l("carried over twice"),
        "3": _l("carried over three times or more"),
    },
    "month": {"earlier": _l("earlier months"), "later": _l("later months")},
}
SORTS = {
    "due": _l("Due date, the soonest first"),
    "-due": _l("Due date, the latest first"),
    "number": _l("Number"),
    "age": _l("Agreed, the oldest first"),
    "company": _l("Company"),
    "carried": _l("Carried over, the most often first"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a filter: what it is called, and how many rows choosing it shows, if counted."""

    value: str
    label: str
    count: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with its words."""

    name: str
    label: str
    choices: tuple[Choice, ...]


def facets(
    chosen: Filter,
    counts: Mapping[str, Mapping[str, int]] | None,
    companies: Sequence[Any],
    *,
    at: datetime,
) -> list[Facet]:
    """The filters the reader may set.

    Where words are counted, a month, state or company without a row is not offered.
    """
    words: dict[str, dict[str, Any]] = {
        "state": {code: _(code) for code in register.CHOICES["state"]},
        "company": {str(one.id): i18n.both(one, "name") for one in companies},
        **WORDS,
        "month": {
            "earlier": WORDS["month"]["earlier"],
            **{m: i18n.month_name(m) for m in register.months_around(at, chosen.month)},
            "later": WORDS["month"]["later"],
        },
    }
    found = []
    for name in FACETS:
        if name == "company" and len(companies) < 2:
            continue
        here, count_of = getattr(chosen, name), None if counts is None else counts[name]
        choices = tuple(
            Choice(
                value, str(label), None if count_of is None else count_of.get(value, 0),
                value == here,
            )
            for value, label in words[name].items()
            if count_of is None
            or count_of.get(value)
            or value == here
            or name not in ("state", "company", "month")
        )  # fmt: skip
        found.append(Facet(name, str(NAMES[name]), choices))
    return found


def set_filters(chosen: Filter, facets: Sequence[Facet]) -> list[tuple[str, str, str]]:
    """The filters that are set: name, word, and the address without it."""
    return [
        (facet.label, choice.label, chosen.url(**{facet.name: ""}))
        for facet in facets
        for choice in facet.choices
        if choice.is_chosen
    ]


def named(unknown: Sequence[str]) -> str:
    """The filters in the address that were not understood, as the reader knows them."""
    return ", ".join(str(NAMES[name]) for name in unknown)


COLUMNS = (
    "number", "company", "text_ko", "text_en", "owner", "due_at", "first_due_at", "due_zone",
    "status", "agreed_at", "reported_at", "done_at", "days_late", "required_evidence",
    "consultation", "source", "waits_for", "times_carried", "minutes_late", "target",
)  # fmt: skip
HEADINGS = (
    _l("Number"), _l("Company"), _l("Text in Korean"), _l("Text in English"), _l("Owner"),
    _l("Due"), _l("First agreed for"), _l("Time zone of the due time"), _l("State"),
    _l("Agreed on"), _l("Reported on"), _l("Done on"), _l("Days late"), _l("Required evidence"),
    _l("Consultation"), _l("Source"), _l("Waiting for whom"), _l("Times carried over"),
    _l("Late, in minutes begun"), _l("Measurable target"),
)  # fmt: skip


def lines(chosen: Filter, actor: Any, *, at: datetime) -> Iterator[list[object]]:
    """The rows of the file for programs: codes, and instants in the zone of the due date."""
    for item, carried in register.for_export(chosen, actor, at=at):
        yield _cells(item, carried, at)


def readable_lines(chosen: Filter, actor: Any, *, at: datetime) -> Iterator[list[object]]:
    """The same rows for people, in the reader's language."""
    sides = {side: str(label) for side, label in WORDS["owner"].items()}
    for item, carried in register.for_export(chosen, actor, at=at):
        cells = _cells(item, carried, at)
        cells[1] = i18n.both(item.company, "name")
        cells[4] = sides[item.owner.value]
        cells[8] = _(item.status.value)
        cells[16] = ", ".join(sides[side] for side in _waits_for(item))
        yield cells


def _waits_for(item: ActionItem) -> list[str]:
    return sorted({side.value for side, _step in register.next_steps(item)})


def _cells(item: ActionItem, carried: int, at: datetime) -> list[object]:
    zone = ZoneInfo(item.due_zone)

    def there(instant: datetime | None) -> datetime | str:
        return instant.astimezone(zone) if instant else ""

    return [
        item.number,
        item.company.slug,
        item.text_ko,
        item.text_en,
        item.owner.value,
        there(item.due_at),
        there(item.first_due_at),
        item.due_zone,
        item.status.value,
        there(item.agreed_at),
        there(item.reported_at),
        there(item.done_at),
        item.days_late(at=at) if item.is_late(at=at) else 0,
        item.required_evidence,
        item.consultation.serial if item.consultation else "",
        item.source or "",
        "+".join(_waits_for(item)),
        carried,
        -(-item.lateness(at=at) // timedelta(minutes=1)) if item.is_late(at=at) else 0,
        item.target_text,
    ]
