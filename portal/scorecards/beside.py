"""What stands beside the index and never counts in it, in words: promises, and both clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.core.clock import local_date
from portal.core.figures import in_hours, shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import day, month_name
from portal.core.i18n import gettext as _
from portal.dialogue.words import DialogueLine, dialogue_lines
from portal.methodology.cohort import month_bounds
from portal.methodology.score import Score
from portal.minutes.targets import Target

VERDICTS = {
    "met": ("met", _l("met")),
    "not_met": ("missed", _l("not met")),
    "not_shown": ("unclear", _l("not shown")),
    "not_assessed": ("none", _l("not assessed")),
}
"""The look and the word of each verdict."""


@dataclass(frozen=True)
class PromiseLine:
    """One target in force in the month: what was promised, what was measured, and the verdict."""

    item_id: int
    number: str
    agreed_in: str
    minutes_id: int | None
    what: str
    promised: str
    held: str
    share: str
    value: str
    interval: str
    verdict: str
    verdict_word: str
    said: str
    """What was promised, in the few words that the first page has room for."""


def promise_lines(rows: Sequence[Mapping[str, Any]], month: str) -> list[PromiseLine]:
    """The targets of a card, as `PromiseRow.to_dict` stored them, in the language that is spoken."""
    return [_line(row, month) for row in rows]


def _line(row: Mapping[str, Any], month: str) -> PromiseLine:
    target = Target.of(row["target"])
    look, word = VERDICTS[row["verdict"]]
    is_share = target.measure != "R3"
    promised = _("at least %(share)s", share=target.asked)
    return PromiseLine(
        item_id=row["item_id"],
        number=row["number"],
        agreed_in=row["agreed_in"],
        minutes_id=row["minutes_id"],
        what=target.what,
        promised=promised,
        held=_held(row, month),
        share=f"{row['x']:,} / {row['n']:,}" if row["n"] else "–",
        value=shown(row["value"]) + ("%" if is_share and row["value"] is not None else ""),
        interval="–" if row["low"] is None else f"{shown(row['low'])}–{shown(row['high'])}",
        verdict=look,
        verdict_word=str(word),
        said=f"{row['number'].split()[-1]}: {target.what}, {promised}",
    )


def _held(row: Mapping[str, Any], month: str) -> str:
    """For which days of the month, where it was not the whole of it."""
    start, end = (datetime.fromisoformat(row[name]) for name in ("from_at", "until_at"))
    if (start, end) == month_bounds(month):
        return ""
    return _(
        "counted from %(first)s to %(last)s",
        first=day(local_date(start)),
        last=day(local_date(end - timedelta(seconds=1))),
    )


def dialogue_parts(
    held: Mapping[str, Sequence[Mapping[str, Any]]] | None, month: str
) -> list[tuple[str, list[DialogueLine]]]:
    """Both sides' punctuality in the month and in the twelve up to it; none on older cards."""
    if held is None:
        return []
    name = month_name(month)
    return [
        (name, dialogue_lines(held["month"])),
        (_("Twelve months up to %(month)s", month=name), dialogue_lines(held["year"])),
    ]


def clock_rows(score: Score, details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The same question asked of both sides: the question, the company, the commission."""
    clocks, regulator, removal = details["clocks"], details["regulator"], score.removal
    answered, beside = score.measures["R1"], score.beside
    return [
        (
            _("First step, median"),
            _("delivery to answer: %(hours)s (n = %(n)s)",
              hours=_hours(clocks["answer_median_hours"], clocks["answer_n"]), n=clocks["answer_n"])
            + _within(answered.value, answered.low, answered.high, answered.n),
            _("intake to issue: %(hours)s (n = %(n)s)",
              hours=_hours(regulator["intake_to_issue_hours"]), n=clocks["intake_n"]),
        ),
        (
            _("Second step, median"),
            _("delivery to removal: %(hours)s (n = %(n)s)",
              hours=_hours(removal.median_hours, score.measures["R2"].n), n=score.measures["R2"].n)
            + _within(
                score.measures["R2"].value, score.measures["R2"].low, score.measures["R2"].high,
                score.measures["R2"].n,
            ),
            _("issue to delivery: %(hours)s (n = %(n)s)",
              hours=_hours(regulator["issue_to_delivery_hours"]), n=clocks["delivery_n"]),
        ),
        (
            _("Waiting at the as-of instant"),
            _("without an answer: %(n)s, the oldest %(hours)s",
              n=int(beside["open"] or 0), hours=_hours(beside["oldest_open_hours"]))
            if beside["open"] else _("none without an answer"),
            _waiting(clocks),
        ),
    ]  # fmt: skip


def _waiting(clocks: Mapping[str, Any]) -> str:
    """What waits at the commission; of what does not wait there is no age to tell."""
    intakes = (
        _("intakes not issued: %(n)s, the oldest %(hours)s",
          n=clocks["intakes"], hours=_hours(clocks["oldest_intake_hours"]))
        if clocks["intakes"] else _("no intake waiting to be issued")
    )  # fmt: skip
    drafts = (
        _("drafts not approved: %(n)s, the oldest %(hours)s",
          n=clocks["drafts"], hours=_hours(clocks["oldest_draft_hours"]))
        if clocks["drafts"] else _("no draft waiting for approval")
    )  # fmt: skip
    return f"{intakes}; {drafts}"


def _hours(value: float | None, n: int = 0) -> str:
    """Hours in words; with cases and no median half was not reached."""
    return in_hours(value, _("not reached") if n else "–")


def _within(value: float | None, low: float | None, high: float | None, n: int) -> str:
    if value is None:
        return ""
    return "; " + _(
        "in time %(share)s%% (%(low)s–%(high)s, n = %(n)s)",
        share=shown(value), low=shown(low), high=shown(high), n=n,
    )  # fmt: skip
