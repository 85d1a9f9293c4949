"""Hotline intake."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.accounts.models import Account
from portal.companies.models import Platform
from portal.core.db import Code, UTCDateTime, db


class Channel(StrEnum):
    """How the caller reached the hotline."""

    PHONE = "phone"
    WEB = "web"
    MESSAGE = "message"
    AGENCY = "another_agency"


class Ground(StrEnum):
    """What the caller reports; the words are those of the category of a removal request."""

    SEXUAL_DEEPFAKE = "sexual_deepfake"
    NON_CONSENSUAL_IMAGE = "non_consensual_image"
    CHILD_SEXUAL_MATERIAL = "child_sexual_material"


def _as_received(context: Any) -> datetime:
    received: datetime = context.get_current_parameters()["received_at"]
    return received


class Intake(Scoped, db.Model):
    """One call or message. No name and no story: references (encrypted), flags and times."""

    __tablename__ = "intake"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_code: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[Channel] = mapped_column(Code(Channel))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    reference_encrypted: Mapped[str] = mapped_column(Text)
    """Every reference of the call, one on each line."""
    reference_count: Mapped[int] = mapped_column(default=1)
    ground: Mapped[Ground] = mapped_column(Code(Ground), default=Ground.SEXUAL_DEEPFAKE)
    is_minor_involved: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=_as_received)
    """When it was noted; a call of the night before is noted later than it came."""
    taken_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When somebody said that they see to it. From then on who is on duty is not called."""
    taken_up_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    handed_over_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When reference and secret were erased. From then on no secret opens the intake."""

    platform: Mapped[Platform] = relationship()
    taken_up_by: Mapped[Account | None] = relationship(foreign_keys=[taken_up_by_id])

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.OPERATOR, Role.HEAD, Role.AUDITOR):
            return EVERYTHING
        return NOTHING
