"""Rules of retention, and what is left where something was erased."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.audit import GENESIS, canonical
from portal.core.db import UTCDateTime, db

READERS = (Role.ADMINISTRATOR, Role.AUDITOR, Role.HEAD)


class RetentionRule(db.Model):
    """After how many days a kind of data is erased. Without a row its usual days hold."""

    __tablename__ = "retention_rule"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    days: Mapped[int]
    appeal_days: Mapped[int]
    confirmed_days: Mapped[int]
    """What a preview was confirmed for. Nothing is erased earlier than this, whatever the rule says."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(String(200))

    @property
    def term(self) -> int:
        """The days and the period of appeal together."""
        return self.days + self.appeal_days

    @property
    def effective(self) -> int:
        """After how many days it is erased now; a shortened rule waits for its confirmation."""
        return max(self.term, self.confirmed_days)

    @property
    def is_waiting(self) -> bool:
        """Whether it was shortened and nobody has confirmed what that erases."""
        return self.term < self.confirmed_days


class Residue(Scoped, db.Model):
    """What says that something was erased: which record, what of it, when, by which rule.

    Rows are added and never changed or taken away, which triggers see to; each holds the hash of
    the one before it, so that a missing one shows. Nothing of what was erased is in it.
    """

    __tablename__ = "residue"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    """The table of the record."""
    subject_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(60), index=True)
    columns: Mapped[str] = mapped_column(String(200))
    """What is empty since, by the names of its columns."""
    erased_at: Mapped[datetime] = mapped_column(UTCDateTime)
    days: Mapped[int]
    appeal_days: Mapped[int]
    effective_days: Mapped[int]
    """After how many days it was erased: more than the rule says while a shorter one waits."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_residue_code_erased_at", "code", "erased_at"),
        Index("ix_residue_subject_subject_id", "subject", "subject_id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Who answers for retention. It names requests of every company."""
        return EVERYTHING if actor.role in READERS else NOTHING

    @property
    def proof(self) -> str:
        """What the hash is made of, after the hash of the residue before: canonical JSON."""
        body: dict[str, Any] = {
            "id": self.id, "code": self.code, "subject": self.subject,
            "subject_id": self.subject_id, "number": self.number, "columns": self.columns,
            "erased_at": self.erased_at.astimezone(UTC).isoformat(), "days": self.days,
            "appeal_days": self.appeal_days, "effective_days": self.effective_days,
            "previous_hash": self.previous_hash,
        }  # fmt: skip
        return canonical(body)

    @property
    def proven(self) -> str:
        """The SHA-256 of the proof, computed now."""
        return hashlib.sha256(self.proof.encode()).hexdigest()


class ResidueHead(db.Model):
    """The end of the chain. Whoever extends it holds this one row, so the chain has no branches."""

    __tablename__ = "residue_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
