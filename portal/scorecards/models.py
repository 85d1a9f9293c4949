"""Scorecards."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, Text, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.methodology.method import Method
from portal.methodology.score import Score


class ScorecardStatus(StrEnum):
    """How far a card has come."""

    DRAFT = "draft"
    WITH_COMPANY = "with_company"
    FROZEN = "frozen"
    PUBLISHED = "published"


C = ScorecardStatus
NEXT: dict[ScorecardStatus, tuple[ScorecardStatus, ...]] = {
    # Straight to frozen only with a stated reason why the company was not asked.
    C.DRAFT: (C.WITH_COMPANY, C.FROZEN),
    C.WITH_COMPANY: (C.FROZEN,),
    C.FROZEN: (C.PUBLISHED,),
    C.PUBLISHED: (),
}


class Scorecard(Moves, Scoped, db.Model):
    """A month of one company. Frozen, it holds its inputs, so that computing gives it again."""

    __tablename__ = "scorecard"
    STEPS = NEXT
    REFUSAL = _l("A scorecard that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    month: Mapped[str] = mapped_column(String(7), index=True)
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[ScorecardStatus] = mapped_column(
        Code(ScorecardStatus), default=ScorecardStatus.DRAFT
    )
    methodology: Mapped[str] = mapped_column(String(20))
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    letter: Mapped[str | None] = mapped_column(String(1))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What lists show: letter, score with its interval, label, number of requests, each value."""
    score: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, deferred=True)
    """Both clocks in three parts, and the second page: uncertainty, sensitivity."""
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    inputs_hash: Mapped[str | None] = mapped_column(String(64))
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reply_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    comment: Mapped[str] = mapped_column(Text, default="")
    commented_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    commented_by: Mapped[str | None] = mapped_column(String(120))
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unasked_reason: Mapped[str] = mapped_column(Text, default="")
    """Why the company had no right of reply; printed on the card."""
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    company: Mapped[Company] = relationship()

    __table_args__ = (UniqueConstraint("company_id", "month", "version"),)

    @property
    def figures(self) -> Score:
        """The stored score as the arithmetic made it."""
        return Score.from_dict(self.score)

    @property
    def method(self) -> Method:
        """The version of the method that the card itself holds."""
        return Method.from_json(json.dumps(self.details["method"]))

    @property
    def is_binding(self) -> bool:
        """Whether the card is frozen: nothing in it changes any more."""
        return self.status in (ScorecardStatus.FROZEN, ScorecardStatus.PUBLISHED)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.is_company:
            return and_(
                cls.company_id == actor.organisation_id, cls.status != ScorecardStatus.DRAFT
            )
        if actor.role is Role.COMMISSIONER:
            return cls.status == ScorecardStatus.PUBLISHED
        return of_company(cls.company_id, actor)
