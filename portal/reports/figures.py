"""Small cells and shown changes: what may be printed, and what a reader may take for a change.

What leaves the house names no count of one to four people's cases: such a cell says "<5", and the
figures made of it are left out with it. A total that could give a hidden cell away leaves out the
companies whose own count is hidden. Action items and consultations are matters of organisations
and stand in the report one by one; they are counted as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.figures import shown
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.estimators import Interval
from portal.methodology.score import Measure
from portal.scorecards.models import Scorecard

FEW = 5
HIDDEN = "<5"
OF_ORGANISATIONS = ("R6",)
"""Measures that count promises of organisations, not cases of people."""


def is_few(number: float | None) -> bool:
    """Whether a count is too small to be printed; nothing at all is no secret."""
    return number is not None and 0 < number < FEW


def counted(number: float | None) -> str:
    """A count of cases for a cell."""
    return HIDDEN if is_few(number) else shown(number or 0, 0)


def is_hidden(measure: Measure) -> bool:
    """Whether a measure stands on too few cases to be printed."""
    return measure.id not in OF_ORGANISATIONS and is_few(measure.n)


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
    """What a reader may take for a change: where the interval of the difference excludes none."""
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


def signed(points: float) -> str:
    """Points with their sign, for which minus is a sign of its own."""
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return f"{sign}{shown(abs(points))}"


def score_bounds(card: Scorecard) -> tuple[float | None, float | None]:
    """Low and high of a card's score, as drawn."""
    return card.summary.get("low"), card.summary.get("high")
