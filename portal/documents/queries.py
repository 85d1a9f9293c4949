"""Questions about documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import defer

from portal.accounts.models import Account
from portal.core.db import db
from portal.documents.models import CARDS, Document, DocumentKind, Opening


def newest_first() -> Select[Any]:
    """All documents, the newest first, without what is printed in them."""
    return (
        select(Document)
        .options(defer(Document.content, raiseload=True))
        .order_by(Document.made_at.desc(), Document.id.desc())
    )


def of_subject(*kinds: DocumentKind, subject_id: int) -> Sequence[Document]:
    """The documents of a record, the newest version first, Korean before English."""
    return db.session.scalars(
        select(Document)
        .where(Document.kind.in_(kinds), Document.subject_id == subject_id)
        .order_by(Document.version.desc(), Document.language.desc())
    ).all()


def waiting(*, at_most: int) -> Sequence[Document]:
    """Documents whose content is kept and whose PDF is missing, the oldest first."""
    return db.session.scalars(
        select(Document).where(Document.pdf_sha256.is_(None)).order_by(Document.id).limit(at_most)
    ).all()


def issued_as(sha256: str) -> Document | None:
    """The document whose PDF has these bytes, once it was released: what was not is not issued.

    A frozen card is in its company's hands before it is released to others.
    """
    is_out = or_(Document.released_at.is_not(None), Document.kind == DocumentKind.SCORECARD)
    return db.session.scalar(select(Document).where(Document.pdf_sha256 == sha256, is_out).limit(1))


def newest_version(document: Document) -> int:
    """The highest released version of what a document is a version of.

    A public version whose minutes were corrected since has had its day: it counts as if the next
    one were out already.
    """
    if document.kind is DocumentKind.MINUTES_PUBLIC and _is_outdated(document):
        return document.version + 1
    # Each version of a card is a record of its own; they share company and month.
    same = (
        and_(
            Document.company_id == document.company_id,
            Document.number.endswith(document.number.rpartition(" ")[2], autoescape=True),
        )
        if document.kind in CARDS
        else Document.subject_id == document.subject_id
    )
    return (
        db.session.scalar(
            select(func.max(Document.version)).where(
                Document.kind == document.kind,
                same,
                Document.language == document.language,
                Document.released_at.is_not(None),
            )
        )
        or document.version
    )


def _is_outdated(document: Document) -> bool:
    corrected = select(func.max(Document.version)).where(
        Document.kind == DocumentKind.MINUTES, Document.subject_id == document.subject_id
    )
    return (db.session.scalar(corrected) or 0) > document.content.get("minutes_version", 0)


def by_identifier(identifier: bytes) -> Document | None:
    """The document that carries this identifier in its PDF: the start of its content's hash."""
    return db.session.scalar(
        select(Document)
        .where(Document.content_hash.startswith(identifier.hex(), autoescape=True))
        .limit(1)
    )


def openings(kind: DocumentKind, *, subject_id: int) -> Sequence[Any]:
    """Who opened a record when, its versions together: receipts with account, the first first."""
    return db.session.execute(
        select(Opening, Account)
        .join(Account, Account.id == Opening.account_id)
        .where(Opening.kind == kind, Opening.subject_id == subject_id)
        .order_by(Opening.first_at, Opening.id)
    ).all()
