"""Questions about holidays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from portal.core.calendar import public_holidays
from portal.core.db import db
from portal.holidays.models import Holiday


def listed() -> Sequence[Holiday]:
    """Every day of our own table, the latest first."""
    return db.session.scalars(select(Holiday).order_by(Holiday.on.desc(), Holiday.country)).all()


def _own(countries: Collection[str], first: date, last: date) -> Sequence[Holiday]:
    return db.session.scalars(
        select(Holiday)
        .where(Holiday.country.in_(countries), Holiday.on.between(first, last))
        .order_by(Holiday.on)
    ).all()


def by_country(
    countries: Collection[str], first: date, last: date, language: str
) -> dict[str, dict[date, str]]:
    """The names of the holidays of some countries by day, from `first` to `last`, both included.

    A country whose calendar the library lacks has those of our own table alone. One query.
    """
    named: dict[str, dict[date, str]] = {}
    for country in countries:
        days: dict[date, str] = {}
        for year in range(first.year, last.year + 1):
            try:
                days |= public_holidays(country, year, language)
            except NotImplementedError:
                break
        named[country] = {on: name for on, name in days.items() if first <= on <= last}
    for holiday in _own(countries, first, last):
        name = holiday.name_ko if language == "ko" else holiday.name_en
        held = named[holiday.country].get(holiday.on)
        named[holiday.country][holiday.on] = f"{held}; {name}" if held else name
    return named


def names_between(country: str, first: date, last: date, language: str) -> dict[date, str]:
    """The names of one country's holidays by day, from `first` to `last`, both included."""
    return by_country([country], first, last, language)[country]


KEPT = 30.0
_kept: WeakKeyDictionary[Engine, tuple[float, dict[str, frozenset[date]]]] = WeakKeyDictionary()


def own_table() -> dict[str, frozenset[date]]:
    """The days off that our own table adds, by country.

    Kept for half a minute, as many pages count working days and the table hardly ever changes;
    the process that changes it forgets it at once.
    """
    until, found = _kept.get(db.engine, (0.0, {}))
    if monotonic() >= until:
        days: dict[str, set[date]] = {}
        for country, on in db.session.execute(select(Holiday.country, Holiday.on)):
            days.setdefault(country, set()).add(on)
        found = {country: frozenset(ons) for country, ons in days.items()}
        _kept[db.engine] = (monotonic() + KEPT, found)
    return found


def forget() -> None:
    """Read the table anew next time."""
    _kept.pop(db.engine, None)


def extra_days(country: str) -> frozenset[date]:
    """The days off that our own table adds to a country's calendar: for working days."""
    return own_table().get(country, frozenset())
