"""Versions of the methodology, with their dates and their life."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, OrganisationKind, Role
from portal.access.scope import EVERYTHING, Scoped
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.methodology.method import Method


class MethodologyStatus(StrEnum):
    """How far a version has come."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"


S = MethodologyStatus
NEXT: dict[MethodologyStatus, tuple[MethodologyStatus, ...]] = {
    S.DRAFT: (S.PROPOSED,),
    # Back to the draft: taken back, or sent back with a remark.
    S.PROPOSED: (S.APPROVED, S.DRAFT),
    S.APPROVED: (),
}


class Methodology(Moves, Scoped, db.Model):
    """How measures become a score, from a month on. Once approved it never changes.

    The database itself refuses to change or to delete an approved row.
    """

    __tablename__ = "methodology"
    STEPS = NEXT
    REFUSAL = _l("A version that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(20), unique=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[MethodologyStatus] = mapped_column(
        Code(MethodologyStatus), default=MethodologyStatus.APPROVED, server_default="approved"
    )
    why: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the version changes and why, for those who approve it and those who read it later."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it was sent back, until it is proposed again."""
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts edits, so that nobody approves or overwrites what they have not seen."""
    authors: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    """Accounts that drafted, edited or proposed it: none of them approves it."""
    drafted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    drafted_by: Mapped[str | None] = mapped_column(String(120))
    proposed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(120))

    @property
    def method(self) -> Method:
        """The version as the arithmetic reads it."""
        return Method.from_json(json.dumps(self.content))

    @property
    def is_approved(self) -> bool:
        """Whether cards of its months are made with it."""
        return self.status is MethodologyStatus.APPROVED

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Approved: whoever is known. Before that: those of the institution who judge by it."""
        if actor.kind is None:
            return false()
        is_inside = actor.kind is OrganisationKind.INSTITUTION and actor.role is not Role.OPERATOR
        return EVERYTHING if is_inside else cls.status == MethodologyStatus.APPROVED
