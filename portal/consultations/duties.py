"""Duties around a consultation: what is due when, for whom, in the working days of each person.

The house has one rule of each kind; the administrator changes it for everybody or for a company.
Nothing of it is worked out ahead: whoever needs a day asks here, with the data of the moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, beyond_scope, of_company
from portal.consultations.models import Consultation
from portal.core.calendar import end_of_day, public_holidays
from portal.core.clock import local_date
from portal.core.db import Code, UTCDateTime, db
from portal.holidays import queries as holidays

MORNING, EVENING = 8, 19
"""Between these hours of their own clock people are written to, and at no other."""
SENT_AT = time(9)
AFTER_MINUTES_WERE_DUE = 10
"""For so many working days after their due date missing minutes are still worth a reminder."""
KOREA = "KR"


class DutyKind(StrEnum):
    """What is due, in the order in which it falls due."""

    RESPOND_BY = "respond_by"
    AGENDA_CUT_OFF = "agenda_cut_off"
    FIRST_REMINDER = "first_reminder"
    LAST_REMINDER = "last_reminder"
    MINUTES_DUE = "minutes_due"
    MINUTES_ANSWER = "minutes_answer"


class Whom(StrEnum):
    """Who is told."""

    INSTITUTION = "to_the_institution"
    COMPANY = "to_the_company"
    BOTH = "to_both_sides"
    UNANSWERED = "to_who_has_not_answered"


K = DutyKind
BEFORE = (K.RESPOND_BY, K.AGENDA_CUT_OFF, K.FIRST_REMINDER, K.LAST_REMINDER)
AFTER = (K.MINUTES_DUE, K.MINUTES_ANSWER)
WITH_DEADLINE = (K.RESPOND_BY, K.AGENDA_CUT_OFF, K.MINUTES_DUE, K.MINUTES_ANSWER)
MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty as it holds for a company: days are working days of who is told.

    `days` before the start (after it was held, for minutes) it is due; of what has a deadline,
    people are told `notice` days before that.
    """

    kind: DutyKind
    days: int
    notice: int
    whom: Whom
    is_active: bool = True


STANDARD: Mapping[DutyKind, Rule] = {
    rule.kind: rule
    for rule in (
        Rule(K.RESPOND_BY, 5, 3, Whom.UNANSWERED),
        Rule(K.AGENDA_CUT_OFF, 5, 1, Whom.BOTH),
        Rule(K.FIRST_REMINDER, 7, 0, Whom.BOTH),
        Rule(K.LAST_REMINDER, 1, 0, Whom.BOTH),
        Rule(K.MINUTES_DUE, 5, 1, Whom.INSTITUTION),
        Rule(K.MINUTES_ANSWER, 0, 2, Whom.COMPANY),
    )
}
"""What holds until the administrator says otherwise: nobody gets two letters in one morning."""


class Duty(Scoped, db.Model):  # type: ignore[name-defined]
    """A rule that the administrator set: for one company, or (without one) for all others."""

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DutyKind] = mapped_column(Code(DutyKind))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    days: Mapped[int]
    notice: Mapped[int]
    whom: Mapped[Whom] = mapped_column(Code(Whom))
    is_active: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(String(120))

    __table_args__ = (
        UniqueConstraint("kind", "company_id"),
        # A database takes two empty companies for different ones.
        Index(
            "uq_duty_kind_of_all", "kind", unique=True,
            sqlite_where=text("company_id IS NULL"),
            postgresql_where=text("company_id IS NULL"),
        ),
    )  # fmt: skip

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """What holds for all is no secret from those who work by it; the rest is the company's."""
        if actor.role is None:
            return NOTHING
        if actor.role is Role.ADMINISTRATOR:
            return EVERYTHING
        return or_(cls.company_id.is_(None), of_company(cls.company_id, actor))

    def as_rule(self) -> Rule:
        """The rule without its history."""
        return Rule(self.kind, self.days, self.notice, self.whom, self.is_active)


def rules_for(company_id: int | None) -> dict[DutyKind, Rule]:
    """The duties that hold for a company, all kinds in order; one query."""
    with beyond_scope("a deadline is the same whoever asks"):
        held = db.session.scalars(
            select(Duty)
            .where(or_(Duty.company_id.is_(None), Duty.company_id == company_id))
            # What is said for the company comes last and counts.
            .order_by(Duty.company_id.is_not(None))
        ).all()
    return {**STANDARD, **{duty.kind: duty.as_rule() for duty in held}}


