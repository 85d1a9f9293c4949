"""What is printed beside and enters no grade: outcomes counted apart, and what others published."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.companies.models import Company
from portal.core.i18n import gettext as _
from portal.facts.models import PublishedFact
from portal.methodology.small_cells import counted
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


def beside_row(company: Company, found: Gathered) -> BesideRow:
    volume = found.volumes.get((company.id, found.month))
    outcomes = (volume.by_outcome if volume else None) or {}

    number = counted
    return BesideRow(
        name=name_of(company.id, found),
        requests=number(volume.requests if volume else 0),
        gone=number(volume.gone if volume else 0),
        restricted=number(outcomes.get("restricted")),
        refused=number(outcomes.get("refused")),
        undecided=number(outcomes.get("undecided", 0) + outcomes.get("needs_information", 0)),
        blocks=number(volume.blocks if volume else 0),
        excluded=number(volume.excluded if volume else 0),
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
