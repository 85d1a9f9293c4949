"""Documents: what was printed, for whom, and the hash that proves it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.core.db import Code, UTCDateTime, db


class DocumentKind(StrEnum):
    """What a document is."""

    AGENDA = "agenda"
    MINUTES_DRAFT = "minutes_draft"
    MINUTES = "minutes"
    SCORECARD_DRAFT = "scorecard_draft"
    SCORECARD = "scorecard"
    REPORT_DRAFT = "report_draft"
    REPORT = "report"


SHARED_WITH_COMPANY = (
    DocumentKind.AGENDA,
    DocumentKind.MINUTES_DRAFT,
    DocumentKind.MINUTES,
    DocumentKind.SCORECARD,
)
FOR_COMMISSIONERS = (DocumentKind.MINUTES, DocumentKind.SCORECARD, DocumentKind.REPORT)
INTERNAL = (DocumentKind.REPORT, DocumentKind.REPORT_DRAFT, DocumentKind.SCORECARD_DRAFT)


class Document(Scoped, db.Model):
    """Frozen content and the PDF that was made of it once. Neither ever changes.

    `released_at` empty: only the Korean side's caseworkers see it. A report concerns no single
    company and has no `company_id`.
    """

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(Code(DocumentKind), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    subject_id: Mapped[int]
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    number: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    template: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    pdf_sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "version", "language"),
        Index("ix_document_company_kind", "company_id", "kind"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.is_company:
            return and_(
                cls.company_id == actor.organisation_id,
                cls.kind.in_(SHARED_WITH_COMPANY),
                cls.released_at.is_not(None),
            )
        if actor.role is Role.COMMISSIONER:
            return and_(cls.kind.in_(FOR_COMMISSIONERS), cls.released_at.is_not(None))
        if actor.role is Role.OFFICER and actor.desks is not None:
            return of_company(cls.company_id, actor) | (cls.kind == DocumentKind.REPORT)
        if actor.role in (Role.OFFICER, Role.HEAD, Role.AUDITOR):
            return EVERYTHING
        return NOTHING
