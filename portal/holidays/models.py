"""Holidays that no library knows yet."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.db import UTCDateTime, db


class Holiday(Scoped, db.Model):
    """A day off that a country named for once, such as a temporary holiday or an election day."""

    __tablename__ = "holiday"
    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    on: Mapped[date] = mapped_column("day", Date)
    name_ko: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("country", "day"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """When a country rests is no secret."""
        return EVERYTHING if actor.role is not None else NOTHING
