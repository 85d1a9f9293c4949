"""The audit log: append-only and chained by hash, written in the transaction of its cause."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import bulk
from portal.core.db import UTCDateTime, db

GENESIS = "0" * 64


class AuditEvent(db.Model):
    """Who did what to what, for whom, when. A row never changes; triggers refuse it."""

    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    verb: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    actor_name: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_audit_event_subject_subject_id", "subject", "subject_id"),)


class AuditHead(db.Model):
    """The end of the chain. Whoever extends it holds this one row, so the chain has no branches."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))


_EVENTS, _HEAD = AuditEvent.__table__, AuditHead.__table__
_COLUMNS = tuple(column.name for column in _EVENTS.columns)
_THE_HEAD = select(_HEAD.c.last_id, _HEAD.c.last_hash).where(_HEAD.c.id == 1).with_for_update()
_MOVED = (
    update(_HEAD)
    .where(_HEAD.c.id == 1)
    .values(last_id=bindparam("moved_to"), last_hash=bindparam("moved_hash"))
)


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def canonical(value: Any) -> str:
    """JSON in one form only: sorted keys, no spaces, text as it is."""
    return _encoder.encode(value)


def _digest(columns: Sequence[Any], details: str, previous_hash: str) -> str:
    """The hash of an event: of its columns before the details, its details in their one form, and
    the hash of the event before it."""
    number, at, *others = columns
    body = canonical([number, at.astimezone(UTC).isoformat(), *others])  # as the database gives it
    return hashlib.sha256(f"{previous_hash}{body[:-1]},{details}]".encode()).hexdigest()


def _is_as_written(event: AuditEvent) -> bool:
    columns = [getattr(event, name) for name in _COLUMNS[:-3]]
    return _digest(columns, canonical(event.details), event.previous_hash) == event.hash


def record(verb: str, subject: Any, *, by: Any, at: datetime, **details: Any) -> None:
    """Append one event for the act of `by` (an Actor) on `subject` (a stored record)."""
    record_many(verb, [(subject, details)], by=by, at=at)


def record_many(
    verb: str, acts: Sequence[tuple[Any, dict[str, Any]]], *, by: Any, at: datetime
) -> None:
    """Append an event for each (subject, details) of one act on many; the chain is held once."""
    session = db.session()
    session.flush()
    # By the tables themselves: every act of everybody passes here, and nobody reads these rows back.
    connection = session.connection()
    head = connection.execute(_THE_HEAD).first()
    if head is None:
        connection.execute(insert(_HEAD), {"id": 1, "last_id": 0, "last_hash": GENESIS})
    last_id, last_hash = (head.last_id, head.last_hash) if head else (0, GENESIS)
    events: list[tuple[Any, ...]] = []
    for number, (subject, details) in enumerate(acts, last_id + 1):
        columns = (
            number, at, verb, subject.__tablename__, subject.id, by.account_id, by.organisation_id,
            by.name,
        )  # fmt: skip
        # As the database gives them back, in their one form.
        text = canonical(json.loads(canonical(details)))
        previous, last_hash = last_hash, _digest(columns, text, last_hash)
        events.append((*columns, text, previous, last_hash))
    if events:
        bulk.insert_rows(connection, _EVENTS, _COLUMNS, events)
        connection.execute(_MOVED, {"moved_to": events[-1][0], "moved_hash": last_hash})


def broken(events: Sequence[AuditEvent]) -> list[int]:
    """Of these events the numbers of those that were changed or do not follow their predecessor."""
    before = {event.id - 1 for event in events}
    hashes: dict[int, str] = {
        row.id: row.hash
        for row in db.session.execute(
            select(AuditEvent.id, AuditEvent.hash).where(AuditEvent.id.in_(before))
        )
    }
    return [
        event.id
        for event in events
        if not _is_as_written(event)
        or event.previous_hash != (hashes.get(event.id - 1) if event.id > 1 else GENESIS)
    ]


def breaks() -> Iterator[tuple[int, str]]:
    """Every place where the chain does not hold: (event number, what is wrong), oldest first."""
    previous, expected = GENESIS, 1
    rows = db.session.scalars(
        select(AuditEvent).order_by(AuditEvent.id).execution_options(yield_per=1000)
    )
    for event in rows:
        if event.id != expected:
            yield expected, "missing"
        if event.previous_hash != previous:
            yield event.id, "does not follow its predecessor"
        if not _is_as_written(event):
            yield event.id, "was changed after it was written"
        previous, expected = event.hash, event.id + 1
    head = db.session.get(AuditHead, 1)
    if head is not None and (head.last_id != expected - 1 or head.last_hash != previous):
        yield head.last_id, "the end of the log was cut off"
