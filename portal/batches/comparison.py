"""Two shares and the interval of their difference. Nothing here knows the database."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from portal.methodology.score import Measure


class Difference(NamedTuple):
    """The first share less the second, in points of per cent, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether a difference is shown: the interval leaves 0 out."""
        return "batch_not_shown" if self.low <= 0 <= self.high else "batch_shown"


def difference(one: tuple[float, float, float], other: tuple[float, float, float]) -> Difference:
    """The difference of two independent shares, each given as (value, low, high).

    d = p1 - p2; lower = d - sqrt((p1 - l1)^2 + (u2 - p2)^2); upper = d + sqrt((u1 - p1)^2 +
    (p2 - l2)^2). With Wilson intervals l and u this is Newcombe's method 10 without continuity
    correction (R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890), which holds for R1. For
    R2, whose interval is that of Kaplan-Meier, the same composition is MOVER (G. Y. Zou and
    A. Donner, Statistics in Medicine 27 (2008), 1693-1702).
    """
    p1, l1, u1 = one
    p2, l2, u2 = other
    d = p1 - p2
    return Difference(
        d,
        d - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        d + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def of_measures(batch: Measure, rest: Measure) -> Difference | None:
    """The difference of a measure between batch and rest; None where one has no cases."""
    spans = [
        (one.value, one.low, one.high)
        for one in (batch, rest)
        if one.value is not None and one.low is not None and one.high is not None
    ]
    return difference(*spans) if len(spans) == 2 else None
