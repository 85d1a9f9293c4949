"""The measures R1 to R6 of a cohort (method, sections "Measures" and "Formulas").

A geo-restriction is an answer (R1) but no removal (R2, R3).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import sqrt
from operator import itemgetter
from typing import NamedTuple

from portal.methodology import estimators, grading
from portal.methodology.cohort import Case, Standing
from portal.methodology.method import HOUR, Method
from portal.methodology.score import CurvePoint, Measure, RemovalFigures


class Assessed(NamedTuple):
    """A measure, and its value in 0..100 as a fraction for decisions at an edge."""

    measure: Measure
    exact: Fraction | None
    is_rounded: bool = False


def share(id: str, hits: Sequence[bool], method: Method) -> Assessed:
    """A measure that is x of n, with its Wilson interval; not assessed where nothing was due."""
    x, n = sum(hits), len(hits)
    bounds = estimators.wilson(x, n, method.z)
    if bounds is None:
        return Assessed(_not_assessed(id, method), None)
    value = Fraction(100 * x, n)
    low, high = 100 * bounds.low, 100 * bounds.high
    return Assessed(Measure(id, x, n, float(value), low, high, True, method.points(id)), value)


def _not_assessed(id: str, method: Method, n: int = 0) -> Measure:
    return Measure(id, 0, n, None, None, None, False, method.points(id))


def removals(
    cases: Sequence[Case | Standing], method: Method
) -> tuple[Assessed, Assessed, RemovalFigures]:
    """R2 and R3 from one curve; whoever has had no event is censored at the as-of instant."""
    n = len(cases)
    if n == 0:
        nothing = Assessed(_not_assessed("R2", method), None)
        return nothing, Assessed(_not_assessed("R3", method), None), RemovalFigures()
    curve = estimators.kaplan_meier(
        (case.removed for case in cases if case.removed is not None),
        (case.followed for case in cases if case.removed is None),
    )
    first, mark = curve.at(method.answer_hours * HOUR), curve.at(method.removal_hours * HOUR)
    f24, f48 = (estimators.removed_interval(step, n, method.z) for step in (first, mark))
    assert f24 is not None and f48 is not None  # n > 0
    exact = None if mark.exact is None else 100 * (1 - mark.exact)
    value = 100 * (1 - mark.survival) if exact is None else float(exact)
    r2 = Assessed(
        Measure(
            id="R2",
            x=mark.removed_so_far,
            n=n,
            value=value,
            low=100 * f48.low,
            high=100 * f48.high,
            assessed=True,
            weight=method.points("R2"),
        ),
        grading.decidable(value) if exact is None else exact,
        exact is None,
    )
    half = estimators.median(curve)
    tau = min(method.horizon_hours * HOUR, max(case.followed for case in cases))
    figures = RemovalFigures(
        f24=_removed_share(first),
        f24_low=f24.low,
        f24_high=f24.high,
        f48=_removed_share(mark),
        f48_low=f48.low,
        f48_high=f48.high,
        f48_se=mark.survival * sqrt(mark.greenwood) if 0 < mark.survival < 1 else None,
        median_hours=None if half is None else half / HOUR,
        curve=_chart(curve, method),
    )
    if tau == 0:
        return r2, Assessed(_not_assessed("R3", method, n), None), figures
    mean = estimators.rmst(curve, tau)
    figures = replace(
        figures,
        rmst_hours=mean.seconds / HOUR if mean.exact is None else float(mean.exact / HOUR),
        se=mean.se / HOUR,
        tau_hours=tau / HOUR,
    )
    return r2, _speed(mean, tau, curve.at(tau).removed_so_far, n, method), figures


def _removed_share(step: estimators.Step) -> float:
    return 1 - step.survival if step.exact is None else float(1 - step.exact)


def _speed(mean: estimators.Rmst, tau: int, x: int, n: int, method: Method) -> Assessed:
    """R3, with bounds z standard errors of the mean away, clipped to 0..100."""
    if mean.exact is None:
        value = 100 * (1 - mean.seconds / tau)
        exact = grading.decidable(value)
    else:
        exact = 100 * (1 - mean.exact / tau)
        value = float(exact)
    half = 100 * method.z * mean.se / tau
    low, high = max(0.0, value - half), min(100.0, value + half)
    return Assessed(
        Measure("R3", x, n, value, low, high, True, method.points("R3")), exact, mean.exact is None
    )


def _chart(curve: estimators.Curve, method: Method) -> tuple[CurvePoint, ...]:
    """The curve up to the horizon. A step needs a removal, so each of them has an interval."""
    last = bisect_right(curve.steps, method.horizon_hours * HOUR, key=itemgetter(0))
    steps = curve.steps[:last]
    bounds = estimators.removed_intervals(steps, curve.n, method.z)
    rows = [
        (seconds / HOUR, 1 - survival, low, high, at_risk)
        for (seconds, at_risk, _removed, _so_far, survival, *_rest), (low, high) in zip(
            steps, bounds, strict=True
        )
    ]
    return tuple(estimators.tuples_of(CurvePoint, rows))
