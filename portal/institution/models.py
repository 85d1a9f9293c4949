"""The institution: one row for each name it has had."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, OrganisationKind
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.db import UTCDateTime, db


class Institution(db.Model):
    """The regulator under one name, from a day to a day (both included; no end: until further)."""

    __tablename__ = "institution"
    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(40))
    legal_basis_ko: Mapped[str] = mapped_column(String(400), default="")
    legal_basis_en: Mapped[str] = mapped_column(String(400), default="")
    valid_from: Mapped[date] = mapped_column(unique=True)
    valid_until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(400), default="")


class InstitutionSenior(Scoped, db.Model):
    """A named senior of the institution, to whom its own overdue duties are escalated by level."""

    __tablename__ = "institution_senior"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Its own people alone know whom the institution escalates to."""
        is_ours = actor.role is not None and actor.kind is OrganisationKind.INSTITUTION
        return EVERYTHING if is_ours else NOTHING
