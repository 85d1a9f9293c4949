"""The verbs of our own table of holidays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from portal.access.actor import Actor
from portal.core.audit import record
from portal.core.calendar import public_holidays
from portal.core.db import after_commit, db, hold
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.holidays import queries
from portal.holidays.models import Holiday


@dataclass(frozen=True, slots=True)
class Change:
    """A day that is put into the table or taken out of it."""

    country: str
    on: date
    name_ko: str
    name_en: str
    is_added: bool


class Move(NamedTuple):
    """An open deadline that a change moves, of nobody in particular: who may change the table need
    not know whom the police asked. `counted_to` is what the count alone gives."""

    due_from: datetime
    due_to: datetime
    counted_to: datetime


class Follower(NamedTuple):
    """A room that stores deadlines: what a change would move, and moving it (gives how many)."""

    moves: Callable[[Change, datetime], Sequence[Move]]
    follow: Callable[[Change, Actor, datetime], int]


followers: list[Follower] = []
"""Every room whose stored deadlines hang on the table. A room below adds itself here."""


def preview(change: Change, *, at: datetime) -> list[Move]:
    """The open deadlines of every company that a change would move now. Nothing is stored."""
    return [move for one in followers for move in one.moves(change, at)]


def _follow(change: Change, *, by: Actor, at: datetime) -> int:
    after_commit(queries.forget)
    return sum(one.follow(change, by, at) for one in followers)


def judge(country: str, on: date) -> None:
    """Refuse a day that is known as a day off already, by the library or by our own table."""
    if not 2000 <= on.year <= 2100:
        raise FieldError("on", _("Choose a year between 2000 and 2100."))
    try:
        known = public_holidays(country, on.year).get(on)
    except NotImplementedError:
        known = None
    if known:
        raise FieldError("on", _("This day is a public holiday already: %(name)s.", name=known))
    twin = select(Holiday.id).where(Holiday.country == country, Holiday.on == on)
    if db.session.scalar(twin) is not None:
        raise FieldError("on", _("This day is in the table already. Take it out first."))


def add(country: str, on: date, *, name_ko: str, name_en: str, by: Actor, at: datetime) -> Holiday:
    """Name a day off of a country: open deadlines move with it, in the same transaction.

    Refused where the day is known as one already.
    """
    country = country.upper()
    judge(country, on)
    holiday = Holiday(country=country, on=on, name_ko=name_ko, name_en=name_en, added_by=by.name,
                      added_at=at)  # fmt: skip
    db.session.add(holiday)
    db.session.flush()
    moved = _follow(Change(country, on, name_ko, name_en, is_added=True), by=by, at=at)
    record("holidays:add", holiday, by=by, at=at, country=country, on=on.isoformat(), name=name_en,
           moved=moved)  # fmt: skip
    return holiday


def drop(holiday: Holiday, *, by: Actor, at: datetime) -> None:
    """Take a day out of the table again: open deadlines move with it, in the same transaction."""
    hold(holiday)
    change = dropping(holiday)
    record("holidays:drop", holiday, by=by, at=at, country=holiday.country,
           on=holiday.on.isoformat(), name=holiday.name_en,
           moves=len(preview(change, at=at)))  # fmt: skip
    db.session.delete(holiday)
    db.session.flush()
    _follow(change, by=by, at=at)


def dropping(holiday: Holiday) -> Change:
    """What taking a day out of the table changes."""
    return Change(holiday.country, holiday.on, holiday.name_ko, holiday.name_en, is_added=False)
