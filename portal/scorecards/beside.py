"""What stands beside the index and never counts in it, in words: promises against outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.core.clock import local_date
from portal.core.figures import shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import day
from portal.core.i18n import gettext as _
from portal.methodology.score import month_bounds
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


def promise_lines(rows: Sequence[Mapping[str, Any]], month: str) -> list[PromiseLine]:
    """The targets of a card, as `PromiseRow.to_dict` stored them, in the language that is spoken."""
    return [_line(row, month) for row in rows]


def _line(row: Mapping[str, Any], month: str) -> PromiseLine:
    target = Target.of(row["target"])
    look, word = VERDICTS[row["verdict"]]
    is_share = target.measure != "R3"
    return PromiseLine(
        item_id=row["item_id"],
        number=row["number"],
        agreed_in=row["agreed_in"],
        minutes_id=row["minutes_id"],
        what=target.what,
        promised=_("at least %(share)s", share=target.asked),
        held=_held(row, month),
        share=f"{row['x']:,} / {row['n']:,}" if row["n"] else "–",
        value=shown(row["value"]) + ("%" if is_share and row["value"] is not None else ""),
        interval="–" if row["low"] is None else f"{shown(row['low'])}–{shown(row['high'])}",
        verdict=look,
        verdict_word=str(word),
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
