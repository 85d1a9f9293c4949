"""Shifts by rule, changes by hand, hand-over notes, the terms of the roster, alarms."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Date, ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.accounts.models import Account
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import gettext as _
from portal.hotline.models import Intake

READERS = (Role.HEAD, Role.AUDITOR)
FIRST_SOURCE = (
    "Rest: Labour Standards Act, art. 59(2). Nights: HSE (UK), HSG256. The others: the portal's own,"
    " to be set."
)
"""The source of the terms that came with the portal, which the first migration wrote."""


class OnHolidays(StrEnum):
    """What a rule does on Korean public holidays, those of our own table included."""

    AS_USUAL = "as_usual"
    NOT = "not_on_holidays"
    ONLY = "only_on_holidays"


class ChangeKind(StrEnum):
    """What was done to the roster by hand."""

    ADDED = "shift_added"
    REPLACED = "shift_replaced"
    DROPPED = "shift_dropped"


class AlarmStage(StrEnum):
    """Who was told of an intake that waits: first who is on duty, then the heads."""

    ON_DUTY = "alarm_on_duty"
    HEADS = "alarm_heads"


class ProblemKind(StrEnum):
    """What is wrong with a roster; derived, never stored."""

    GAP = "roster_gap"
    VACANT = "vacant_shift"
    DOUBLE = "double_booking"
    SHORT = "short_of_people"
    REST = "rest_too_short"
    NIGHTS = "nights_in_a_row"


class ShiftRule(Scoped, db.Model):
    """A weekly shift of one hotline operator, on the wall clock of Seoul.

    A shift that ends at or before the hour it begins ends on the next day. Without a person the
    shift is to be filled by hand. A rule is never edited: it ends, and another follows it.
    """

    __tablename__ = "shift_rule"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    weekdays: Mapped[str] = mapped_column(String(7))
    """The weekdays on which the shift begins, as digits: 0 is Monday."""
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    every: Mapped[int] = mapped_column(default=1)
    """Every so many weeks, counted from the week (Monday to Sunday) of the first day."""
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    """The last day on which a shift may begin; before the first day: none ever does."""
    on_holidays: Mapped[OnHolidays] = mapped_column(Code(OnHolidays))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)

    account: Mapped[Account | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """An operator knows of the own shifts; who is on at the moment, everybody there is told."""
        if actor.role in READERS:
            return EVERYTHING
        if actor.role is Role.OPERATOR:
            return cls.account_id == actor.account_id
        return NOTHING


class ShiftChange(Scoped, db.Model):
    """One shift changed by hand: one more, another person for one of a rule, or none."""

    __tablename__ = "shift_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChangeKind] = mapped_column(Code(ChangeKind))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("shift_rule.id"))
    on: Mapped[date] = mapped_column("day", Date, index=True)
    """The day on which the shift begins, in Seoul."""
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    reason: Mapped[str] = mapped_column(String(300))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    rule: Mapped[ShiftRule | None] = relationship()
    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in READERS:
            return EVERYTHING
        if actor.role is Role.OPERATOR:
            mine = select(ShiftRule.id).where(ShiftRule.account_id == actor.account_id)
            return or_(cls.account_id == actor.account_id, cls.rule_id.in_(mine))
        return NOTHING


class HandoverNote(Scoped, db.Model):
    """What one shift leaves to the next. No name, no number, no story of a caller."""

    __tablename__ = "handover_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(1000))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    shift_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the shift ended in which it was written; None: written outside every shift."""
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    written_by: Mapped[Account] = relationship(foreign_keys=[written_by_id])
    read_by: Mapped[Account | None] = relationship(foreign_keys=[read_by_id])

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return EVERYTHING if actor.role in (*READERS, Role.OPERATOR) else NOTHING


class ShiftTerms(Scoped, db.Model):
    """The rules of the roster from a day on. What held before stays as it was."""

    __tablename__ = "shift_terms"
    id: Mapped[int] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(Date)
    handling_minutes: Mapped[int]
    """How long one intake keeps one operator busy, on average."""
    share_percent: Mapped[int]
    within_seconds: Mapped[int]
    """So many of a hundred callers are to be answered within so many seconds."""
    least: Mapped[int]
    least_on_holidays: Mapped[int]
    """Never fewer people than these, however few call."""
    rest_hours: Mapped[int]
    most_nights: Mapped[int]
    acknowledge_minutes: Mapped[int]
    hand_over_minutes: Mapped[int]
    source: Mapped[str] = mapped_column(String(400))
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def source_shown(self) -> str:
        """The source in the reader's language, where it is the one that came with the portal."""
        return _(self.source) if self.source == FIRST_SOURCE else self.source

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        allowed = (*READERS, Role.OPERATOR, Role.ADMINISTRATOR, Role.COMMISSIONER)
        return EVERYTHING if actor.role in allowed else NOTHING


class IntakeAlarm(Scoped, db.Model):
    """Somebody was told that an intake waits. The pair of intake and stage is what makes it once."""

    __tablename__ = "intake_alarm"
    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    stage: Mapped[AlarmStage] = mapped_column(Code(AlarmStage))
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    told: Mapped[int]
    """How many people a letter went to."""

    intake: Mapped[Intake] = relationship()

    __table_args__ = (UniqueConstraint("intake_id", "stage"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return EVERYTHING if actor.role in (*READERS, Role.OPERATOR) else NOTHING
