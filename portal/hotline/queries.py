"""Questions about intakes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from portal.access.scope import beyond_scope
from portal.core.db import db
from portal.hotline.models import Intake


def listed(*, only_open: bool = False) -> Select[Any]:
    """Every intake: what is not handed over first, the oldest of these on top."""
    statement = select(Intake).options(joinedload(Intake.platform))
    if only_open:
        statement = statement.where(Intake.handed_over_at.is_(None))
    is_open = case((Intake.handed_over_at.is_(None), 0), else_=1)
    return statement.order_by(
        is_open,
        case((Intake.handed_over_at.is_(None), Intake.received_at)),
        Intake.received_at.desc(),
        Intake.id.desc(),
    )


def waiting() -> int:
    """How many intakes are not handed over yet."""
    return (
        db.session.scalar(select(func.count(Intake.id)).where(Intake.handed_over_at.is_(None))) or 0
    )


def by_code(case_code: str) -> Intake | None:
    """The intake of a code, for the caller who asks with the secret."""
    with beyond_scope("the caller has no account; the secret decides"):
        return db.session.scalar(select(Intake).where(Intake.case_code == case_code))
