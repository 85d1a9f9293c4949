"""Hotline intake."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.companies.models import Platform
from portal.core.db import Code, UTCDateTime, db


class Channel(StrEnum):
    """How the caller reached the hotline."""

    PHONE = "phone"
    WEB = "web"
    MESSAGE = "message"
    AGENCY = "another_agency"


class Intake(Scoped, db.Model):
    """One call or message. No name and no story: a reference (encrypted), flags and times."""

    __tablename__ = "intake"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_code: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[Channel] = mapped_column(Code(Channel))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    reference_encrypted: Mapped[str] = mapped_column(Text)
    is_minor_involved: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    handed_over_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When reference and secret were erased. From then on no secret opens the intake."""

    platform: Mapped[Platform] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.OPERATOR, Role.HEAD, Role.AUDITOR):
            return EVERYTHING
        return NOTHING
