"""Against the month before: what a reader may take for a change."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.core.figures import signed
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.estimators import Interval
from portal.methodology.score import Score
from portal.methodology.small_cells import hidden, is_few, is_hidden
from portal.reports.queries import Gathered
from portal.scorecards.models import Scorecard


@dataclass(frozen=True)
class Change:
    """Points against the month before, with its interval; `way` only where the interval excludes 0."""

    points: str
    interval: str
    way: str
    note: str


NONE = Change("–", "", "", "")


def change(
    value: float | None,
    interval: tuple[float | None, float | None],
    before: float | None,
    interval_before: tuple[float | None, float | None],
) -> Change:
    """What a reader may take for a change: where the interval of the difference leaves 0 out."""
    bounds = [*interval, *interval_before]
    if value is None or before is None or None in bounds:
        return NONE
    low, high, low_before, high_before = (float(bound) for bound in bounds if bound is not None)
    found = estimators.difference(
        value, Interval(low, high), before, Interval(low_before, high_before)
    )
    if found.low <= 0 <= found.high:
        return Change(_("not shown"), "", "", "")
    return Change(
        signed(value - before),
        _("%(low)s to %(high)s", low=signed(found.low), high=signed(found.high)),
        "up" if found.low > 0 else "down",
        "",
    )


def score_bounds(card: Scorecard) -> tuple[float | None, float | None]:
    """Low and high of a card's score, as drawn."""
    return card.summary.get("low"), card.summary.get("high")


def _may_compare(company_id: int, found: Gathered) -> tuple[Scorecard, Scorecard] | Change:
    """The two cards of a comparison, or why there is none."""
    now, before = found.cards.get(company_id), found.before.get(company_id)
    if now is None or before is None:
        return NONE
    if now.methodology != before.methodology:
        return replace(NONE, note=_("other method"))
    if any(is_few(card.summary.get("requests")) for card in (now, before)):
        return NONE
    return now, before


def score_change(company_id: int, found: Gathered) -> Change:
    pair = _may_compare(company_id, found)
    if isinstance(pair, Change):
        return pair
    now, before = pair
    old = before.summary.get("letter")
    note = _("was %(letter)s", letter=old) if old and old != now.summary.get("letter") else ""
    if hidden(now.figures) or hidden(before.figures):
        return replace(NONE, note=note)
    points = change(
        now.summary.get("score"), score_bounds(now), before.summary.get("score"), score_bounds(before)
    )  # fmt: skip
    return replace(points, note=note)


def measure_change(id: str, company_id: int, found: Gathered, scores: dict[int, Score]) -> Change:
    pair = _may_compare(company_id, found)
    if isinstance(pair, Change):
        return pair
    now, before = scores[company_id].measures[id], pair[1].figures.measures[id]
    if is_hidden(now) or is_hidden(before):
        return NONE
    return change(now.value, (now.low, now.high), before.value, (before.low, before.high))
