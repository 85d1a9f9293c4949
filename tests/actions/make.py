"""Makes action items that were agreed, in both directions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.actions import service
from portal.actions.models import ActionItem
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter


def agreed(
    company: Company,
    *,
    at: datetime,
    due: datetime = datetime(2026, 3, 31, 18, 0),
    owner: Side = Side.COMPANY,
    text: str = "Answer within 24 hours.",
    source: str = "Published on 2 March 2026",
    by: Any = CLOCK,
    **more: Any,
) -> ActionItem:
    """An agreed action item, due at a wall time in Seoul."""
    with transaction():
        return service.record_by_hand(
            company, text_ko=f"[{text}]", text_en=text, owner=owner, due_wall=due,
            due_zone="Asia/Seoul", required_evidence="A written procedure", source=source, by=by,
            at=at, **more,
        )  # fmt: skip


def letters(kind: str) -> list[tuple[str, str]]:
    """Who was written to and the subject, in order."""
    rows = db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id))
    return [(row.address, row.subject) for row in rows]


def events(subject: Any) -> list[tuple[str, str]]:
    """What was recorded about a record: verb and who."""
    rows = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject == subject.__tablename__, AuditEvent.subject_id == subject.id)
        .order_by(AuditEvent.id)
    )
    return [(row.verb, row.actor_name) for row in rows]
