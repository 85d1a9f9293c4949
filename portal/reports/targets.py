"""Targets that action items carry, held against the month: what was promised, and was it kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.figures import is_small
from portal.core.i18n import gettext as _
from portal.methodology.cohort import month_bounds
from portal.methodology.small_cells import UNTOLD, is_hidden_count
from portal.minutes.targets import Target
from portal.reports.queries import Gathered
from portal.reports.words import name_of
from portal.scorecards.beside import promise_lines
from portal.scorecards.models import Scorecard

KINDS = {"met": "good", "missed": "bad"}
BASE = {"answered": "R1", "removed": "R2"}
"""The measures that count the same requests, with marks of their own."""


@dataclass(frozen=True)
class TargetRow:
    """One target of a company's action item in the month, as its card judged it."""

    name: str
    number: str
    what: str
    promised: str
    held: str
    value: str
    share: str
    interval: str
    verdict: str
    kind: str


def target_rows(found: Gathered) -> list[TargetRow]:
    """Every target in force in the month, by company.

    Of fewer than five cases nothing is told. Of a target for a part of the month's requests the
    figures stand where it is the company's only one for a part and the rest are not few either:
    one part taken away from the whole, or from another part, could leave a small cell.
    """
    judged = list(_judged(found))
    parts = Counter(company_id for company_id, row in judged if not _is_of_all(row, found.month))
    rows = []
    for company_id, row in judged:
        [line] = promise_lines([row], found.month)
        is_few = is_hidden_count(row["target"]["measure"], row["n"])
        is_told = not is_few and (
            _is_of_all(row, found.month)
            or (parts[company_id] == 1 and not is_small(_left_over(row, found.cards[company_id])))
        )
        rows.append(
            TargetRow(
                name=name_of(company_id, found),
                number=line.number,
                what=line.what,
                promised=line.promised,
                held=line.held,
                value=line.value if is_told else UNTOLD,
                share=line.share if is_told else UNTOLD,
                interval=line.interval if is_told else UNTOLD,
                verdict=UNTOLD if is_few else line.verdict_word,
                kind="" if is_few else KINDS.get(line.verdict, ""),
            )
        )
    return rows


def _left_over(row: Mapping[str, Any], card: Scorecard) -> int:
    """How many cases of the month the target does not count."""
    measure = row["target"]["measure"]
    whole: int = card.figures.measures[BASE.get(measure, measure)].n
    return whole - row["n"]


def targets_in_brief(found: Gathered) -> list[str]:
    """How many of the targets were kept, in one sentence; none where there are no targets."""
    told = Counter(
        row["verdict"]
        for _company_id, row in _judged(found)
        if not is_hidden_count(row["target"]["measure"], row["n"])
    )
    told.pop("not_assessed", None)
    if not told:
        return []
    return [
        _(
            "Targets of action items: %(met)s met, %(not_met)s not met, %(not_shown)s not shown.",
            met=told["met"],
            not_met=told["not_met"],
            not_shown=told["not_shown"],
        )
    ]


def _judged(found: Gathered) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for company in found.companies:
        card = found.cards.get(company.id)
        for row in card.details.get("promises", ()) if card is not None else ():
            yield company.id, row


def _is_of_all(row: Mapping[str, Any], month: str) -> bool:
    """Whether a target held in the whole month, on every platform and surface."""
    target = Target.of(row["target"])
    held = tuple(datetime.fromisoformat(row[name]) for name in ("from_at", "until_at"))
    return not target.platform and not target.surface and held == month_bounds(month)
