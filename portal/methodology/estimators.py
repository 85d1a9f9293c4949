"""Proportions and times to removal, with their intervals (method, section "Formulas").

Durations are whole seconds. Shares and survival are 0..1. S(t) is kept as an exact ratio of
integers wherever that stays small, because floats decide S(t) <= 1/2 wrongly.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import exp, gcd, inf, log, sqrt
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
TOLERANCE = 1e-9
EXACT_BITS = 4096  # beyond this the denominator costs more than it decides


class Interval(NamedTuple):
    low: float
    high: float


class Step(NamedTuple):
    """S(t) from this removal time on. A denominator of 0 says the exact ratio was given up."""

    seconds: int
    at_risk: int
    removed: int
    removed_so_far: int
    survival: float
    greenwood: float
    numerator: int
    denominator: int

    @property
    def exact(self) -> Fraction | None:
        return Fraction(self.numerator, self.denominator) if self.denominator else None


@dataclass(frozen=True, slots=True)
class Curve:
    """Kaplan-Meier: one step for each distinct removal time, in rising order."""

    n: int
    steps: tuple[Step, ...]

    def at(self, seconds: int) -> Step:
        """The step in force at this time; a removal at exactly this time counts."""
        index = bisect_right(self.steps, seconds, key=lambda step: step.seconds)
        return self.steps[index - 1] if index else Step(0, self.n, 0, 0, 1.0, 0.0, 1, 1)


class Rmst(NamedTuple):
    """Restricted mean time to removal, in seconds."""

    seconds: float
    se: float
    exact: Fraction | None


def wilson(x: int, n: int, z: float) -> Interval | None:
    """Interval of x/n without continuity correction; nothing for n = 0."""
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is no share")
    return _wilson(x, n, z) if n else None


def _wilson(x: int, n: int, z: float) -> Interval:
    p = x / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    # At the ends the bound is 0 or 1 by algebra; floats would leave a crumb.
    return Interval(
        0.0 if x == 0 else max(0.0, centre - half), 1.0 if x == n else min(1.0, centre + half)
    )


def difference(
    value: float, interval: Interval, before: float, interval_before: Interval
) -> Interval:
    """Interval of value - before, from the two intervals of independent estimates.

    d = p1 - p2; lower = d - sqrt((p1 - l1)^2 + (u2 - p2)^2); upper = d + sqrt((u1 - p1)^2 +
    (p2 - l2)^2). With Wilson intervals l and u this is method 10 of R. G. Newcombe, Statistics in
    Medicine 17 (1998), 873-890; for other estimates, as Kaplan-Meier's, the same composition is MOVER
    (G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008), 1693-1702). A difference is shown where
    it excludes 0. Same unit and scale in and out.
    """
    change = value - before
    return Interval(
        change - sqrt((value - interval.low) ** 2 + (interval_before.high - before) ** 2),
        change + sqrt((interval.high - value) ** 2 + (before - interval_before.low) ** 2),
    )


def tuples_of(kind: type[T], rows: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """Named tuples of rows that have every field in order, without a call of Python for each."""
    made: Callable[[Iterable[Any]], T] = partial(tuple.__new__, kind)  # type: ignore[type-var]
    return map(made, rows)


def kaplan_meier(removed: Iterable[int], censored: Iterable[int]) -> Curve:
    """S(t) with Greenwood's sum; removals come before censorings at equal times.

    Durations come one by one, or as a mapping that says how often each occurs.

    Between two censorings the product telescopes: S is S at the last censoring, times those
    still at risk over those at risk then. So only censorings make the denominator grow.
    """
    removals, losses = Counter(removed), Counter(censored)
    times, cuts = sorted(removals), sorted(losses)
    if min(times[:1] + cuts[:1], default=0) < 0:
        raise ValueError("a duration cannot be negative")
    n = at_risk = removals.total() + losses.total()
    base_numerator, base_denominator, divisor = 1, 1, n
    numerator, denominator = 1, 1
    survival, greenwood = 1.0, 0.0
    removed_so_far = begin = 0
    is_exact = True
    steps: list[tuple[float, ...]] = []
    for cut in (*cuts, None):
        end = len(times) if cut is None else bisect_right(times, cut, begin)
        for seconds in times[begin:end]:
            d = removals[seconds]
            before = at_risk
            at_risk -= d
            removed_so_far += d
            if is_exact:
                numerator, denominator = base_numerator * at_risk, divisor
                survival = numerator / denominator
            else:
                survival = survival * at_risk / before
            greenwood += d / (before * at_risk) if at_risk else inf
            steps.append(
                (seconds, before, d, removed_so_far, survival, greenwood, numerator, denominator)
            )
        if cut is None:
            break
        at_risk -= losses[cut]
        if is_exact and end > begin:
            common = gcd(numerator, denominator)
            base_numerator, base_denominator = numerator // common, denominator // common
            if base_denominator.bit_length() > EXACT_BITS:
                is_exact, numerator, denominator = False, 0, 0
        divisor = base_denominator * at_risk
        begin = end
    return Curve(n, tuple(tuples_of(Step, steps)))


def removed_intervals(steps: Iterable[Step], n: int, z: float) -> list[tuple[float, float]]:
    """Low and high of F = 1 - S at each step of a curve of n > 0, log-log with Greenwood; Wilson on
    removed/n where S is 0 or 1."""
    found = []
    for _seconds, _at_risk, _removed, removed_so_far, survival, greenwood, *_exact in steps:
        if 0 < survival < 1:
            theta = z * sqrt(greenwood) / log(survival)
            found.append((1 - survival ** exp(theta), 1 - survival ** exp(-theta)))
        else:
            found.append(_wilson(removed_so_far, n, z))
    return found


def removed_interval(step: Step, n: int, z: float) -> Interval | None:
    """The interval of F at one step; nothing for n = 0."""
    return Interval(*removed_intervals((step,), n, z)[0]) if n else None


def median(curve: Curve) -> int | None:
    """The smallest time in seconds with S <= 1/2; None says "not reached"."""
    for step in curve.steps:
        if step.denominator:
            is_reached = 2 * step.numerator <= step.denominator
        else:
            is_reached = step.survival <= 0.5 + TOLERANCE
        if is_reached:
            return step.seconds
    return None


def rmst(curve: Curve, tau: int) -> Rmst:
    """Area under S from 0 to tau seconds; past the last observation S is held constant."""
    steps = [step for step in curve.steps if step.seconds < tau]
    ends = [step.seconds for step in steps[1:]] + [tau]
    area, squares = 0.0, 0.0
    for step, end in zip(reversed(steps), reversed(ends), strict=False):
        area += step.survival * (end - step.seconds)
        if step.at_risk > step.removed:
            squares += area * area * step.removed / (step.at_risk * (step.at_risk - step.removed))
    first = steps[0].seconds if steps else tau
    exact = _exact_area(steps, first, tau)
    return Rmst(area + first if exact is None else float(exact), sqrt(squares), exact)


def _exact_area(steps: Sequence[Step], first: int, tau: int) -> Fraction | None:
    """Steps between two censorings share a denominator, so their numerators are summed first."""
    total, pending, denominator = Fraction(first), 0, 1
    for index, step in enumerate(steps):
        if not step.denominator:
            return None
        if step.denominator != denominator:
            total += Fraction(pending, denominator)
            pending, denominator = 0, step.denominator
        end = steps[index + 1].seconds if index + 1 < len(steps) else tau
        pending += step.numerator * (end - step.seconds)
    return total + Fraction(pending, denominator)


def verdict(interval: Interval, target: float | Fraction) -> str:
    """Code for "met", "not met" or "not shown", on the scale both are given in."""
    if interval.low >= target:
        return "met"
    return "not_met" if interval.high < target else "not_shown"


def rank_interval(rows: Iterable[tuple[str, float, float]]) -> dict[str, tuple[int, int]]:
    """Best and worst rank of each (name, low, high), where only parted intervals decide."""
    rows = list(rows)
    return {
        name: (
            1 + sum(other_low > high for _, other_low, _ in rows),
            len(rows) - sum(other_high < low for _, _, other_high in rows),
        )
        for name, low, high in rows
    }
