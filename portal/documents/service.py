"""Keep content once, make its PDF once, and give out the same bytes for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.core import files, pdf, signing
from portal.core.audit import canonical, record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import spoken
from portal.core.personal_data import refuse_personal_data
from portal.documents.models import Document, DocumentKind, Embargo, EmbargoReader, Opening, Way

REASONS = {
    DocumentKind.MINUTES: "Adopted minutes",
    DocumentKind.MINUTES_PUBLIC: "Public version of adopted minutes",
    DocumentKind.SCORECARD: "Frozen scorecard",
    DocumentKind.SCORECARD_REGULATOR: "Published scorecard, copy of the regulator",
    DocumentKind.SCORECARD_OUTSIDE: "Published scorecard, copy for outside",
    DocumentKind.REPORT: "Released monthly report",
}
"""What a signature says of itself: for readers of the PDF, in one language, as its fields are."""


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON form of a document's content."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def print_pdf(
    template: str,
    content: dict[str, Any],
    *,
    language: str,
    made_at: datetime,
    is_draft: bool = False,
    attachments: Sequence[pdf.Attachment] = (),
    render: Callable[..., bytes] | None = None,
) -> bytes:
    """The PDF of frozen content. The same content gives the same bytes, whoever prints it when."""
    identity = content_hash(content)
    with spoken(language):
        html = render_template(
            template, **content, content_hash=identity, is_draft=is_draft, doc_lang=language
        )
    more = {"attachments": attachments} if attachments else {}
    return (render or pdf.render)(
        html, made_at=made_at, identifier=bytes.fromhex(identity)[:16], **more
    )


def keep(
    kind: DocumentKind,
    *,
    template: str,
    content: dict[str, Any],
    company_id: int | None,
    subject_id: int,
    version: int,
    language: str,
    at: datetime,
    released_at: datetime | None,
    attachments: Iterable[dict[str, str]] = (),
    is_sealed: bool = False,
    embargo_id: int | None = None,
) -> Document:
    """Keep what will be printed, in the transaction that made it binding.

    Asked again for the same version, it gives the first. `content` must be plain JSON and hold
    `doc_no`, `doc_title`, `org_name` and `org_name_other`; `attachments` are texts with `name` and
    `description`. `print_kept` makes the PDF, when somebody opens it or the clock finds it missing.
    """
    held = db.session.scalar(
        select(Document).where(
            Document.kind == kind,
            Document.subject_id == subject_id,
            Document.version == version,
            Document.language == language,
        )
    )
    if held is not None:
        return held
    document = Document(
        kind=kind,
        company_id=company_id,
        subject_id=subject_id,
        version=version,
        language=language,
        number=content["doc_no"],
        title=content["doc_title"],
        template=template,
        content=content,
        content_hash=content_hash(content),
        attachments=list(attachments) or None,
        is_sealed=is_sealed,
        size=0,
        made_at=at,
        released_at=released_at,
        embargo_id=embargo_id,
    )
    db.session.add(document)
    db.session.flush()
    return document


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF that was made and is not kept yet, and the fingerprint of its seal."""

    content: bytes
    seal_fingerprint: str | None


def printed(
    document: Document, *, is_draft: bool = False, render: Callable[..., bytes] | None = None
) -> Printed:
    """Make the PDF of kept content, sealed where it bears a seal. Nothing is written."""
    content = unsealed(document, is_draft=is_draft, render=render)
    if not document.is_sealed:
        return Printed(content, document.seal_fingerprint)
    return Printed(
        *signing.sign(content, at=document.made_at, reason=REASONS.get(document.kind, ""))
    )


def print_kept(
    document: Document,
    made: Printed | None = None,
    *,
    is_draft: bool = False,
    render: Callable[..., bytes] | None = None,
) -> Document:
    """Make and keep the PDF of kept content, once: who comes second finds it made.

    `made` is what `printed` made of it before the transaction: a page takes seconds, and on SQLite
    everybody who writes would wait for them.
    """
    hold(document)
    if document.is_printed:
        return document
    made = made or printed(document, is_draft=is_draft, render=render)
    document.seal_fingerprint = made.seal_fingerprint
    document.pdf_sha256, document.size = files.store(made.content), len(made.content)
    db.session.flush()
    return document


