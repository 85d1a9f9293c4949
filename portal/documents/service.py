"""Make a document once, and give out the same bytes for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import render_template
from sqlalchemy import select

from portal.core import files, pdf
from portal.core.audit import canonical
from portal.core.db import db
from portal.core.i18n import spoken
from portal.documents.models import Document, DocumentKind


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
    render: Callable[..., bytes] | None = None,
) -> bytes:
    """The PDF of frozen content. The same content gives the same bytes, whoever prints it when."""
    identity = content_hash(content)
    with spoken(language):
        html = render_template(
            template, **content, content_hash=identity, is_draft=is_draft, doc_lang=language
        )
    return (render or pdf.render)(html, made_at=made_at, identifier=bytes.fromhex(identity)[:16])


def freeze(
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
    is_draft: bool = False,
    render: Callable[..., bytes] | None = None,
) -> Document:
    """Print content once and keep both. Asked again for the same version, it gives the first.

    `content` must be plain JSON and hold `doc_no`, `doc_title`, `org_name` and `org_name_other`.
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
    printed = print_pdf(
        template, content, language=language, made_at=at, is_draft=is_draft, render=render
    )
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
        pdf_sha256=files.store(printed),
        size=len(printed),
        made_at=at,
        released_at=released_at,
    )
    db.session.add(document)
    db.session.flush()
    return document
