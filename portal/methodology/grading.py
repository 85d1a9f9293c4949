"""The letter: bands, caps, missing data and the labels of a card (method, section "Grades")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from portal.methodology.method import Method
from portal.methodology.score import Measure

DIGITS = 9
"""Where no exact fraction exists, an edge is decided on the float rounded to so many places."""


def decidable(value: float) -> Fraction:
    """A float as the fraction by which it is held against an edge."""
    return Fraction(str(round(value, DIGITS)))


class Graded(NamedTuple):
    """A letter, and the cap that lowered it, if one did."""

    letter: str
    cap: str | None


def grade(score: Fraction | float, capping: Mapping[str, Any], method: Method) -> Graded:
    """The band's letter, lowered by the harshest cap that bites; values in 0..100."""
    letters = [band.letter for band in method.bands]
    place = next(i for i, band in enumerate(method.bands) if score >= band.at_least)
    for cap in method.caps:
        value = capping.get(cap.measure)
        if value is not None and value < cap.below and place < letters.index(cap.at_most):
            return Graded(cap.at_most, cap.code)
    return Graded(letters[place], None)


def is_gradable(measures: Mapping[str, Measure], method: Method) -> bool:
    """Whether the required measures are assessed, and enough weight of all of them."""
    remaining = sum(measure.weight for measure in measures.values() if measure.assessed)
    return remaining >= method.minimum_weight and all(
        measures[id].assessed for id in method.required
    )


def label_of(n: int, is_gradable: bool, r2: Measure, method: Method) -> str:
    """What a card of n requests says of itself: "", provisional, insufficient_data or not_graded."""
    if n < method.insufficient_below:
        return "insufficient_data"
    if not is_gradable:
        return "not_graded"
    if r2.low is None or r2.high is None:
        return "provisional"
    is_wide = decidable(r2.high - r2.low) > 2 * method.provisional_half_width
    return "provisional" if n < method.provisional_below or is_wide else ""


def with_effective_weights(
    measures: Mapping[str, Measure], is_gradable: bool
) -> dict[str, Measure]:
    """The measures with their weights among those assessed; no weight where there is no score."""
    total = sum(measure.weight for measure in measures.values() if measure.assessed)
    if not is_gradable:
        return dict(measures)
    return {
        id: replace(measure, effective_weight=100 * measure.weight / total)
        if measure.assessed
        else measure
        for id, measure in measures.items()
    }
