"""From rules and changes to shifts: pure, and on the wall clock of Seoul."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.core.clock import SEOUL, local_date
from portal.shifts.models import ChangeKind, OnHolidays, ShiftChange, ShiftRule

DAY = timedelta(days=1)
NIGHT = (time(22), time(6))
"""Night work is work between 22:00 and 06:00: Labour Standards Act (근로기준법), art. 56(3)."""
NIGHT_AT_LEAST = timedelta(hours=3)
"""A shift is a night when three of its hours are night work: Directive 2003/88/EC, art. 2(4)(a)."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of duty. `account_id` is None where nobody was named yet."""

    starts_at: datetime
    ends_at: datetime
    account_id: int | None
    rule_id: int | None = None
    change_id: int | None = None
    kind: ChangeKind | None = None

    @property
    def on(self) -> date:
        """The day on which it begins, in Seoul."""
        return local_date(self.starts_at)

    def covers(self, at: datetime) -> bool:
        """Whether an instant lies in it. Its end belongs to the next shift."""
        return self.starts_at <= at < self.ends_at

    def overlaps(self, first: datetime, last: datetime) -> bool:
        """Whether any of it lies between two instants."""
        return self.starts_at < last and self.ends_at > first

    @property
    def is_night(self) -> bool:
        """Whether at least three of its hours lie between 22:00 and 06:00 in Seoul."""
        worked = timedelta(0)
        for on in (self.on - DAY, self.on, self.on + DAY):
            begins, ends = wall(on, NIGHT[0]), wall(on + DAY, NIGHT[1])
            worked += max(min(self.ends_at, ends) - max(self.starts_at, begins), timedelta(0))
        return worked >= NIGHT_AT_LEAST


def wall(on: date, clock: time) -> datetime:
    """The UTC instant of a day and an hour in Seoul."""
    return datetime.combine(on, clock, SEOUL).astimezone(UTC)


def span(on: date, starts: str, ends: str) -> tuple[datetime, datetime]:
    """Begin and end of a shift that begins on a day: 22:00 to 06:00 ends on the next."""
    first, last = time.fromisoformat(starts), time.fromisoformat(ends)
    return wall(on, first), wall(on + DAY if last <= first else on, last)


def days(rule: ShiftRule, first: date, last: date, holidays: Collection[date]) -> Iterator[date]:
    """The days from `first` to `last`, both included, on which a shift of the rule begins."""
    monday = rule.from_on - timedelta(days=rule.from_on.weekday())
    on = max(first, rule.from_on)
    last = last if rule.until_on is None else min(last, rule.until_on)
    while on <= last:
        is_its_week = (on - monday).days // 7 % rule.every == 0
        is_holiday = on in holidays
        if (
            is_its_week
            and str(on.weekday()) in rule.weekdays
            and not (rule.on_holidays is OnHolidays.NOT and is_holiday)
            and not (rule.on_holidays is OnHolidays.ONLY and not is_holiday)
        ):
            yield on
        on += DAY


def roster(
    rules: Iterable[ShiftRule],
    changes: Iterable[ShiftChange],
    first: datetime,
    last: datetime,
    holidays: Collection[date],
) -> list[Shift]:
    """Every shift of which some part lies between two instants, by begin and person.

    `changes` are those that were not taken back. A shift of a rule that was dropped by hand is not
    among them; one that was replaced is the other person's.
    """
    made, by_hand = [], {}
    for change in changes:
        if change.kind is not ChangeKind.ADDED:
            by_hand[change.rule_id, change.on] = change
        elif change.starts_at is not None and change.ends_at is not None:
            made.append(
                Shift(change.starts_at, change.ends_at, change.account_id, None, change.id,
                      change.kind)
            )  # fmt: skip
    for rule in rules:
        # A shift lasts a day at most: one that began the day before may reach into the period.
        for on in days(rule, local_date(first) - DAY, local_date(last), holidays):
            starts_at, ends_at = span(on, rule.starts, rule.ends)
            hand = by_hand.get((rule.id, on))
            if hand is None:
                made.append(Shift(starts_at, ends_at, rule.account_id, rule.id))
            elif hand.kind is ChangeKind.REPLACED:
                made.append(Shift(starts_at, ends_at, hand.account_id, rule.id, hand.id, hand.kind))
    kept = (shift for shift in made if shift.overlaps(first, last))
    return sorted(kept, key=lambda s: (s.starts_at, s.ends_at, s.account_id or 0, s.rule_id or 0))
