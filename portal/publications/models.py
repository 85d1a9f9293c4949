"""Public versions, and files the company has signed as well."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import NOTHING, Scoped
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.documents.models import Document
from portal.minutes.models import Minutes, of_minutes


class Countersignature(Scoped, db.Model):
    """The stored file with the company's own signature behind ours, as the company filed it."""

    __tablename__ = "countersignature"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    pdf_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    signer: Mapped[str] = mapped_column(String(200))
    """The name in the certificate, as it says of itself: whom to trust each side decides."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    filed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    filed_by: Mapped[str] = mapped_column(String(120))

    document: Mapped[Document] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]


class PublicStatus(StrEnum):
    """Whether a public version may leave the house."""

    PREPARED = "prepared"
    RELEASED = "released"
    DISCARDED = "discarded"


class PublicVersion(Moves, Scoped, db.Model):
    """A version of adopted minutes from which passages were removed. The passages are internal."""

    __tablename__ = "public_version"
    STEPS: ClassVar[dict[PublicStatus, tuple[PublicStatus, ...]]] = {
        PublicStatus.PREPARED: (PublicStatus.RELEASED, PublicStatus.DISCARDED),
        PublicStatus.RELEASED: (),
        PublicStatus.DISCARDED: (),
    }
    REFUSAL = _l("A public version that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    number: Mapped[int]
    """Counted for each minutes, from 1: the version of its documents."""
    minutes_version: Mapped[int]
    status: Mapped[PublicStatus] = mapped_column(Code(PublicStatus))
    passages: Mapped[list[str]] = mapped_column(JSON)
    """What was removed."""
    is_without_names: Mapped[bool] = mapped_column(default=True, server_default=false())
    prepared_at: Mapped[datetime] = mapped_column(UTCDateTime)
    prepared_by: Mapped[str] = mapped_column(String(120))
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_by: Mapped[str | None] = mapped_column(String(120))

    minutes: Mapped[Minutes] = relationship()

    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role not in (Role.OFFICER, Role.HEAD, Role.AUDITOR):
            return NOTHING
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]
