"""Questions about decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.access.actor import Actor
from portal.companies.models import Company
from portal.core.calendar import month_start
from portal.core.clock import SEOUL
from portal.core.db import db
from portal.minutes.models import Minutes, MinutesItem, MinutesStatus, Outcome, OutcomeKind

WORDS = ("company", "year", "text")
LONGEST = 100
"""Characters of a text that is looked for."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an address narrows the register to; an empty word narrows nothing."""

    company: str = ""
    year: str = ""
    text: str = ""

    def url(self, path: str = "", **changed: str) -> str:
        """The address of this view with some words changed; an empty word drops out."""
        words = replace(self, **changed)
        pairs = [(f.name, value) for f in fields(self) if (value := getattr(words, f.name))]
        return f"{path}?{urlencode(pairs)}" if pairs else path or "?"


def read(words: Mapping[str, str], *, is_company: bool) -> tuple[Filter, list[str]]:
    """The filter an address asks for, and the words in it that are none of ours."""
    company, year = (words.get(name, "").strip() for name in ("company", "year"))
    text = " ".join(words.get("text", "").split())[:LONGEST]
    unknown = []
    if company and not (company.isascii() and company.isdecimal() and len(company) < 10):
        company, unknown = "", ["company"]
    if year and not (year.isascii() and year.isdecimal() and "2000" <= year <= "2100"):
        year, unknown = "", [*unknown, "year"]
    if is_company:
        company = ""  # it has but one, its own
    return Filter(company, year, text), unknown


def _conditions(chosen: Filter, *, without: str = "") -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.company and without != "company":
        found.append(Minutes.company_id == int(chosen.company))
    if chosen.year and without != "year":
        first = month_start(f"{chosen.year}-01")
        found.append(Minutes.adopted_at >= first)
        found.append(Minutes.adopted_at < month_start(f"{int(chosen.year) + 1}-01"))
    if chosen.text:
        columns = (Outcome.text_ko, Outcome.text_en, MinutesItem.title_ko, MinutesItem.title_en)
        found.append(
            or_(
                Minutes.serial.icontains(chosen.text, autoescape=True),
                *(column.icontains(chosen.text, autoescape=True) for column in columns),
            )
        )
    return found


def _adopted(statement: Any) -> Any:
    return (
        statement.select_from(Outcome)
        .join(Minutes, Minutes.id == Outcome.minutes_id)
        .join(MinutesItem, MinutesItem.id == Outcome.item_id)
        .where(Outcome.kind == OutcomeKind.DECISION, Minutes.status == MinutesStatus.ADOPTED)
    )


def decisions(chosen: Filter, actor: Actor) -> Select[Any]:
    """Decisions of adopted minutes, the latest first.

    A decision's number is the one that the minutes print: the item's position and the place of the
    decision among all outcomes of the item. A commissioner and the guests of a consultation read
    minutes without knowing companies: then there is no name.
    """
    before = Outcome.__table__.alias()
    place = (
        select(func.count())
        .select_from(before)
        .where(before.c.item_id == Outcome.item_id, before.c.id <= Outcome.id)
        .scalar_subquery()
    )
    statement = select(
        Outcome.id, Outcome.text_ko, Outcome.text_en, Outcome.minutes_id, Minutes.serial,
        Minutes.adopted_at, Minutes.version, MinutesItem.position, place.label("place"),
        MinutesItem.title_ko, MinutesItem.title_en, Company.name_ko, Company.name_en,
        Minutes.consultation_id,
    )  # fmt: skip
    found: Select[Any] = (
        _adopted(statement)
        .outerjoin(Company, Company.id == Minutes.company_id)
        .where(*_conditions(chosen), Minutes.visible_to(actor))
        .order_by(Minutes.adopted_at.desc(), Minutes.id.desc(), MinutesItem.position, Outcome.id)
    )
    return found


def for_export(chosen: Filter, actor: Actor) -> Iterator[Any]:
    """Every decision of a filter, fetched as it is written."""
    yield from db.session.execute(decisions(chosen, actor).execution_options(yield_per=500))


def years(chosen: Filter, actor: Actor) -> list[tuple[str, int]]:
    """The years, in Korean time, in which decisions were adopted, and how many; the latest first."""
    statement = (
        _adopted(select(Minutes.adopted_at, func.count()))
        .where(*_conditions(chosen, without="year"), Minutes.visible_to(actor))
        .group_by(Minutes.id, Minutes.adopted_at)
    )
    found: dict[str, int] = {}
    for adopted_at, count in db.session.execute(statement):
        year = str(_instant(adopted_at).astimezone(SEOUL).year)
        found[year] = found.get(year, 0) + count
    if chosen.year:
        found.setdefault(chosen.year, 0)
    return sorted(found.items(), reverse=True)


def _instant(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def companies(chosen: Filter, actor: Actor) -> list[tuple[Any, int]]:
    """The companies with decisions, by name, and how many each has."""
    statement = (
        _adopted(select(Company.id, Company.name_ko, Company.name_en, func.count().label("rows")))
        .join(Company, Company.id == Minutes.company_id)
        .where(*_conditions(chosen, without="company"), Minutes.visible_to(actor))
        .group_by(Company.id, Company.name_ko, Company.name_en)
        .order_by(Company.name_en)
    )
    return [(row, row.rows) for row in db.session.execute(statement)]
