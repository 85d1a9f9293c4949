"""Information requests of the police."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
)
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


class Step(StrEnum):
    """What happened to a request: the kinds of its events, in the order they usually come."""

    FILED = "filed"
    REMINDED = "reminded"
    DEADLINE_MOVED = "deadline_moved"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    OVERDUE = "overdue"
    ANSWERED = "answered"


class Extension(StrEnum):
    """How far the one extension that may be asked for has come."""

    ASKED = "extension_asked"
    GRANTED = "extension_granted"
    REFUSED = "extension_refused"


class Because(StrEnum):
    """Why a deadline moved."""

    HOLIDAY_ADDED = "holiday_added"
    HOLIDAY_DROPPED = "holiday_dropped"
    CALENDAR_CHANGED = "calendar_changed"


class InformationRequest(Scoped, db.Model):
    """What the police asked a platform, and by when: 10 Korean working days after delivery.

    An extension does not move `due_at`: R5 of the scorecard counts ten working days for everybody,
    so what is answered within an extension is late there and marked as extended here. Until
    `answer_by` nobody is told that it is overdue.
    """

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
    """When the first answer of any kind came, which R5 counts; the history has every one."""
    answer: Mapped[Answer | None] = mapped_column(Code(Answer))
    """The latest answer: one in part may be followed by others."""
    reason: Mapped[str | None] = mapped_column(String(500))
    overdue_noted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the company and the police were told that the deadline passed; once."""
    extension: Mapped[Extension | None] = mapped_column(Code(Extension))
    extended_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Until when the police granted a later answer."""
    last_event_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its last event was entered; empty where no event tells of it yet, as after an import."""
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

    @property
    def may_be_answered(self) -> bool:
        """Whether an answer may still come: none has, or one in part."""
        return self.answer is None or self.answer is Answer.PARTLY

    @property
    def answer_by(self) -> datetime:
        """Until when the police wait: the deadline, or the extension where that is later."""
        return max(self.due_at, self.extended_until or self.due_at)

    def is_overdue(self, at: datetime) -> bool:
        """Whether it is unanswered past what the police wait for. Computed, never stored."""
        return self.answered_at is None and self.answer_by < at

    def is_late(self) -> bool:
        """Whether the answer came after the deadline; that stays so for ever."""
        return self.answered_at is not None and self.answered_at > self.due_at

    def is_within_extension(self) -> bool:
        """Whether a late answer came within the extension. For R5 it is late all the same."""
        return (
            self.is_late() and self.answered_at is not None and self.answered_at <= self.answer_by
        )

    def history(self, events: Sequence[InformationRequestEvent]) -> list[Moment]:
        """What happened, in order. What an import brought has no event: its columns tell of it."""
        if self.last_event_at is None:
            return self.stored_moments()
        return [
            Moment(one.at, one.step, one.answer, one.reason, one.due_from, one.due_to, one.because,
                   one.holiday_on, one.holiday_ko, one.holiday_en, one.counted_to, one.clock_at)
            for one in events
        ]  # fmt: skip

    def stored_moments(self) -> list[Moment]:
        """What the columns tell by themselves, in order."""
        moments = [Moment(self.delivered_at, Step.FILED, due_to=self.due_at)]
        if self.overdue_noted_at is not None:
            moments.append(Moment(self.overdue_noted_at, Step.OVERDUE))
        if self.answered_at is not None:
            moments.append(Moment(self.answered_at, Step.ANSWERED, self.answer, self.reason))
        return sorted(moments, key=lambda one: one.at)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.POLICE:
            return EVERYTHING
        return of_company(cls.company_id, actor)


class Moment(NamedTuple):
    """A line of a request's history."""

    at: datetime
    step: Step
    answer: Answer | None = None
    reason: str | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    because: Because | None = None
    holiday_on: date | None = None
    holiday_ko: str | None = None
    holiday_en: str | None = None
    counted_to: datetime | None = None
    clock_at: datetime | None = None


class InformationRequestEvent(Scoped, db.Model):
    """One thing that happened to a request. Rows are added and never changed, which triggers see
    to. None is of an earlier time than the one before it."""

    __tablename__ = "information_request_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("information_request.id"), index=True)
    step: Mapped[Step] = mapped_column(Code(Step))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    clock_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """What the clock said, where it had been put back behind the event before."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[Answer | None] = mapped_column(Code(Answer))
    reason: Mapped[str | None] = mapped_column(String(500))
    due_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_to: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The deadline from now on, or the end of an extension that is asked for or granted."""
    counted_to: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """What the count alone would give, where a deadline that was announced was not cut so far."""
    because: Mapped[Because | None] = mapped_column(Code(Because))
    holiday_on: Mapped[date | None] = mapped_column(Date)
    holiday_ko: Mapped[str | None] = mapped_column(String(120))
    holiday_en: Mapped[str | None] = mapped_column(String(120))

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the request sees what happened to it."""
        seen = select(InformationRequest.id).where(InformationRequest.visible_to(actor))
        return cls.request_id.in_(seen)
