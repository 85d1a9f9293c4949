"""The same cards under other weights: what moves, and whether an order of companies is real."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from portal.core.figures import shown
from portal.core.i18n import gettext as _
from portal.methodology.cohort import Followed, followed
from portal.methodology.computing import compute
from portal.methodology.logrank import LogRank
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Score
from portal.methodology.sensitivity import Run, reweighted
from portal.methodology.standardisation import Standardised, standardise
from portal.methodology.strata import removed_by, surfaces
from portal.scorecards.inputs import Inputs
from portal.scorecards.models import Scorecard

HEAVIEST = 1000
GEOMETRIC = "geometric"
PLAIN = re.compile(r"[0-9]{1,4}([.,][0-9]{1,3})?")
SURE = 0.05
"""Below this chance the log-rank test is read as a difference."""


class Asked(NamedTuple):
    """The weights asked for, what was typed for each, and what is wrong with it."""

    weights: dict[str, Fraction]
    typed: dict[str, str]
    faults: dict[str, str]
    is_geometric: bool
    is_moved: bool


def asked_weights(given: Mapping[str, str], method: Method) -> Asked:
    """The weights of an address; one that is missing or wrong is the method's own."""
    weights, typed, faults = {}, {}, {}
    for id in MEASURES:
        own = Fraction(method.points(id))
        text = given.get(id, "").strip()
        weights[id], typed[id] = own, text or str(own)
        if not text:
            continue
        # Plain decimals only: 1e99999999 is a number too, and takes hours to write out.
        value = Fraction(text.replace(",", ".")) if PLAIN.fullmatch(text) else Fraction(-1)
        if not 0 <= value <= HEAVIEST:
            faults[id] = _("Write a number from 0 to %(most)s.", most=HEAVIEST)
        else:
            weights[id] = value
    if not any(weights.values()):
        faults["R1"] = _("At least one weight must be above 0.")
        weights = {id: Fraction(method.points(id)) for id in MEASURES}
    is_geometric = given.get("mean") == GEOMETRIC
    is_moved = is_geometric or any(weights[id] != method.points(id) for id in MEASURES)
    return Asked(weights, typed, faults, is_geometric, is_moved)


@dataclass(frozen=True)
class Standing:
    """One company under one choice of weights."""

    score: float | None
    low: float | None
    high: float | None
    letter: str | None
    rank: tuple[int, int] | None


@dataclass(frozen=True)
class Row:
    """One company as published and as moved."""

    card: Scorecard
    published: Standing
    moved: Standing


class Preset(NamedTuple):
    """A choice of weights that everybody asks for first."""

    name: str
    weights: dict[str, Fraction]
    is_geometric: bool = False


def own_weights(method: Method) -> dict[str, Fraction]:
    """The weights of a method."""
    return {id: Fraction(method.points(id)) for id in MEASURES}


def presets(method: Method) -> list[Preset]:
    """The runs of the method's own sensitivity: each weight by 0.75 and by 1.25, equal weights, one
    measure left out, the geometric mean."""
    own = own_weights(method)
    return [
        Preset(_("As published"), own),
        *(
            Preset(f"{id} × {text}", own | {id: own[id] * factor})
            for id in MEASURES
            for text, factor in (("0.75", Fraction(3, 4)), ("1.25", Fraction(5, 4)))
        ),
        Preset(_("Equal weights"), dict.fromkeys(MEASURES, Fraction(1))),
        *(Preset(_("Without %(measure)s", measure=id), own | {id: Fraction(0)}) for id in MEASURES),
        Preset(_("Geometric mean"), own, is_geometric=True),
    ]


class Outcome(NamedTuple):
    """What a preset would do: letters, and the pairs whose order it shows."""

    preset: Preset
    letters: list[tuple[Scorecard, str | None, str | None]]  # card, published, moved
    shown: int
    turned: int
    pairs: int


def outcomes(cards: Sequence[Scorecard], method: Method) -> list[Outcome]:
    """Every preset, with the letters that it changes and how many orders of two companies are shown
    under it and are the opposite of a shown one."""
    found = []
    for preset in presets(method):
        rows = compared(cards, preset.weights, method, is_geometric=preset.is_geometric)
        pairs = list(combinations([row for row in rows if row.moved.score is not None], 2))
        moved = [_verdict(one.moved, other.moved) for one, other in pairs]
        published = [_verdict(one.published, other.published) for one, other in pairs]
        found.append(
            Outcome(
                preset,
                [
                    (row.card, row.card.letter, row.moved.letter)
                    for row in rows
                    if row.moved.letter != row.card.letter
                ],
                shown=moved.count("shown"),
                turned=published.count("reversed"),
                pairs=len(pairs),
            )
        )
    return found


class Order(NamedTuple):
    """Two companies, the one with the higher moved score first, and what each choice shows."""

    first: Scorecard
    second: Scorecard
    published: str  # shown, reversed, not_shown
    moved: str  # shown, not_shown
    is_neighbour: bool


def _standing(run: Run, company: str) -> Standing:
    low, high = run.bounds.get(company, (None, None))
    return Standing(run.scores[company], low, high, run.letters[company], run.ranks.get(company))


