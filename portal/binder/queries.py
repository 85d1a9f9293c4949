"""Questions about what a binder is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import defer, selectinload

from portal.actions.models import OPEN, ActionItem
from portal.consultations.models import Consultation
from portal.core.db import db
from portal.documents.models import Document, DocumentKind
from portal.minutes.models import Minutes


def _adopted(company_id: int) -> Select[Any]:
    """Document, consultation number and year of every adopted print, the latest version last."""
    # Year and number are read of whatever minutes are: a commissioner sees no consultation.
    held = Consultation.__table__
    return (
        select(Document.id, held.c.year, held.c.number)
        .join(Minutes, Minutes.id == Document.subject_id)
        .join(held, held.c.id == Minutes.consultation_id)
        .where(
            Document.kind == DocumentKind.MINUTES,
            Document.company_id == company_id,
            # A print that is not released yet is nobody's adopted text.
            Document.released_at.is_not(None),
        )
        .order_by(held.c.number, Document.version)
    )


def years(company_id: int) -> list[int]:
    """The years in which the company has adopted minutes the reader may read, newest first."""
    return sorted({row.year for row in db.session.execute(_adopted(company_id))}, reverse=True)


def parts(company_id: int, year: int, language: str, *, with_content: bool) -> list[Document]:
    """The adopted minutes of a year in order, each in its highest version."""
    found = _adopted(company_id).where(
        Consultation.__table__.c.year == year, Document.language == language
    )
    latest = {row.number: row.id for row in db.session.execute(found)}
    statement = select(Document).where(Document.id.in_(latest.values()))
    if not with_content:
        statement = statement.options(defer(Document.content, raiseload=True))
    held = {document.id: document for document in db.session.scalars(statement)}
    return [held[number] for number in latest.values() if number in held]


def open_items(company_id: int, year: int) -> Sequence[ActionItem]:
    """What is still owed of what was agreed in the consultations of a year, soonest due first."""
    return db.session.scalars(
        select(ActionItem)
        .join(Consultation, Consultation.id == ActionItem.consultation_id)
        .where(
            ActionItem.company_id == company_id,
            Consultation.year == year,
            ActionItem.status.in_(OPEN),
        )
        .options(selectinload(ActionItem.company))
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()
