"""What is printed beside and enters no grade: outcomes counted apart, and what others published."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.companies.models import Company
from portal.core.figures import shown
from portal.core.i18n import gettext as _
from portal.facts.models import PublishedFact
from portal.methodology.score import Score
from portal.methodology.small_cells import UNTOLD, counted, is_few, outcomes
from portal.reports.queries import Gathered
from portal.reports.words import name_of


@dataclass(frozen=True)
class BesideRow:
    """What is never added up: what was asked of a company, by what became of it."""

    name: str
    requests: str
    gone: str
    restricted: str
    refused: str
    undecided: str
    blocks: str
    excluded: str


@dataclass(frozen=True)
class FactRow:
    """A published figure with its source."""

    period: str
    statement: str
    figure: str
    source: str
    url: str


def beside_row(company: Company, found: Gathered, score: Score | None) -> BesideRow:
    """As the card counts them, so that the same request is not counted in two ways."""
    name = name_of(company.id, found)
    if score is None:
        return BesideRow(name, *[UNTOLD] * 7)
    beside, told = score.beside, outcomes(score)
    few = is_few(beside["requests"])
    return BesideRow(
        name=name,
        requests=counted(beside["requests"]),
        gone=UNTOLD if few else shown(score.measures["R3"].x, 0),
        restricted=told["restrictions"],
        refused=told["refusals"],
        undecided=told["open"],
        blocks=counted(beside["blocks"]),
        excluded=counted(beside["excluded"]),
    )


def fact_row(fact: PublishedFact) -> FactRow:
    is_link = fact.source.startswith("http")
    return FactRow(
        period=fact.period.replace("..", " – "),
        statement=_(fact.statement),
        figure=re.sub(r"\d{4,}", lambda number: f"{int(number[0]):,}", _(fact.figure)),
        source=fact.source.split("/")[2].removeprefix("www.") if is_link else _(fact.source),
        url=fact.source if is_link else "",
    )
