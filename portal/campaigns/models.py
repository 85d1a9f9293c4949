"""Periods in which more was asked for than usual."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ColumnElement, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.db import db


class Campaign(Scoped, db.Model):
    """A period that somebody announced, from its first day to its last, with the source."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(primary_key=True)
    name_ko: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(300))

    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="order"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """What was announced is no secret."""
        return EVERYTHING if actor.role is not None else NOTHING
