"""The log-rank test: do the removal curves of several groups differ by more than chance?

Mantel 1966, Cancer Chemotherapy Reports 50:163; for k groups Klein and Moeschberger, Survival
Analysis, 2nd ed. 2003, section 7.3: at each time with a removal the removals of a group are held
against those expected if all groups shared one curve. Censored requests stay at risk up to and
with the time they were censored at, so removals come before censorings at equal times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import NamedTuple

Case = tuple[int, bool]
"""Seconds followed or until the removal, and whether it was removed."""
NOTHING = 1e-12


class LogRank(NamedTuple):
    """Chi-square with its degrees of freedom, and the chance of one as large without a difference."""

    statistic: float
    freedom: int
    p: float


def log_rank(groups: Mapping[str, Sequence[Case]]) -> LogRank | None:
    """The test over the groups that have cases.

    None where there is nothing to compare: fewer than two groups were ever at risk at a removal.
    Neither the order of the groups nor that of their cases matters.
    """
    if any(seconds < 0 for cases in groups.values() for seconds, _gone in cases):
        raise ValueError("a duration cannot be negative")
    names = sorted(name for name, cases in groups.items() if cases)
    leaving = [Counter(seconds for seconds, _gone in groups[name]) for name in names]
    removals = [Counter(seconds for seconds, gone in groups[name] if gone) for name in names]
    at_risk = [len(groups[name]) for name in names]
    size = len(names)
    excess = [0.0] * size
    spread = [[0.0] * size for _name in names]
    for seconds in sorted(set().union(*leaving)):
        r, d = sum(at_risk), sum(removed[seconds] for removed in removals)
        if d:
            scale = d * (r - d) / (r - 1) if r > 1 else 0.0
            for i in range(size):
                share = at_risk[i] / r
                excess[i] += removals[i][seconds] - d * share
                for j in range(size):
                    spread[i][j] += scale * share * ((i == j) - at_risk[j] / r)
        at_risk = [risk - left[seconds] for risk, left in zip(at_risk, leaving, strict=True)]
    # A group that was never at risk beside another says nothing; the last one follows from the rest.
    kept = [i for i in range(size) if spread[i][i] > NOTHING][:-1]
    if not kept:
        return None
    solved = _solve([[spread[i][j] for j in kept] for i in kept], [excess[i] for i in kept])
    if solved is None:
        return None
    statistic = sum(excess[i] * value for i, value in zip(kept, solved, strict=True))
    return LogRank(statistic, len(kept), chi_square_above(statistic, len(kept)))


def chi_square_above(statistic: float, freedom: int) -> float:
    """P(X >= statistic) of a chi-square with whole degrees of freedom, in closed form.

    Abramowitz and Stegun, Handbook of Mathematical Functions 1964, 26.4.4 and 26.4.5.
    """
    if freedom < 1:
        raise ValueError("a chi-square needs a degree of freedom")
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    # Odd degrees start from the normal tail and add the terms 1/2, 3/2 ...; even ones add 0, 1 ...
    total = erfc(sqrt(half)) if freedom % 2 else 0.0
    power = 0.5 if freedom % 2 else 0.0
    while power < freedom / 2:
        total += exp(power * log(half) - half - lgamma(power + 1))
        power += 1
    return min(1.0, total)


def _solve(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """Gauss with pivots; none where the groups cannot be told apart."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda place: abs(rows[place][column]))
        if abs(rows[pivot][column]) < NOTHING:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for place in range(column + 1, size):
            factor = rows[place][column] / rows[column][column]
            for at in range(column, size + 1):
                rows[place][at] -= factor * rows[column][at]
    found = [0.0] * size
    for place in reversed(range(size)):
        rest = sum(rows[place][at] * found[at] for at in range(place + 1, size))
        found[place] = (rows[place][size] - rest) / rows[place][place]
    return found
