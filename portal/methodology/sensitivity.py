"""The second page of the card: draws, other weights, ranks (method, section "Uncertainty and sensitivity")."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, exp, floor, log, sqrt

from portal.methodology import estimators, grading
from portal.methodology.method import MEASURES, VERSION_1_0, Method
from portal.methodology.score import Score


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Where 95 per cent of the drawn scores (0..100) lie, and how often each letter came."""

    low: float
    high: float
    letters: dict[str, float]
    seed: str | int
    draws: int


def uncertainty(
    score: Score, seed: str | int, draws: int = 20_000, *, method: Method = VERSION_1_0
) -> Uncertainty | None:
    """Seeded draws, measure by measure and independent of each other; None without a score.

    Where censoring came before the mark, R2 is no x of n; then the counts that have the same
    value and the same Greenwood variance are used, which are x and n again without censoring.
    """
    _check_version(score, method)
    if score.score is None:
        return None
    source = random.Random(seed)
    drawn = {id: _draws(score, id, draws, source) for id in MEASURES if score.measures[id].assessed}
    shares = [score.measures[id].effective_weight / 100 for id in drawn]
    totals = [
        sum(share * value for share, value in zip(shares, row, strict=True))
        for row in zip(*drawn.values(), strict=True)
    ]
    letters: dict[str, float] = {}
    if score.letter is not None:
        counts = dict.fromkeys((band.letter for band in method.bands), 0)
        capping = {cap.measure for cap in method.caps} & drawn.keys()
        for index, total in enumerate(totals):
            values = {id: drawn[id][index] for id in capping}
            counts[grading.grade(total, values, method).letter] += 1
        letters = {letter: count / draws for letter, count in counts.items()}
    totals.sort()
    return Uncertainty(_quantile(totals, 0.025), _quantile(totals, 0.975), letters, seed, draws)


def _draws(score: Score, id: str, draws: int, source: random.Random) -> list[float]:
    """Values in 0..100: normal for R3, else Beta(x + 1/2, n - x + 1/2)."""
    measure, figures = score.measures[id], score.removal
    if id == "R3":
        assert measure.value is not None and figures.se is not None and figures.tau_hours
        mean, spread = measure.value, 100 * figures.se / figures.tau_hours
        return [min(100.0, max(0.0, source.gauss(mean, spread))) for _ in range(draws)]
    x, n = float(measure.x), float(measure.n)
    if id == "R2" and figures.f48 is not None and figures.f48_se:
        n = figures.f48 * (1 - figures.f48) / figures.f48_se**2
        x = n * figures.f48
    return [100 * source.betavariate(x + 0.5, n - x + 0.5) for _ in range(draws)]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours, as most statistical software does by default."""
    place = share * (len(ordered) - 1)
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return below + (above - below) * (place - floor(place))


@dataclass(frozen=True, slots=True)
class Run:
    """What one other choice of weights gives, by company; None where no letter was given."""

    name: str
    scores: dict[str, float | None]
    letters: dict[str, str | None]
    ranks: dict[str, tuple[int, int]]
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Low and high of each score, composed from its measures; they decide the ranks."""


def reweighted(
    scores: Sequence[Score],
    weights: Mapping[str, Fraction],
    *,
    method: Method = VERSION_1_0,
    name: str = "what_if",
    is_geometric: bool = False,
) -> Run:
    """The same cards under other weights: scores, letters, bounds and rank intervals.

    The mean is arithmetic, or geometric with a floor of 1. Weights are relative; a negative one, or
    none above 0, is refused. As on a card, R1 and R2 (the required measures) must be assessed, and the
    assessed measures must hold the least weight out of 100 that the method asks for: else there is no
    letter.
    """
    total = sum((weights.get(id, Fraction(0)) for id in MEASURES), Fraction(0))
    if total <= 0 or min(weights.values()) < 0:
        raise ValueError("weights must be 0 or more, and one of them above 0")
    for score in scores:
        _check_version(score, method)
    run = _run(name, scores, weights, is_geometric, method)
    letters = {
        score.company: run.letters[score.company]
        if 100 * sum(weights.get(id, 0) for id in MEASURES if score.measures[id].assessed)
        >= method.minimum_weight * total
        else None
        for score in scores
    }
    return replace(run, letters=letters)


def sensitivity(scores: Sequence[Score], *, method: Method = VERSION_1_0) -> list[Run]:
    """The card under other weights: no draws, so the same answer every time.

    Score bounds for the ranks are composed from the measures' own bounds (Zou and Donner 2008,
    variance estimates recovery). The caps stay, except where R2 itself is left out.
    """
    for score in scores:
        _check_version(score, method)
    base = {id: Fraction(method.points(id)) for id in MEASURES}
    plans: list[tuple[str, dict[str, Fraction], bool]] = [("base", base, False)]
    for id in MEASURES:
        plans.append((f"{id}_x0.75", base | {id: base[id] * Fraction(3, 4)}, False))
        plans.append((f"{id}_x1.25", base | {id: base[id] * Fraction(5, 4)}, False))
    plans.append(("equal", dict.fromkeys(MEASURES, Fraction(1)), False))
    plans.extend((f"without_{id}", base | {id: Fraction(0)}, False) for id in MEASURES)
    plans.append(("geometric", base, True))
    return [_run(name, scores, weights, geometric, method) for name, weights, geometric in plans]


def _run(
    name: str,
    scores: Sequence[Score],
    weights: Mapping[str, Fraction],
    is_geometric: bool,
    method: Method,
) -> Run:
    values: dict[str, float | None] = {}
    letters: dict[str, str | None] = {}
    bounds: list[tuple[str, float, float]] = []
    for score in scores:
        values[score.company], letters[score.company] = None, None
        if score.score is None:
            continue
        used = {
            id: weight for id, weight in weights.items() if weight and score.measures[id].assessed
        }
        if not used:
            continue
        low, value, high = _composite(score, used, is_geometric)
        values[score.company] = value
        bounds.append((score.company, low, high))
        if score.letter is not None:
            capping = {id: grading.decidable(score.measures[id].value or 0.0) for id in used}
            letters[score.company] = grading.grade(grading.decidable(value), capping, method).letter
    return Run(
        name,
        values,
        letters,
        estimators.rank_interval(bounds),
        {company: (low, high) for company, low, high in bounds},
    )


def _composite(
    score: Score, weights: Mapping[str, Fraction], is_geometric: bool
) -> tuple[float, float, float]:
    """Low, value, high of the weighted mean, arithmetic or geometric with a floor of 1."""
    onto: Callable[[float], float] = (lambda v: log(max(v, 1.0))) if is_geometric else float
    back: Callable[[float], float] = exp if is_geometric else float
    total = sum(weights.values())
    value = below = above = 0.0
    for id, weight in weights.items():
        measure, share = score.measures[id], float(weight / total)
        assert measure.value is not None and measure.low is not None and measure.high is not None
        middle = onto(measure.value)
        value += share * middle
        below += (share * (middle - onto(measure.low))) ** 2
        above += (share * (onto(measure.high) - middle)) ** 2
    return back(value - sqrt(below)), back(value), back(value + sqrt(above))


def _check_version(score: Score, method: Method) -> None:
    if score.methodology != method.version:
        raise ValueError(f"score by method {score.methodology}, not {method.version}")
