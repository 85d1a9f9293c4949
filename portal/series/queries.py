"""Questions about series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from portal.consultations.models import Consultation
from portal.core.db import db
from portal.series.models import LeftOut, Series


def listed() -> Sequence[Series]:
    """Every series that still goes on, then the ended ones, each by company."""
    return db.session.scalars(
        select(Series).order_by(
            Series.until_on.is_not(None), Series.until_on.desc(), Series.company_id, Series.id
        )
    ).all()


def going_on(*, on: date) -> Sequence[Series]:
    """The series whose rule has not come to its end on a day."""
    return db.session.scalars(
        select(Series).where(Series.until_on.is_(None) | (Series.until_on > on)).order_by(Series.id)
    ).all()


def occurrences(series_id: int, *, since: date | None = None) -> Sequence[Consultation]:
    """The consultations of a series, by the day that the rule gave them."""
    statement = (
        select(Consultation)
        .where(Consultation.series_id == series_id)
        .options(selectinload(Consultation.delegates))
        .order_by(Consultation.recurrence_on, Consultation.id)
    )
    if since is not None:
        statement = statement.where(Consultation.recurrence_on >= since)
    return db.session.scalars(statement).all()


def last_day_before(series_id: int, day: date) -> date | None:
    """The last day before a day on which the rule has a consultation, or one that is left out."""
    found = [
        db.session.scalar(
            select(func.max(Consultation.recurrence_on)).where(
                Consultation.series_id == series_id, Consultation.recurrence_on < day
            )
        ),
        db.session.scalar(
            select(func.max(LeftOut.on)).where(LeftOut.series_id == series_id, LeftOut.on < day)
        ),
    ]
    return max((on for on in found if on is not None), default=None)


def left_out(series_id: int, *, since: date | None = None) -> Sequence[LeftOut]:
    """The days of the rule on which there is no consultation, in order."""
    statement = select(LeftOut).where(LeftOut.series_id == series_id).order_by(LeftOut.on)
    if since is not None:
        statement = statement.where(LeftOut.on >= since)
    return db.session.scalars(statement).all()
