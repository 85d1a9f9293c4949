"""The verbs of our own table of holidays."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from portal.access.actor import Actor
from portal.core.audit import record
from portal.core.calendar import public_holidays
from portal.core.db import after_commit, db, hold
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.holidays import queries
from portal.holidays.models import Holiday


def add(country: str, on: date, *, name_ko: str, name_en: str, by: Actor, at: datetime) -> Holiday:
    """Name a day off of a country. Refused where the day is known as one already."""
    country = country.upper()
    try:
        known = public_holidays(country, on.year).get(on)
    except NotImplementedError:
        known = None
    if known:
        raise FieldError("on", _("This day is a public holiday already: %(name)s.", name=known))
    twin = select(Holiday.id).where(Holiday.country == country, Holiday.on == on)
    if db.session.scalar(twin) is not None:
        raise FieldError("on", _("This day is in the table already. Take it out first."))
    holiday = Holiday(country=country, on=on, name_ko=name_ko, name_en=name_en, added_by=by.name,
                      added_at=at)  # fmt: skip
    db.session.add(holiday)
    db.session.flush()
    record("holidays:add", holiday, by=by, at=at, country=country, on=on.isoformat(), name=name_en)
    after_commit(queries.forget)
    return holiday


def drop(holiday: Holiday, *, by: Actor, at: datetime) -> None:
    """Take a day out of the table again."""
    hold(holiday)
    record("holidays:drop", holiday, by=by, at=at, country=holiday.country,
           on=holiday.on.isoformat(), name=holiday.name_en)  # fmt: skip
    db.session.delete(holiday)
    after_commit(queries.forget)