class WorkingDays:
    """The working days of countries, each year of a country looked up once."""

    def __init__(self, own: holidays.Table | None = None) -> None:
        self._own = own or {}
        self._known: dict[tuple[str, int], Collection[date]] = {}

    @classmethod
    def as_known(cls) -> WorkingDays:
        """With the days off of our own table."""
        return cls(holidays.own_table())

    def _off(self, country: str, year: int) -> Collection[date]:
        if (country, year) not in self._known:
            self._known[country, year] = {*days_off(country, year), *self._own.get(country, ())}
        return self._known[country, year]

    def are(self, on: date, *countries: str) -> bool:
        """Whether a day is a working day in all of the countries."""
        return on.weekday() < 5 and all(on not in self._off(one, on.year) for one in countries)

    def back(self, start: date, days: int, *countries: str) -> date:
        """So many working days before a day; for 0 the day itself or the last working day."""
        return self._step(start, days, -1, countries)

    def on(self, start: date, days: int, *countries: str) -> date:
        """So many working days after a day; for 0 the day itself or the next working day."""
        return self._step(start, days, 1, countries)

    def _step(self, start: date, days: int, way: int, countries: Sequence[str]) -> date:
        day = start
        while days > 0:
            day += timedelta(days=way)
            days -= self.are(day, *countries)
        while not self.are(day, *countries):
            day += timedelta(days=way)
        return day


def days_off(country: str, year: int) -> Collection[date]:
    """The public holidays of a country in a year; none for a country that the library lacks."""
    try:
        return public_holidays(country, year)
    except NotImplementedError:
        return ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When one person is told of one duty: not before `send_at`, not from `until` on."""

    rule: Rule
    send_at: datetime
    until: datetime
    deadline: datetime | None


def agenda_cut_off(
    consultation: Consultation, rule: Rule | None = None, days: WorkingDays | None = None
) -> datetime | None:
    """Until when proposals for the agenda are in time; None where no rule says so.

    One instant for both sides: the end of a day at the venue, counted in days on which both work.
    """
    rule = rule or rules_for(consultation.company_id)[K.AGENDA_CUT_OFF]
    if not rule.is_active:
        return None
    days = days or WorkingDays.as_known()
    zone = ZoneInfo(consultation.zone)
    start = local_date(consultation.starts_at, zone)
    countries = (KOREA, consultation.company.country)
    return end_of_day(days.back(start, rule.days, *countries), zone)


ARMING = ("scheduled", "rescheduled")
"""The steps by which a consultation gets its time; what was due before them was said by them."""


def fixed_at(consultation: Consultation) -> datetime | None:
    """Since when the consultation has its present time, by its history."""
    return max((step.at for step in consultation.history if step.what in ARMING), default=None)


def is_late_proposal(consultation: Consultation, *, at: datetime) -> bool:
    """Whether a proposal comes late: after the agenda was published, or after its cut-off.

    A cut-off that had passed when the time was fixed binds nobody.
    """
    if consultation.agenda_version > 0:
        return True
    cut_off, since = agenda_cut_off(consultation), fixed_at(consultation)
    return cut_off is not None and at > cut_off and (since is None or since < cut_off)


def moment(
    rule: Rule,
    consultation: Consultation,
    *,
    country: str,
    zone: ZoneInfo,
    days: WorkingDays,
    answer_by: datetime | None = None,
) -> Moment | None:
    """When a person in a zone, who works by a country's days, is told of a duty; None for never.

    `answer_by` is until when the company answers the minutes, once it has them.
    """
    if not rule.is_active:
        return None
    deadline: datetime | None = None
    if rule.kind in (K.FIRST_REMINDER, K.LAST_REMINDER):
        start = local_date(consultation.starts_at, zone)
        day = days.back(start, rule.days, country) if rule.days else start
        until = consultation.starts_at
        if rule.days > 1:
            # A reminder of the week ahead that is late by half of it says nothing any more.
            last = days.back(start, rule.days - rule.days // 2, country)
            until = min(until, end_of_day(last, zone))
        return Moment(rule, _morning(day, zone), until, None)
    if rule.kind is K.RESPOND_BY:
        start = local_date(consultation.starts_at, zone)
        deadline = end_of_day(days.back(start, rule.days, country), zone)
    elif rule.kind is K.AGENDA_CUT_OFF:
        deadline = agenda_cut_off(consultation, rule, days)
    elif rule.kind is K.MINUTES_DUE:
        held = local_date(consultation.held_at or consultation.ends_at, zone)
        deadline = end_of_day(days.on(held, rule.days, country), zone)
    else:
        deadline = answer_by
    if deadline is None:
        return None
    due_on = local_date(deadline, zone)
    until = deadline
    if rule.kind is K.MINUTES_DUE:
        until = end_of_day(days.on(due_on, AFTER_MINUTES_WERE_DUE, country), zone)
    return Moment(rule, _morning(days.back(due_on, rule.notice, country), zone), until, deadline)


def _morning(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, SENT_AT, zone).astimezone(UTC)


def is_time(told: Moment, *, at: datetime, country: str, zone: ZoneInfo, days: WorkingDays) -> bool:
    """Whether a person is told of a duty now: it is due, still of use, and they are awake.

    What is late waits for the next working day, unless it were of no use by then.
    """
    wall = at.astimezone(zone)
    if not (told.send_at <= at < told.until and MORNING <= wall.hour < EVENING):
        return False
    if days.are(wall.date(), country):
        return True
    next_day = days.on(wall.date() + timedelta(days=1), 0, country)
    return datetime.combine(next_day, time(MORNING), zone) >= told.until
