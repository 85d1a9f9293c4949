"""Scorecards."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, Text, UniqueConstraint, and_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
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


class Copy(StrEnum):
    """For whom a card is printed."""

    COMPANY = "company"
    REGULATOR = "regulator"
    OUTSIDE = "outside"


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
    remarks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    """The company's words on single measures, by their id; printed as they are."""
    commented_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    commented_by: Mapped[str | None] = mapped_column(String(120))
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unasked_reason: Mapped[str] = mapped_column(Text, default="")
    """Why the company had no right of reply; printed on the card."""
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    correction_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What a later version changes and why; empty for the first."""
    changes: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON, default=list, server_default="[]", deferred=True
    )
    """The figures that a correction changed: `what`, `before` and `after` of each."""

    company: Mapped[Company] = relationship()
    corrections: Mapped[list[Correction]] = relationship(
        back_populates="card", order_by="Correction.id"
    )

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


class CorrectionStatus(StrEnum):
    """What became of a correction that a company asked for."""

    ASKED = "correction_asked"
    GRANTED = "correction_granted"
    REFUSED = "correction_refused"


class Correction(Moves, Scoped, db.Model):
    """Something a company says is wrong on its card, and what an officer decided about it."""

    __tablename__ = "scorecard_correction"
    STEPS: ClassVar[dict[CorrectionStatus, tuple[CorrectionStatus, ...]]] = {
        CorrectionStatus.ASKED: (CorrectionStatus.GRANTED, CorrectionStatus.REFUSED),
        CorrectionStatus.GRANTED: (),
        CorrectionStatus.REFUSED: (),
    }
    REFUSAL = _l("This correction is decided already.")
    id: Mapped[int] = mapped_column(primary_key=True)
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecard.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    measure: Mapped[str] = mapped_column(String(2), default="")
    """The figure it concerns; empty where it concerns a request alone."""
    case_no: Mapped[str] = mapped_column(String(60), default="")
    """The number of the request or action item it concerns, as the card has it."""
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    status: Mapped[CorrectionStatus] = mapped_column(
        Code(CorrectionStatus), default=CorrectionStatus.ASKED
    )
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str] = mapped_column(String(120))
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))

    card: Mapped[Scorecard] = relationship(back_populates="corrections")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the card sees what was asked about it."""
        return cls.scorecard_id.in_(select(Scorecard.id).where(Scorecard.visible_to(actor)))


class MonthStepKind(StrEnum):
    """What the clock does for a month."""

    CLOSE = "step_close"
    FREEZE = "step_freeze"
    REPORT = "step_report"


class MonthStep(Scoped, db.Model):
    """A step of a month that the clock tried in vain. It goes when the step is taken.

    A company of which nothing was asked in the month has no card: that stays noted, so that what is
    entered after the closing does not make one.
    """

    __tablename__ = "month_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    kind: Mapped[MonthStepKind] = mapped_column(Code(MonthStepKind))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    """Empty for a step of all companies together."""
    is_empty: Mapped[bool] = mapped_column(default=False)
    """Whether there was nothing to assess."""
    problem: Mapped[str] = mapped_column(String(500), default="")
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("month", "kind", "company_id"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """An internal matter of the commission: no company learns that a step failed."""
        if actor.role is Role.HEAD or actor.role is Role.AUDITOR:
            return EVERYTHING
        if actor.role is Role.OFFICER:
            return of_company(cls.company_id, actor) | cls.company_id.is_(None)
        return NOTHING
