"""The measures in full, those of unannounced batches too; what was left out of them, and what other
weights would make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.batches.queries import Compared
from portal.companies.models import Company
from portal.core.figures import signed, span
from portal.core.i18n import gettext as _
from portal.core.i18n import local, month_name
from portal.methodology.chances import in_whole
from portal.methodology.method import MEASURES
from portal.methodology.score import Score
from portal.methodology.sensitivity import sensitivity
from portal.methodology.small_cells import HIDDEN, hidden, is_hidden, parts
from portal.reports.queries import Gathered
from portal.reports.words import SEOUL, Cell, cell, name_of, rank_text, short_name


@dataclass(frozen=True)
class MeasureRow:
    """Every measure of a company in full, and the instant the card looks back from."""

    name: str
    as_of: str
    cells: list[Cell]


@dataclass(frozen=True)
class BatchRow:
    """One measure of an unannounced batch that has opened, beside that of the other requests."""

    name: str
    month: str
    measure: str
    batch: Cell
    rest: Cell
    difference: str
    interval: str
    verdict: str


@dataclass(frozen=True)
class ExclusionRow:
    """What was left out of a company's cohort, by reason."""

    name: str
    counts: list[str]


@dataclass(frozen=True)
class SensitivityRow:
    """What other weights make of a company."""

    name: str
    letter: str
    chances: str
    letters: str
    scores: str
    rank: str
    ranks: str


def measure_row(company: Company, found: Gathered, score: Score) -> MeasureRow:
    card = found.cards[company.id]
    return MeasureRow(
        name=name_of(company.id, found),
        as_of=local(card.as_of, "short", SEOUL),
        cells=[cell(score.measures[id]) for id in MEASURES],
    )


def batch_rows(found: Gathered) -> list[BatchRow]:
    return [
        BatchRow(
            name=name_of(company_id, found),
            month=month_name(one.month),
            measure=f"{one.measure} {short_name(one.measure)}",
            **_compared(one),
        )
        for company_id, compared in found.batches
        for one in compared
    ]


def _compared(one: Compared) -> dict[str, Any]:
    """Both cells and their difference in points. Where one of the two is too small to be printed,
    the other is not printed either: what is left of the card's own count would tell it."""
    difference = one.difference
    if is_hidden(one.batch) or is_hidden(one.rest):
        hidden = Cell("–", f"n {HIDDEN}", "")
        return {
            "batch": hidden, "rest": hidden, "difference": "–", "interval": "",
            "verdict": _("too few cases"),
        }  # fmt: skip
    said = {"batch": cell(one.batch), "rest": cell(one.rest)}
    if difference is None:
        return said | {"difference": "–", "interval": "", "verdict": _("not assessed")}
    return said | {
        "difference": signed(difference.value),
        "interval": _(
            "%(low)s to %(high)s", low=signed(difference.low), high=signed(difference.high)
        ),
        "verdict": _(difference.verdict),
    }


EXCLUSIONS = ("withdrawn", "duplicate", "malformed", "already_gone")


def exclusion_rows(found: Gathered, scores: dict[int, Score]) -> list[ExclusionRow]:
    rows = []
    for one in found.companies:
        score = scores.get(one.id)
        if score is None or not score.excluded:
            continue
        reasons = [exclusion.reason for exclusion in score.excluded]
        rows.append(
            ExclusionRow(name_of(one.id, found), parts([reasons.count(why) for why in EXCLUSIONS]))
        )
    return rows


def sensitivity_rows(found: Gathered, scores: dict[int, Score]) -> list[SensitivityRow]:
    """Letters and ranks under all other weights of the method; cards of one version only."""
    comparable = {
        id: score
        for id, score in scores.items()
        if score.methodology == found.method.version and not hidden(score)
    }
    if not comparable:
        return []
    runs = sensitivity(list(comparable.values()), method=found.method)
    base, others = runs[0], runs[1:]
    rows = []
    for one in found.companies:
        score = comparable.get(one.id)
        if score is None:
            continue
        slug = score.company
        letters = [run.letters[slug] for run in others]
        known = [value for run in others if (value := run.scores[slug]) is not None]
        ranks = [run.ranks[slug] for run in runs if slug in run.ranks]
        drawn = found.cards[one.id].details.get("uncertainty")
        rows.append(
            SensitivityRow(
                name=name_of(one.id, found),
                letter=score.letter or "–",
                chances=", ".join(
                    f"{letter} {chance}%" for letter, chance in in_whole(drawn["letters"]).items()
                )
                if drawn
                else "–",
                letters=", ".join(
                    f"{letter or _('no letter')} {letters.count(letter)}"
                    for letter in sorted(set(letters), key=lambda letter: letter or "~")
                ),
                scores=span(min(known), max(known)) if known else "–",
                rank=rank_text(base.ranks[slug]) if slug in base.ranks else "–",
                ranks=rank_text(
                    (min(low for low, _high in ranks), max(high for _low, high in ranks))
                )
                if ranks
                else "–",
            )
        )
    return rows
