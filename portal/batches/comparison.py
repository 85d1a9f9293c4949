"""Two shares and the interval of their difference. Nothing here knows the database."""

from __future__ import annotations

from typing import NamedTuple

from portal.methodology import estimators
from portal.methodology.estimators import Interval
from portal.methodology.score import Measure


class Difference(NamedTuple):
    """The first share less the second, in points of per cent, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether a difference is shown, and which way: the interval leaves 0 out."""
        if self.low <= 0 <= self.high:
            return "batch_not_shown"
        return "batch_higher" if self.low > 0 else "batch_lower"


def of_measures(batch: Measure, rest: Measure) -> Difference | None:
    """The difference of a measure between batch and rest; None where one has no cases."""
    spans = [
        (one.value, Interval(one.low, one.high))
        for one in (batch, rest)
        if one.value is not None and one.low is not None and one.high is not None
    ]
    if len(spans) < 2:
        return None
    (value, interval), (other, interval_other) = spans
    found = estimators.difference(value, interval, other, interval_other)
    return Difference(value - other, found.low, found.high)
