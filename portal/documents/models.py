"""Documents: what was printed, for whom, and the hash that proves it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    String,
    UniqueConstraint,
    and_,
    false,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.core.db import Code, UTCDateTime, db


class DocumentKind(StrEnum):
    """What a document is."""

    AGENDA = "agenda"
    MINUTES_DRAFT = "minutes_draft"
    MINUTES = "minutes"
    MINUTES_PUBLIC = "minutes_public"
    SCORECARD_DRAFT = "scorecard_draft"
    SCORECARD = "scorecard"
    SCORECARD_REGULATOR = "scorecard_regulator"
    SCORECARD_OUTSIDE = "scorecard_outside"
    REPORT_DRAFT = "report_draft"
    REPORT = "report"


SHARED_WITH_COMPANY = (
    DocumentKind.AGENDA,
    DocumentKind.MINUTES_DRAFT,
    DocumentKind.MINUTES,
    DocumentKind.MINUTES_PUBLIC,
    DocumentKind.SCORECARD,
)
FOR_COMMISSIONERS = (
    DocumentKind.MINUTES,
    DocumentKind.MINUTES_PUBLIC,
    DocumentKind.SCORECARD,
    DocumentKind.SCORECARD_REGULATOR,
    DocumentKind.SCORECARD_OUTSIDE,
    DocumentKind.REPORT,
)
CARDS = (
    DocumentKind.SCORECARD,
    DocumentKind.SCORECARD_REGULATOR,
    DocumentKind.SCORECARD_OUTSIDE,
)
INTERNAL = (DocumentKind.REPORT, DocumentKind.REPORT_DRAFT, DocumentKind.SCORECARD_DRAFT)


class Embargo(Scoped, db.Model):
    """A time before which a record is seen by named people only. The clock lifts it.

    What is under it points to it; once lifted nothing does, and the row says when that was.
    """

    __tablename__ = "embargo"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(300))
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    set_by: Mapped[str] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    readers: Mapped[list[EmbargoReader]] = relationship(cascade="all, delete-orphan")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.AUDITOR:
            return EVERYTHING
        return cls.id.in_(_opened_to(actor))


class EmbargoReader(db.Model):
    """Somebody who may read what is under an embargo."""

    __tablename__ = "embargo_reader"
    embargo_id: Mapped[int] = mapped_column(ForeignKey("embargo.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)


def _opened_to(actor: Actor) -> ScalarSelect[int]:
    return (
        select(EmbargoReader.embargo_id)
        .where(EmbargoReader.account_id == (actor.account_id or 0))
        .scalar_subquery()
    )


def opened_to(embargo_id: Any, actor: Actor, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What `condition` allows an actor, less what is under an embargo that does not name them.

    The auditor reads everything.
    """
    if condition is NOTHING or actor.role is Role.AUDITOR:
        return condition
    free = or_(embargo_id.is_(None), embargo_id.in_(_opened_to(actor)))
    return free if condition is EVERYTHING else and_(condition, free)


class Document(Scoped, db.Model):
    """Frozen content and the PDF that was made of it once. Neither ever changes.

    The content is kept in the transaction of its cause; the PDF may be made a moment later, and
    is then missing for that moment.

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
    attachments: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    """Files inside the PDF: `name`, `text` and `description` of each."""
    is_sealed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the institution's seal signs the PDF."""
    seal_fingerprint: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the certificate with which it was sealed."""
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    embargo_id: Mapped[int | None] = mapped_column(ForeignKey("embargo.id"), index=True)

    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "version", "language"),
        Index("ix_document_company_kind", "company_id", "kind"),
    )

    @property
    def is_printed(self) -> bool:
        """Whether its PDF is made."""
        return self.pdf_sha256 is not None

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return opened_to(cls.embargo_id, actor, cls._of_role(actor))

    @classmethod
    def _of_role(cls, actor: Actor) -> ColumnElement[bool]:
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


class Way(StrEnum):
    """How a document was opened."""

    SCREEN = "opened_on_screen"
    PDF = "opened_as_pdf"
    WORKBOOK = "opened_as_workbook"


class Opening(Scoped, db.Model):
    """A receipt: somebody opened a version of a document, when first, when last, how many times."""

    __tablename__ = "opening"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(Code(DocumentKind))
    subject_id: Mapped[int]
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    way: Mapped[Way] = mapped_column(Code(Way))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    times: Mapped[int]

    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "version", "language", "way", "account_id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Who reads what is seen by a head of team and by the auditor, and by nobody else."""
        return EVERYTHING if actor.role in (Role.HEAD, Role.AUDITOR) else NOTHING
