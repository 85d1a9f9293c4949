"""Direct standardisation to the pooled mix of cases (method, section "Case mix").

A company that was asked for easier things looks faster. Its rate in each stratum is weighted by
the share that the stratum has among the requests to all companies, so that everybody is read as
if everybody had been asked for the same things (Fleiss, Levin and Paik, Statistical Methods for
Rates and Proportions, 3rd ed. 2003, chapter 19).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from portal.methodology.estimators import Interval, wilson

ABSENT_AT_MOST = Fraction(1, 10)
"""A stratum with more of the pool than this must be there, else there is nothing to standardise."""


@dataclass(frozen=True, slots=True)
class Standardised:
    """One company's rate under the pooled mix; shares 0..1. No rate: not standardisable."""

    x: int
    n: int
    crude: Fraction | None
    rate: Fraction | None
    interval: Interval | None
    se: float | None
    missing: tuple[str, ...]
    """Strata of the pool without a case of the company, in the order of their names."""

    @property
    def is_standardisable(self) -> bool:
        return self.rate is not None


def pooled_mix(counts: Mapping[str, Mapping[str, tuple[int, int]]]) -> dict[str, Fraction]:
    """The share of each stratum among the cases of all companies; exact, they add up to 1."""
    totals: dict[str, int] = {}
    for strata in counts.values():
        for stratum, (_x, n) in strata.items():
            totals[stratum] = totals.get(stratum, 0) + n
    everything = sum(totals.values())
    return {stratum: Fraction(n, everything) for stratum, n in sorted(totals.items()) if n}


def standardise(
    counts: Mapping[str, Mapping[str, tuple[int, int]]], z: float
) -> dict[str, Standardised]:
    """The standardised rate of each company, from x of n by company and stratum.

    The rate is sum(w p), with w the pooled mix. A company absent from a stratum with more than a
    tenth of the pool is not standardisable; smaller strata in which it is absent are left out and
    their weight is shared out among those that are there.

    `se` is the usual one of a weighted proportion, sqrt(sum(w^2 p (1 - p) / n)) (delta method). The
    interval is not rate +- z se, which shrinks to a point where every stratum is all or nothing:
    it is composed of the Wilson bounds of the strata, low = rate - sqrt(sum(w^2 (p - l)^2)) and
    likewise above (Zou and Donner 2008, Statistics in Medicine 27:1693; for strata Yan and Su 2010,
    Statistics in Biopharmaceutical Research 2:329). With one stratum it is Wilson's own interval.
    """
    for company, strata in counts.items():
        for stratum, (x, n) in strata.items():
            if not 0 <= x <= n:
                raise ValueError(f"{company}, {stratum}: {x} of {n} is no share")
    mix = pooled_mix(counts)
    return {company: _standardised(strata, mix, z) for company, strata in counts.items()}


def _standardised(
    strata: Mapping[str, tuple[int, int]], mix: Mapping[str, Fraction], z: float
) -> Standardised:
    x, n = (sum(row[place] for row in strata.values()) for place in (0, 1))
    crude = Fraction(x, n) if n else None
    missing = tuple(stratum for stratum in mix if not strata.get(stratum, (0, 0))[1])
    if not n or any(mix[stratum] > ABSENT_AT_MOST for stratum in missing):
        return Standardised(x, n, crude, None, None, None, missing)
    there = {stratum: share for stratum, share in mix.items() if stratum not in missing}
    total = sum(there.values(), Fraction(0))
    rate, variance, below, above = Fraction(0), 0.0, 0.0, 0.0
    for stratum, share in there.items():
        hits, of = strata[stratum]
        weight, p = share / total, Fraction(hits, of)
        bounds = wilson(hits, of, z)
        assert bounds is not None  # of > 0
        rate += weight * p
        variance += float(weight * weight * p * (1 - p) / of)
        below += float(weight) ** 2 * (float(p) - bounds.low) ** 2
        above += float(weight) ** 2 * (bounds.high - float(p)) ** 2
    middle = float(rate)
    interval = Interval(max(0.0, middle - sqrt(below)), min(1.0, middle + sqrt(above)))
    return Standardised(x, n, crude, rate, interval, sqrt(variance), missing)
