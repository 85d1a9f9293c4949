"""Information requests of the police."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, Scoped, of_company
from portal.companies.models import Company, Platform
from portal.core.db import Code, UTCDateTime, db


class Answer(StrEnum):
    """What the company answered. No answer at all is no answer, and counted as such."""

    ANSWERED = "answered"
    PARTLY = "partly"
    REFUSED = "refused"


class Kind(StrEnum):
    """What the police ask for. An import may bring other codes; these are offered."""

    SUBSCRIBER_DATA = "subscriber_data"
    ACCESS_LOGS = "access_logs"
    PRESERVATION = "preservation"
    TRAFFIC_DATA = "traffic_data"


class InformationRequest(Scoped, db.Model):
    """What the police asked a platform, and by when: 10 Korean working days after delivery."""

    __tablename__ = "information_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_no: Mapped[str] = mapped_column(String(60))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    legal_basis: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(60))
    delivered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[Answer | None] = mapped_column(Code(Answer))
    reason: Mapped[str | None] = mapped_column(String(500))
    overdue_noted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the company and the police were told that the deadline passed; once."""
    is_synthetic: Mapped[bool] = mapped_column(default=False)

    company: Mapped[Company] = relationship()
    platform: Mapped[Platform] = relationship()

    __table_args__ = (
        UniqueConstraint("company_id", "request_no"),
        Index("ix_information_request_company_due", "company_id", "due_at"),
    )

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer of any kind."""
        return self.answered_at is not None

    def is_overdue(self, at: datetime) -> bool:
        """Whether it is unanswered past its deadline. Computed, never stored."""
        return self.answered_at is None and self.due_at < at

    def is_late(self) -> bool:
        """Whether the answer came after the deadline; that stays so for ever."""
        return self.answered_at is not None and self.answered_at > self.due_at

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.POLICE:
            return EVERYTHING
        return of_company(cls.company_id, actor)
