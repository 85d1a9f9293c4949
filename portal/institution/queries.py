"""Questions about the institution."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam, or_, select

from portal.core.db import db
from portal.institution.models import Institution, InstitutionSenior

ON = (
    select(Institution)
    .where(
        Institution.valid_from <= bindparam("day"),
        or_(Institution.valid_until.is_(None), Institution.valid_until >= bindparam("day")),
    )
    .order_by(Institution.valid_from.desc())
    .limit(1)
)
"""Asked for every page, hence put together once."""


def on(day: date) -> Institution | None:
    """The institution under the name that was valid on a day."""
    return db.session.scalar(ON, {"day": day})


def history() -> Sequence[Institution]:
    """Every name the institution has had, the newest first."""
    return db.session.scalars(select(Institution).order_by(Institution.valid_from.desc())).all()


def seniors() -> Sequence[InstitutionSenior]:
    """Whom the institution's own overdue duties are escalated to, the lowest level first."""
    return db.session.scalars(
        select(InstitutionSenior)
        .where(InstitutionSenior.ended_at.is_(None))
        .order_by(InstitutionSenior.level, InstitutionSenior.id)
    ).all()
