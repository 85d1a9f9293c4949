"""What was agreed and what became of it: decisions of minutes, and action items of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions.models import ActionItem, ActionStatus
from portal.consultations.models import Side
from portal.core import charts
from portal.core.clock import local_date
from portal.core.i18n import both, day, local
from portal.core.i18n import gettext as _
from portal.methodology.words import timely_in_words
from portal.reports.queries import Gathered
from portal.reports.words import name_of


@dataclass(frozen=True)
class DecisionRow:
    """A decision of minutes that both sides adopted."""

    name: str
    serial: str
    adopted: str
    text: str


@dataclass(frozen=True)
class ItemRow:
    """An action item and what became of it."""

    number: str
    text: str
    owner: str
    due: str
    state: str
    kind: str


def decisions(found: Gathered) -> list[DecisionRow]:
    return [
        DecisionRow(
            name=name_of(row.company_id, found),
            serial=row.serial,
            adopted=day(local_date(row.adopted_at)),
            text=both(row, "text"),
        )
        for row in found.decisions
    ]


def punctuality(item: ActionItem, at: datetime) -> str:
    """Done in time, done late or open, as the report saw it."""
    if item.done_at is None or item.done_at > at:
        return "open"
    return "in_time" if item.done_at <= item.due_at else "late"


def by_punctuality(items: Sequence[ActionItem], at: datetime) -> dict[str, int]:
    parts = [punctuality(item, at) for item in items]
    return {name: parts.count(name) for name in ("in_time", "late", "open")}


def share_in_time(items: Sequence[ActionItem], at: datetime) -> str:
    return f"{by_punctuality(items, at)['in_time']} / {len(items)}" if items else "–"


def item_row(item: ActionItem, found: Gathered) -> ItemRow:
    part = punctuality(item, found.at)
    if part == "late":
        state, kind = _("done, %(days)s days late", days=item.days_late(at=found.at)), "warn"
    elif part == "in_time":
        state, kind = _("done in time"), "good"
    else:
        state, kind = _(item.status.value), ""
        if item.status is ActionStatus.VERIFIED:  # accepted only after the report looked
            state = _("still open")
        if item.due_at < found.at:
            state, kind = _("not done (%(state)s)", state=state), "bad"
    return ItemRow(
        number=item.number,
        text=both(item, "text"),
        owner=_("The commission")
        if item.owner is Side.INSTITUTION
        else name_of(item.company_id, found),
        due=local(item.due_at, "day", item.due_zone),
        state=state,
        kind=kind,
    )


def due_in_words(due: Sequence[ActionItem], at: datetime) -> str:
    if not due:
        return _("No action item was due in this month.")
    return _(
        "%(n)s action items of both sides were due: %(in_time)s done in time, %(late)s done late,"
        " %(open)s not done.",
        n=len(due),
        **by_punctuality(due, at),
    )


def punctuality_chart(found: Gathered) -> str:
    sides = [
        (
            name_of(one.id, found),
            [i for i in found.due if i.company_id == one.id and i.owner is Side.COMPANY],
            charts.kept_look(one.look),
        )
        for one in found.companies
    ]
    ours = [item for item in found.due if item.owner is Side.INSTITUTION]
    sides.append((_("The commission"), ours, charts.HOUSE))
    rows = [
        charts.TimelyRow(label, look=look, **by_punctuality(items, found.at))
        for label, items, look in sides
        if items
    ]
    if not rows:
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("Action items due in the month, by owner: in time, late, still open"),
            description=timely_in_words(rows),
            words=(_("in time"), _("late"), _("still open")),
        )
    )


def overdue(found: Gathered) -> list[str]:
    return [
        _(
            "%(owner)s: %(n)s, the oldest due %(day)s",
            owner=_whose(company_id, owner, found),
            n=number,
            day=day(local_date(oldest)),
        )
        for company_id, owner, number, oldest in found.overdue
    ]


def overdue_in_brief(found: Gathered) -> list[str]:
    """What was promised for a month before and is still not done, in one sentence."""
    if not found.overdue:
        return []
    company_id, owner, _number, oldest = min(found.overdue, key=lambda row: row[3])
    return [
        _(
            "Action items still open from earlier months: %(n)s, the oldest due %(day)s (%(owner)s).",
            n=sum(number for *_others, number, _oldest in found.overdue),
            day=day(local_date(oldest)),
            owner=_whose(company_id, owner, found),
        )
    ]


def _whose(company_id: int, owner: Side, found: Gathered) -> str:
    name = name_of(company_id, found)
    return name if owner is Side.COMPANY else _("The commission (to %(company)s)", company=name)
