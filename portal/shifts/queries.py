"""Questions about the roster. Who is on duty is told beyond the wall; whole rosters are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, cast, extract, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.core.clock import SEOUL, local_date
from portal.core.db import db
from portal.holidays import queries as holidays
from portal.hotline.models import Intake
from portal.shifts import coverage, erlang, pattern
from portal.shifts.coverage import Problem
from portal.shifts.models import (
    AlarmStage,
    HandoverNote,
    IntakeAlarm,
    ShiftChange,
    ShiftRule,
    ShiftTerms,
)
from portal.shifts.pattern import DAY, Shift

AHEAD = timedelta(weeks=4)
"""So far ahead gaps are named."""
BEFORE = timedelta(days=14)
"""So far back the roster is read to see a row of nights that reaches into the period."""
HISTORY = 84
"""Days of arrivals that a plan is made from: twelve weeks."""
FEW_HOLIDAYS = 3
"""With fewer public holidays in the history, a holiday is planned as a Sunday."""
HOLIDAY = 7
"""The row of public holidays, after the seven weekdays."""


def days_off(first: date, last: date) -> Collection[date]:
    """Korean public holidays from `first` to `last`, those of our own table among them."""
    return holidays.names_between("KR", first, last, "en").keys()


def roster(first: datetime, last: datetime) -> list[Shift]:
    """Every shift between two instants, whoever asks: what reaches a reader is the caller's choice.

    Who has lost access is on no shift that ends later: it stands there as nobody's.
    """
    begin, end = local_date(first) - DAY, local_date(last)
    with beyond_scope("who is on and where a gap is does not hang on who asks"):
        rules = db.session.scalars(
            select(ShiftRule)
            .where(
                ShiftRule.from_on <= end, or_(ShiftRule.until_on.is_(None),
                                              ShiftRule.until_on >= begin),
            )
            .order_by(ShiftRule.id)
        ).all()  # fmt: skip
        changes = db.session.scalars(
            select(ShiftChange)
            .where(ShiftChange.on.between(begin, end), ShiftChange.taken_back_at.is_(None))
            .order_by(ShiftChange.id)
        ).all()
        gone = _gone()
    made = pattern.roster(rules, changes, first, last, days_off(begin, end))
    return [
        replace(shift, account_id=None)
        if shift.account_id in gone and gone[shift.account_id] < shift.ends_at
        else shift
        for shift in made
    ]


def _gone() -> dict[int | None, datetime]:
    """The operators that have lost access, and when."""
    rows = db.session.execute(
        select(Account.id, Account.deactivated_at).where(
            Account.deactivated_at.is_not(None),
            or_(Account.id.in_(select(ShiftRule.account_id)),
                Account.id.in_(select(ShiftChange.account_id))),
        )
    )  # fmt: skip
    return {row.id: row.deactivated_at for row in rows}


def people(ids: Iterable[int | None]) -> dict[int, Account]:
    """The accounts of these numbers, for their names."""
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    with beyond_scope("an operator is told who is on"):
        found = db.session.scalars(select(Account).where(Account.id.in_(wanted)))
        return {account.id: account for account in found}


class Duty(NamedTuple):
    """Somebody on duty, and until when."""

    account: Account
    until: datetime


def on_duty(*, at: datetime) -> list[Duty]:
    """Who is on at an instant, each once, with the end of the longest shift."""
    until: dict[int, datetime] = {}
    for shift in roster(at, at + timedelta(microseconds=1)):
        if shift.account_id is not None and shift.covers(at):
            until[shift.account_id] = max(until.get(shift.account_id, shift.ends_at), shift.ends_at)
    named = people(until)
    return [Duty(named[number], until[number]) for number in sorted(until)]


def named_gaps(*, at: datetime, ahead: timedelta = AHEAD) -> list[Problem]:
    """What anybody can see to be wrong with the coming weeks: gaps, vacancies, double bookings."""
    shifts, last = roster(at, at + ahead), at + ahead
    found = [
        *coverage.uncovered(shifts, at, last), *coverage.vacant(shifts), *coverage.doubles(shifts),
    ]  # fmt: skip
    return coverage.in_order(found, at, last)


def next_shifts(account_id: int | None, *, at: datetime, most: int = 5) -> list[Shift]:
    """The next shifts of one person, the present one included, within the coming weeks."""
    coming = (s for s in roster(at, at + AHEAD) if s.account_id == account_id)
    return list(coming)[:most]


def problems(
    *, at: datetime, terms: ShiftTerms, plan: Plan, ahead: timedelta = AHEAD
) -> list[Problem]:
    """Everything wrong with the coming weeks, too few people and too little rest included."""
    last = at + ahead
    wide = roster(at - BEFORE, last)
    ahead_only = [shift for shift in wide if shift.overlaps(at, last)]
    found = [
        *coverage.uncovered(ahead_only, at, last, plan.needed_at),
        *coverage.vacant(ahead_only),
        *coverage.doubles(ahead_only),
        *coverage.tired(wide, rest_hours=terms.rest_hours, most_nights=terms.most_nights),
    ]
    return coverage.in_order(found, at, last)


def rules() -> Sequence[ShiftRule]:
    """The rules that the reader may know of, those that hold longest first."""
    return db.session.scalars(
        select(ShiftRule)
        .options(joinedload(ShiftRule.account))
        .order_by(ShiftRule.until_on.is_not(None), ShiftRule.until_on.desc(), ShiftRule.starts,
                  ShiftRule.id)
    ).all()  # fmt: skip


def changes_since(on: date) -> Sequence[ShiftChange]:
    """The changes by hand for a day and after it, soonest first; those taken back too."""
    return db.session.scalars(
        select(ShiftChange)
        .options(joinedload(ShiftChange.account), joinedload(ShiftChange.rule))
        .where(ShiftChange.on >= on)
        .order_by(ShiftChange.on, ShiftChange.id)
        .limit(100)
    ).all()


def change_of(rule: ShiftRule, on: date) -> ShiftChange | None:
    """What was done by hand to the shift of a rule on a day, if anything holds."""
    return db.session.scalar(
        select(ShiftChange).where(
            ShiftChange.rule_id == rule.id,
            ShiftChange.on == on,
            ShiftChange.taken_back_at.is_(None),
        )
    )


def operators() -> Sequence[Account]:
    """Every hotline operator who has access."""
    return db.session.scalars(
        select(Account)
        .where(Account.role == Role.OPERATOR, Account.deactivated_at.is_(None))
        .order_by(Account.id)
    ).all()


def notes() -> Select[Any]:
    """The hand-over notes, the newest first."""
    return (
        select(HandoverNote)
        .options(joinedload(HandoverNote.written_by), joinedload(HandoverNote.read_by))
        .order_by(HandoverNote.written_at.desc(), HandoverNote.id.desc())
    )


def unread_notes(*, since: datetime) -> Sequence[HandoverNote]:
    """The notes nobody has read yet, the oldest first."""
    return db.session.scalars(
        select(HandoverNote)
        .options(joinedload(HandoverNote.written_by))
        .where(HandoverNote.read_at.is_(None), HandoverNote.written_at >= since)
        .order_by(HandoverNote.written_at, HandoverNote.id)
        .limit(20)
    ).all()


def terms_on(on: date) -> ShiftTerms:
    """The terms that hold on a day. The first row came with the portal, so there is one."""
    with beyond_scope("the terms hold for everybody"):
        statement = select(ShiftTerms).order_by(ShiftTerms.from_on.desc(), ShiftTerms.id.desc())
        held = db.session.scalar(statement.where(ShiftTerms.from_on <= on).limit(1))
        return (
            held
            or db.session.scalars(
                select(ShiftTerms).order_by(ShiftTerms.from_on, ShiftTerms.id).limit(1)
            ).one()
        )


def all_terms() -> Sequence[ShiftTerms]:
    """Every set of terms, the newest first."""
    return db.session.scalars(
        select(ShiftTerms).order_by(ShiftTerms.from_on.desc(), ShiftTerms.id.desc())
    ).all()


# Alarms


def waiting_for(stage: AlarmStage, before: datetime, *, most: int = 200) -> Sequence[Intake]:
    """Intakes recorded before an instant that wait, and of which this stage was not told yet.

    To be told to who is on duty: nobody has taken it up. To the heads: it is not handed over,
    whoever has it.
    """
    told = select(IntakeAlarm.id).where(
        IntakeAlarm.intake_id == Intake.id, IntakeAlarm.stage == stage
    )
    statement = select(Intake).where(
        Intake.handed_over_at.is_(None), Intake.recorded_at <= before, ~told.exists()
    )
    if stage is AlarmStage.ON_DUTY:
        statement = statement.where(Intake.taken_up_at.is_(None))
    with beyond_scope("the clock looks at every intake"):
        return db.session.scalars(
            statement.order_by(Intake.recorded_at, Intake.id).limit(most)
        ).all()


def is_raised(intake: Intake, stage: AlarmStage) -> bool:
    """Whether a stage was told of an intake already."""
    return db.session.scalar(
        select(IntakeAlarm.id).where(
            IntakeAlarm.intake_id == intake.id, IntakeAlarm.stage == stage
        )
    ) is not None  # fmt: skip


def told_of(intakes: Iterable[Intake]) -> set[int]:
    """Those of some intakes that waited so long that somebody was told."""
    ids = [intake.id for intake in intakes]
    if not ids:
        return set()
    return set(
        db.session.scalars(select(IntakeAlarm.intake_id).where(IntakeAlarm.intake_id.in_(ids)))
    )


def alarms(*, most: int = 10) -> Sequence[IntakeAlarm]:
    """The newest alarms."""
    return db.session.scalars(
        select(IntakeAlarm)
        .options(joinedload(IntakeAlarm.intake))
        .order_by(IntakeAlarm.raised_at.desc(), IntakeAlarm.id.desc())
        .limit(most)
    ).all()


# Arrivals, and what they need


def hour_of(column: Any) -> ColumnElement[int]:
    """The hour of an instant, counted from 1970 in UTC, as both databases reckon it.

    Seoul is whole hours from UTC, so these are hours there too.
    """
    if db.engine.dialect.name == "sqlite":
        return cast(column, BigInteger).op("/")(3_600_000_000)
    return cast(func.floor(extract("epoch", column) / 3600), BigInteger)


class Plan(NamedTuple):
    """What came in in each hour of the week, and how many people it takes.

    Rows 0 to 6 are the weekdays from Monday on, row 7 is public holidays; 24 hours each.
    """

    first_on: date
    last_on: date
    days: tuple[int, ...]
    """How many days of each row the history holds."""
    arrivals: tuple[tuple[int, ...], ...]
    per_hour: tuple[tuple[Fraction, ...], ...]
    """What is planned with, on average an hour."""
    needed: tuple[tuple[int, ...], ...]
    is_as_sunday: bool
    holidays: frozenset[date]

    def row_of(self, on: date) -> int:
        """The row that holds for a day."""
        return HOLIDAY if on in self.holidays else on.weekday()

    def needed_at(self, at: datetime) -> int:
        """How many people an instant needs."""
        local = at.astimezone(SEOUL)
        return self.needed[self.row_of(local.date())][local.hour]

    @property
    def total(self) -> int:
        """How many intakes the history holds."""
        return sum(map(sum, self.arrivals))

    @property
    def per_day(self) -> Fraction:
        """How many came on a day, on average over the history."""
        return Fraction(self.total, max(sum(self.days), 1))


def first_arrival() -> datetime | None:
    """When the first intake came."""
    with beyond_scope("counted, not shown"):
        return db.session.scalar(select(func.min(Intake.received_at)))


def counted_by_hour(first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """How many intakes came in each hour between two instants; hours without any are left out."""
    hour = hour_of(Intake.received_at)
    with beyond_scope("counted, not shown"):
        rows = db.session.execute(
            select(hour.label("hour"), func.count())
            .where(Intake.received_at >= first, Intake.received_at < last)
            .group_by("hour")
            .order_by("hour")
        ).all()
    return [(datetime.fromtimestamp(int(row[0]) * 3600, SEOUL), row[1]) for row in rows]


def plan(terms: ShiftTerms, *, at: datetime) -> Plan:
    """The arrivals of the last twelve whole weeks, or since the first, and what they need.

    The mean of a cell is what came in it, over the days of its row. Days that are public holidays
    are counted in their own row and in no weekday's. `needed` is Erlang C; see `erlang.needed`.
    """
    today = local_date(at)
    begun = first_arrival()
    first_on = max(today - timedelta(days=HISTORY), local_date(begun) if begun else today)
    ahead = today + AHEAD + DAY
    off = frozenset(days_off(first_on - DAY, ahead))
    days = [0] * 8
    for n in range((today - first_on).days):
        on = first_on + timedelta(days=n)
        days[HOLIDAY if on in off else on.weekday()] += 1
    arrivals = [[0] * 24 for _row in range(8)]
    midnight = pattern.wall(today, pattern.time())
    for hour, count in counted_by_hour(pattern.wall(first_on, pattern.time()), midnight):
        row = HOLIDAY if hour.date() in off else hour.weekday()
        arrivals[row][hour.hour] += count
    is_as_sunday = days[HOLIDAY] < FEW_HOLIDAYS
    source = [*range(7), 6 if is_as_sunday else HOLIDAY]
    per_hour = tuple(
        tuple(Fraction(count, max(days[row], 1)) for count in arrivals[row]) for row in source
    )
    needed = tuple(
        tuple(
            erlang.needed(
                mean, handling_minutes=terms.handling_minutes, share_percent=terms.share_percent,
                within_seconds=terms.within_seconds,
                least=terms.least_on_holidays if row == HOLIDAY else terms.least,
            )
            for mean in means
        )
        for row, means in enumerate(per_hour)
    )  # fmt: skip
    return Plan(first_on, today - DAY, tuple(days), tuple(map(tuple, arrivals)), per_hour, needed,
                is_as_sunday, off)  # fmt: skip


def rostered(plan: Plan, *, at: datetime, ahead: timedelta = AHEAD) -> list[list[Fraction | None]]:
    """How many people are on in each hour of the week, on average over the coming weeks.

    None where the coming weeks hold no such day (mostly: no public holiday).
    """
    begin = pattern.wall(local_date(at) + DAY, pattern.time())
    last = begin + ahead
    people_hours = [[Fraction(0)] * 24 for _row in range(8)]
    hours = [[0] * 24 for _row in range(8)]
    for begins, ends, on in coverage.stretches(roster(begin, last), begin, last):
        local = begins.astimezone(SEOUL)
        row, part = plan.row_of(local.date()), Fraction((ends - begins).seconds, 3600)
        people_hours[row][local.hour] += on * part
        hours[row][local.hour] += part == 1 or begins.minute == 0
    return [
        [total / count if count else None for total, count in zip(totals, counts, strict=True)]
        for totals, counts in zip(people_hours, hours, strict=True)
    ]


def waiting_items() -> int:
    """Intakes that are not handed over yet, whoever asks."""
    with beyond_scope("counted, not shown"):
        return (
            db.session.scalar(select(func.count(Intake.id)).where(Intake.handed_over_at.is_(None)))
            or 0
        )
