"""Questions about holidays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from time import monotonic

from sqlalchemy import select

from portal.access.scope import beyond_scope
from portal.core.calendar import public_holidays
from portal.core.db import db
from portal.core.kept import Kept, kept
from portal.holidays.models import Holiday


def listed() -> Sequence[Holiday]:
    """Every day of our own table, the latest first."""
    return db.session.scalars(select(Holiday).order_by(Holiday.on.desc(), Holiday.country)).all()


def by_country(
    countries: Collection[str], first: date, last: date, language: str
) -> dict[str, dict[date, str]]:
    """The names of the holidays of some countries by day, from `first` to `last`, both included.

    A country whose calendar the library lacks has those of our own table alone.
    """
    named: dict[str, dict[date, str]] = {}
    own = own_table()
    for country in countries:
        days: dict[date, str] = {}
        for year in range(first.year, last.year + 1):
            try:
                days |= public_holidays(country, year, language)
            except NotImplementedError:
                break
        for on, (name_ko, name_en) in own.get(country, {}).items():
            name = name_ko if language == "ko" else name_en
            days[on] = f"{days[on]}; {name}" if on in days else name
        named[country] = {on: name for on, name in days.items() if first <= on <= last}
    return named


def names_between(country: str, first: date, last: date, language: str) -> dict[date, str]:
    """The names of one country's holidays by day, from `first` to `last`, both included."""
    return by_country([country], first, last, language)[country]


def public_and_own(
    country: str, first: int, last: int, language: str
) -> tuple[dict[date, str], dict[date, str]]:
    """The holidays of the library and those of our own table, of some years, apart."""
    public: dict[date, str] = {}
    for year in range(first, last + 1):
        public |= public_holidays(country, year, language)
    own = own_table().get(country, {})
    return public, {on: names[0 if language == "ko" else 1] for on, names in own.items()}


KEPT = 30.0
Table = dict[str, dict[date, tuple[str, str]]]


def own_table() -> Table:
    """Our own table: by country and day, the Korean and the English name.

    Kept for half a minute, as many pages count working days and the table hardly ever changes;
    the process that changes it forgets it at once.
    """
    until, found = _store().get("own table", None, _read)
    if monotonic() >= until:
        forget()
        _until, found = _store().get("own table", None, _read)
    return found


def _read() -> tuple[float, Table]:
    """The table, and until when it is kept."""
    found: Table = {}
    # Read for everybody, whoever asks first: a page without a login sees none of the rows.
    with beyond_scope("when a country rests does not hang on who asks"):
        rows = db.session.execute(
            select(Holiday.country, Holiday.on, Holiday.name_ko, Holiday.name_en)
        ).all()
    for country, on, name_ko, name_en in rows:
        found.setdefault(country, {})[on] = (name_ko, name_en)
    return monotonic() + KEPT, found


def _store() -> Kept:
    return kept("holidays", most=1)


def forget() -> None:
    """Read the table anew next time."""
    _store().forget()


def extra_days(country: str) -> frozenset[date]:
    """The days off that our own table adds to a country's calendar: for working days."""
    return frozenset(own_table().get(country, ()))


def extra_days_now(country: str) -> frozenset[date]:
    """The same, read anew: for a deadline that is stored, half a minute is too old."""
    with beyond_scope("when a country rests does not hang on who asks"):
        return frozenset(db.session.scalars(select(Holiday.on).where(Holiday.country == country)))