def compared(
    cards: Sequence[Scorecard],
    weights: Mapping[str, Fraction],
    method: Method,
    *,
    is_geometric: bool = False,
) -> list[Row]:
    """Every card under the method's weights and under others, the best moved score first."""
    scores = [card.figures for card in cards]
    before = reweighted(scores, own_weights(method), method=method, name="published")
    after = reweighted(scores, weights, method=method, is_geometric=is_geometric)
    rows = [
        Row(card, _standing(before, score.company), _standing(after, score.company))
        for card, score in zip(cards, scores, strict=True)
    ]
    return sorted(
        rows,
        key=lambda row: (row.moved.score is None, -(row.moved.score or 0), row.card.company.slug),
    )


def orders(rows: Sequence[Row]) -> list[Order]:
    """Neighbours under the moved weights, and every other pair of which the two choices differ.

    An order is shown only where the intervals are parted, as for the rank intervals.
    """
    placed = [
        row for row in rows if row.moved.score is not None and row.published.score is not None
    ]
    found = []
    for (i, one), (j, other) in combinations(enumerate(placed), 2):
        moved = _verdict(one.moved, other.moved)
        published = _verdict(one.published, other.published)
        if j == i + 1 or moved != published:
            found.append(Order(one.card, other.card, published, moved, j == i + 1))
    return found


def ahead_of(rows: Sequence[Row]) -> list[tuple[Scorecard, list[Scorecard]]]:
    """For each company with a score those that are shown to be behind it under the moved weights."""
    placed = [row for row in rows if row.moved.score is not None]
    return [
        (one.card, [other.card for other in placed if _verdict(one.moved, other.moved) == "shown"])
        for one in placed
    ]


def _verdict(one: Standing, other: Standing) -> str:
    assert one.low is not None and one.high is not None
    assert other.low is not None and other.high is not None
    if one.low > other.high:
        return "shown"
    return "reversed" if other.low > one.high else "not_shown"


def of_one_method(cards: Sequence[Scorecard]) -> tuple[list[Scorecard], list[Scorecard]]:
    """The cards made with the newest card's version, and those of other versions, set aside."""
    if not cards:
        return [], []
    version = max(cards, key=lambda card: (card.frozen_at is not None, card.frozen_at, card.id))
    kept = [card for card in cards if card.methodology == version.methodology]
    return kept, [card for card in cards if card.methodology != version.methodology]


# The case mix


class Mix(NamedTuple):
    """Rates of one way to divide the cases: the companies, and the share of each stratum."""

    strata: list[tuple[str, int, str]]  # code, cases, share of the pool in per cent
    rows: list[tuple[Scorecard, Standardised]]


def cohorts(cards: Sequence[Scorecard]) -> list[tuple[Scorecard, tuple[Followed, ...]]]:
    """The cohort of each card, from the facts that the card itself holds."""
    found = []
    for card in cards:
        inputs = Inputs.from_dict(card.inputs or {})
        found.append((card, followed(inputs.requests, month=card.month, as_of=inputs.as_of)))
    return found


def mix(
    cohorts: Sequence[tuple[Scorecard, tuple[Followed, ...]]], part: str, method: Method
) -> Mix:
    """Removed at source in time, of those followed that long, as crude and standardised rates."""
    counts = {card.company.slug: removed_by(cases, part, method) for card, cases in cohorts}
    totals: dict[str, int] = {}
    for strata in counts.values():
        for stratum, (_x, n) in strata.items():
            totals[stratum] = totals.get(stratum, 0) + n
    rates = standardise(counts, method.z)
    everything = sum(totals.values())
    return Mix(
        [
            (code, n, f"{shown(Fraction(100 * n, everything))}%")
            for code, n in sorted(totals.items())
        ],
        [(card, rates[card.company.slug]) for card, _cases in cohorts],
    )


class Curves(NamedTuple):
    """One company's removal curves by surface, held against each other."""

    card: Scorecard
    strata: list[tuple[str, int]]
    test: LogRank | None

    @property
    def n(self) -> int:
        return sum(size for _code, size in self.strata)

    @property
    def differ(self) -> bool:
        return self.test is not None and self.test.p < SURE


def curves(cohorts: Sequence[tuple[Scorecard, tuple[Followed, ...]]]) -> list[Curves]:
    """The log-rank test between the surfaces of each company."""
    return [Curves(card, *surfaces(cases)) for card, cases in cohorts]


# A drafted method


class Effect(NamedTuple):
    """A card as it was frozen, and what the draft makes of the same facts."""

    card: Scorecard
    old: Score
    new: Score

    @property
    def is_other_letter(self) -> bool:
        return self.old.letter != self.new.letter

    @property
    def change(self) -> float | None:
        if self.old.score is None or self.new.score is None:
            return None
        return self.new.score - self.old.score


def effects(cards: Sequence[Scorecard], method: Method) -> list[Effect]:
    """Every card computed again with another method from the facts it holds. Nothing is stored."""
    found = []
    for card in cards:
        inputs = replace(Inputs.from_dict(card.inputs or {}), method=method)
        new = compute(
            company=inputs.company, month=inputs.month, as_of=inputs.as_of, method=method,
            requests=inputs.requests, police=inputs.police, actions=inputs.actions,
            beside=inputs.beside,
        )  # fmt: skip
        found.append(Effect(card, card.figures, new))
    return found
