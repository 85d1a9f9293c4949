"""Questions about the methodology."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from portal.core.db import db
from portal.methodology.method import VERSION_1_0, Method
from portal.methodology.models import Methodology


def versions() -> Sequence[Methodology]:
    """Every version, the newest first."""
    return db.session.scalars(select(Methodology).order_by(Methodology.valid_from.desc())).all()


def valid_on(day: date) -> Methodology | None:
    """The version in force on a day."""
    return db.session.scalar(
        select(Methodology)
        .where(Methodology.valid_from <= day)
        .order_by(Methodology.valid_from.desc())
        .limit(1)
    )


def method_on(day: date) -> Method | None:
    """The method in force on a day; before any version is stored, the first one."""
    stored = valid_on(day)
    if stored is not None:
        return stored.method
    return VERSION_1_0 if VERSION_1_0.valid_from <= day and not versions() else None