def unsealed(
    document: Document, *, is_draft: bool = False, render: Callable[..., bytes] | None = None
) -> bytes:
    """The PDF of kept content before it is sealed: the stored file begins with these bytes."""
    return print_pdf(
        document.template,
        document.content,
        language=document.language,
        made_at=document.made_at,
        is_draft=is_draft,
        attachments=attached(document.attachments or ()),
        render=render,
    )


def attached(texts: Iterable[dict[str, str]]) -> list[pdf.Attachment]:
    """Kept texts as the files inside a PDF."""
    return [pdf.Attachment(one["name"], one["text"].encode(), one["description"]) for one in texts]


def stored(document: Document) -> bytes:
    """The bytes of the PDF, checked against their hash; raises `files.Damaged` where they differ."""
    return files.load(document.pdf_sha256 or "")


WITH_RECEIPT = (DocumentKind.REPORT,)
"""Of what is kept who opened it."""


def note_opening(
    kind: DocumentKind,
    *,
    subject_id: int,
    version: int,
    language: str,
    way: Way,
    by: Actor,
    at: datetime,
) -> None:
    """Keep that somebody opened a version on screen or as a file: first, last, and how often."""
    if by.account_id is None or kind not in WITH_RECEIPT:
        return
    with beyond_scope("a receipt is kept, whoever may read receipts"):
        held = db.session.scalar(
            select(Opening)
            .where(
                Opening.kind == kind,
                Opening.subject_id == subject_id,
                Opening.version == version,
                Opening.language == language,
                Opening.way == way,
                Opening.account_id == by.account_id,
            )
            .with_for_update()
        )
    if held is None:
        held = Opening(
            kind=kind, subject_id=subject_id, version=version, language=language, way=way,
            account_id=by.account_id, first_at=at, times=0,
        )  # fmt: skip
        db.session.add(held)
    held.last_at, held.times = at, held.times + 1
    db.session.flush()


def freeze(
    kind: DocumentKind,
    *,
    is_draft: bool = False,
    render: Callable[..., bytes] | None = None,
    **kept: Any,
) -> Document:
    """`keep` and `print_kept` in one: for what need not be binding before its PDF is made."""
    return print_kept(keep(kind, **kept), is_draft=is_draft, render=render)


def embargo(
    documents: Iterable[Document],
    *,
    company_id: int,
    until: datetime,
    reason: str,
    readers: Iterable[int],
    by: Actor,
    at: datetime,
) -> Embargo:
    """Let only named accounts see documents until an instant; whoever sets it stays among them.

    Refused where the time has passed, no reason is given or nobody is named.
    """
    if until <= at:
        raise FieldError("until", _("This time has passed. Choose a later one."))
    if not reason.strip():
        raise FieldError("reason", _("Say why the record is held back."))
    refuse_personal_data(reason, field="reason")
    named = {number for number in readers if number} | {by.account_id or 0} - {0}
    if not named:
        raise FieldError("readers", _("Name at least one person who may read it."))
    held = Embargo(
        company_id=company_id,
        until=until,
        reason=reason.strip(),
        set_at=at,
        set_by=by.name,
        readers=[EmbargoReader(account_id=number) for number in sorted(named)],
    )
    db.session.add(held)
    db.session.flush()
    for document in documents:
        document.embargo_id = held.id
    db.session.flush()
    return held


def lift(held: Embargo, *, by: Actor, at: datetime) -> None:
    """End an embargo: its documents are seen again by all whom they concern."""
    hold(held)
    if held.lifted_at is not None:
        raise Refused(_("This embargo is lifted already."))
    held.lifted_at = at
    with beyond_scope("an embargo is lifted for everybody"):
        for document in db.session.scalars(select(Document).where(Document.embargo_id == held.id)):
            document.embargo_id = None
    db.session.flush()
    record("documents:lift_embargo", held, by=by, at=at, until=held.until)
