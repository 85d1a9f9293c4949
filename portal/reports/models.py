"""Monthly reports."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves


class ReportStatus(StrEnum):
    """How far a report has come."""

    HELD = "held_for_release"
    RELEASED = "released"


NEXT: dict[ReportStatus, tuple[ReportStatus, ...]] = {
    ReportStatus.HELD: (ReportStatus.RELEASED,),
    ReportStatus.RELEASED: (),
}


class Report(Moves, Scoped, db.Model):
    """The month of all companies, made on schedule and held until a head of team releases it."""

    __tablename__ = "report"
    STEPS = NEXT
    REFUSAL = _l("A report that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[ReportStatus] = mapped_column(Code(ReportStatus), default=ReportStatus.HELD)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, deferred=True)
    """What is printed, by language. It is replaced while held and never changes once released."""
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the figures: what the head of team releases is what was read."""
    glance: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    """What the archive shows of each company: id, letter, label, score."""
    words: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True)
    """All it says in both languages, in small letters, for the search of the archive."""
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the clock last found that nothing in it had changed."""
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the heads of team were asked to release it, with all cards final."""
    reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many times they were reminded."""
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_by: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (UniqueConstraint("month", "version"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.HEAD, Role.OFFICER, Role.AUDITOR):
            return EVERYTHING
        if actor.role is Role.COMMISSIONER:
            return cls.status == ReportStatus.RELEASED
        return NOTHING
