"""Questions about the methodology."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam, select

from portal.core.db import db
from portal.methodology.method import VERSION_1_0, Method
from portal.methodology.models import Methodology, MethodologyStatus

APPROVED = Methodology.status == MethodologyStatus.APPROVED


VERSIONS = select(Methodology).where(APPROVED).order_by(Methodology.valid_from.desc())
VALID_ON = VERSIONS.where(Methodology.valid_from <= bindparam("day")).limit(1)
"""Asked for every card, hence put together once."""


def versions() -> Sequence[Methodology]:
    """Every approved version, the newest first."""
    return db.session.scalars(VERSIONS).all()


def drafts() -> Sequence[Methodology]:
    """What is drafted or proposed, as far as the person may know of it, by its first month."""
    return db.session.scalars(
        select(Methodology).where(~APPROVED).order_by(Methodology.valid_from, Methodology.id)
    ).all()


def valid_on(day: date) -> Methodology | None:
    """The approved version in force on a day."""
    return db.session.scalar(VALID_ON, {"day": day})


def method_on(day: date) -> Method | None:
    """The method in force on a day; before any version is stored, the first one."""
    stored = valid_on(day)
    if stored is not None:
        return stored.method
    return VERSION_1_0 if VERSION_1_0.valid_from <= day and not versions() else None


def before(version: Methodology) -> Method:
    """What a version takes the place of: the approved one in force up to its first month."""
    held = db.session.scalar(
        select(Methodology)
        .where(APPROVED, Methodology.valid_from < version.valid_from, Methodology.id != version.id)
        .order_by(Methodology.valid_from.desc())
        .limit(1)
    )
    return VERSION_1_0 if held is None else held.method
