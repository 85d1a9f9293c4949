"""Messages that came to the portal's mailbox, and what became of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.companies.models import Company
from portal.consultations.models import Consultation, Rsvp
from portal.core.db import Code, UTCDateTime, db


class Outcome(StrEnum):
    """What a message did when it came in."""

    ANSWERED = "answer_set"
    PROPOSED = "time_proposed"
    OUTDATED = "answer_outdated"
    QUEUED = "for_an_officer"


class Why(StrEnum):
    """Why a message changed nothing."""

    NO_CALENDAR = "reply_without_calendar"
    TOO_LARGE = "reply_too_large"
    BROKEN_MAIL = "reply_mail_unreadable"
    UNREADABLE = "reply_calendar_unreadable"
    INCOMPLETE = "reply_calendar_incomplete"
    METHOD = "reply_is_no_answer"
    UNKNOWN = "reply_consultation_unknown"
    UNVOUCHED = "reply_sender_not_vouched"
    NOT_SENDER = "reply_for_somebody_else"
    NOT_INVITED = "reply_sender_not_invited"
    EARLIER = "reply_to_earlier_version"
    LATER = "reply_to_unknown_version"
    REPEATED = "reply_older_than_answer"
    OFF = "reply_called_off"
    OVER = "reply_time_has_come"
    CLOCK = "reply_from_the_future"
    NO_WORD = "reply_word_unknown"
    NO_TIME = "reply_time_unusable"


class Settlement(StrEnum):
    """How an officer settled what was queued."""

    DONE = "settled_done"
    SET_BY_HAND = "settled_by_hand"
    DECLINED = "settled_declined"


class Message(Scoped, db.Model):
    """One mail to the portal's mailbox. It is a row before it is marked as read there.

    The words are sealed: whoever writes to a regulator may write of anything. They are erased some
    time after the message is settled; who wrote when, and what it did, stays.
    """

    __tablename__ = "message"
    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """The same mail delivered or read twice is one message."""
    message_id: Mapped[str] = mapped_column(String(250))
    sender: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the portal read it."""
    text_sealed: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(Code(Outcome))
    why: Mapped[Why | None] = mapped_column(Code(Why))
    detail: Mapped[str] = mapped_column(String(200), default="")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    method: Mapped[str] = mapped_column(String(20), default="")
    sequence: Mapped[int | None]
    stamped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the answer was given, as the sender's program says (DTSTAMP)."""
    answer: Mapped[Rsvp | None] = mapped_column(Code(Rsvp))
    proposed_starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    proposed_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[str] = mapped_column(String(200), default="")
    settlement: Mapped[Settlement | None] = mapped_column(Code(Settlement))
    note: Mapped[str] = mapped_column(String(500), default="")

    company: Mapped[Company | None] = relationship()
    consultation: Mapped[Consultation | None] = relationship()

    __table_args__ = (Index("ix_message_waiting", "outcome", "settled_at"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The regulator's alone: an officer sees what concerns their desks, or nobody's."""
        if actor.role in (Role.HEAD, Role.AUDITOR):
            return EVERYTHING
        if actor.role is Role.OFFICER:
            mine = of_company(cls.company_id, actor)
            return mine if mine is EVERYTHING else or_(cls.company_id.is_(None), mine)
        return NOTHING

    @property
    def is_proposal(self) -> bool:
        """Whether it proposes another time that somebody has to decide on."""
        return self.outcome is Outcome.PROPOSED
