"""Questions about errata."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from portal.core.db import db
from portal.errata.models import OPEN, Erratum, ErratumStatus
from portal.minutes.models import Minutes


def of_minutes(minutes: Minutes) -> Sequence[Erratum]:
    """The errata of minutes that the reader may know of, the newest first."""
    return db.session.scalars(
        select(Erratum).where(Erratum.minutes_id == minutes.id).order_by(Erratum.number.desc())
    ).all()


def open_one(minutes_id: int) -> Erratum | None:
    """The erratum that is not decided yet: there is at most one."""
    return db.session.scalar(
        select(Erratum).where(Erratum.minutes_id == minutes_id, Erratum.status.in_(OPEN)).limit(1)
    )


def next_number(minutes_id: int) -> int:
    """The number of the next erratum of minutes."""
    statement = select(func.max(Erratum.number)).where(Erratum.minutes_id == minutes_id)
    return (db.session.scalar(statement) or 0) + 1


def awaiting() -> Sequence[Erratum]:
    """Errata that are not decided yet, the oldest first."""
    return db.session.scalars(
        select(Erratum)
        .where(Erratum.status.in_((ErratumStatus.DRAFTED, ErratumStatus.PROPOSED)))
        .order_by(Erratum.id)
    ).all()
