"""Questions about documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import defer

from portal.core.db import db
from portal.documents.models import Document, DocumentKind


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
