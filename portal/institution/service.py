"""Change the institution's name from a day on; name its seniors."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.access.actor import Actor
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.institution.models import Institution, InstitutionSenior


def rename(
    *,
    name_ko: str,
    name_en: str,
    short_name: str,
    legal_basis_ko: str,
    legal_basis_en: str,
    from_on: date,
    by: Actor,
    at: datetime,
) -> Institution:
    """Give the institution a new name from a day on; documents of before keep the old one."""
    latest = db.session.scalar(select(Institution).order_by(Institution.valid_from.desc()).limit(1))
    if latest is not None and from_on <= latest.valid_from:
        raise FieldError(
            "from_on", _("The new name must begin after the present one began. Choose a later day.")
        )
    if latest is not None:
        latest.valid_until = from_on - timedelta(days=1)
    renamed = Institution(
        organisation_id=latest.organisation_id if latest else by.organisation_id,
        name_ko=name_ko,
        name_en=name_en,
        short_name=short_name,
        legal_basis_ko=legal_basis_ko,
        legal_basis_en=legal_basis_en,
        valid_from=from_on,
    )
    db.session.add(renamed)
    db.session.flush()
    record("institution:rename", renamed, by=by, at=at, name=name_en, from_on=from_on)
    return renamed


def add_senior(
    *, level: int, name: str, title: str, email: str, by: Actor, at: datetime
) -> InstitutionSenior:
    """Name a senior to whom an overdue duty of the institution is escalated."""
    email = email.strip().lower()
    twin = select(InstitutionSenior.id).where(
        InstitutionSenior.email == email,
        InstitutionSenior.level == level,
        InstitutionSenior.ended_at.is_(None),
    )
    if db.session.scalar(twin) is not None:
        raise FieldError("email", _("This person is named for this level already."))
    senior = InstitutionSenior(level=level, name=name, title=title, email=email)
    db.session.add(senior)
    db.session.flush()
    record("institution:name_senior", senior, by=by, at=at, level=level, name=name)
    return senior


def end_senior(senior: InstitutionSenior, *, by: Actor, at: datetime) -> None:
    """Escalate nothing more to somebody; what they were told stays."""
    hold(senior)
    if senior.ended_at is not None:
        raise Refused(_("This person is no senior for escalation any more."))
    senior.ended_at = at
    record("institution:end_senior", senior, by=by, at=at, name=senior.name)
