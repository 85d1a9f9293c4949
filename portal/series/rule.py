"""The days of a rule, in the terms of RFC 5545 (3.3.10), and the rule in words."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from babel.dates import get_day_names
from dateutil.rrule import rrulestr

from portal.core import i18n
from portal.core.i18n import gettext as _

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SHORTEST_MONTH = 28


class Unit(StrEnum):
    """What a rule counts."""

    DAY = "by_day"
    WEEK = "by_week"
    WEEKDAY_OF_MONTH = "by_weekday_of_month"
    DAY_OF_MONTH = "by_day_of_month"


class ShortMonth(StrEnum):
    """What becomes of day 29, 30 or 31 in a month that lacks it."""

    LAST_DAY = "on_its_last_day"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which days: every so many days, weeks or months, on which of them."""

    unit: Unit
    every: int
    weekday: int
    position: int
    day: int
    short_month: ShortMonth

    def as_rrule(self) -> str:
        """The rule as an RRULE (RFC 5545, 3.8.5.3). Months that lack the day are left out by RFC
        5545; the last day instead is the last that there is of the days 28 up to it."""
        frequency = {Unit.DAY: "DAILY", Unit.WEEK: "WEEKLY"}.get(self.unit, "MONTHLY")
        parts = [f"FREQ={frequency}", f"INTERVAL={self.every}"]
        if self.unit is Unit.WEEK:
            parts.append(f"BYDAY={WEEKDAYS[self.weekday]}")
        elif self.unit is Unit.WEEKDAY_OF_MONTH:
            parts.append(f"BYDAY={self.position}{WEEKDAYS[self.weekday]}")
        elif self.unit is Unit.DAY_OF_MONTH:
            if self.day > SHORTEST_MONTH and self.short_month is ShortMonth.LAST_DAY:
                days = ",".join(str(day) for day in range(SHORTEST_MONTH, self.day + 1))
                parts += [f"BYMONTHDAY={days}", "BYSETPOS=-1"]
            else:
                parts.append(f"BYMONTHDAY={self.day}")
        return ";".join(parts)

    def days(self, first_on: date, *, until: date) -> list[date]:
        """The days of the rule from its first day up to `until`, both included."""
        if until < first_on:
            return []
        # Months and weeks are counted from the first day's: an interval needs a beginning.
        rule = rrulestr(self.as_rrule(), dtstart=datetime.combine(first_on, datetime.min.time()))
        last = datetime.combine(until, datetime.min.time())
        found = rule.between(datetime.combine(first_on, datetime.min.time()), last, inc=True)
        return [one.date() for one in found]

    def short_months(self, first_on: date, *, until: date) -> list[tuple[str, date | None]]:
        """The months up to `until` that lack the day: ('2027-02', the day instead, or None)."""
        if self.unit is not Unit.DAY_OF_MONTH or self.day <= SHORTEST_MONTH:
            return []
        found: list[tuple[str, date | None]] = []
        year, month, counted = first_on.year, first_on.month, 0
        while date(year, month, 1) <= until:
            last = calendar.monthrange(year, month)[1]
            if counted % self.every == 0 and last < self.day:
                instead = (
                    date(year, month, last) if self.short_month is ShortMonth.LAST_DAY else None
                )
                found.append((f"{year:04d}-{month:02d}", instead))
            counted += 1
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return found

    def in_words(self) -> str:
        """The rule as a sentence in the reader's language."""
        weekday = get_day_names("wide", locale=i18n.language())[self.weekday]
        if self.unit is Unit.DAY:
            return _("every day") if self.every == 1 else _("every %(n)s days", n=self.every)
        if self.unit is Unit.WEEK:
            if self.every == 1:
                return _("every week on %(weekday)s", weekday=weekday)
            return _("every %(n)s weeks on %(weekday)s", n=self.every, weekday=weekday)
        if self.unit is Unit.WEEKDAY_OF_MONTH:
            position = position_word(self.position)
            if self.every == 1:
                return _("every month on the %(position)s %(weekday)s", position=position,
                         weekday=weekday)  # fmt: skip
            return _("every %(n)s months on the %(position)s %(weekday)s", n=self.every,
                     position=position, weekday=weekday)  # fmt: skip
        words = (
            _("every month on day %(day)s", day=self.day)
            if self.every == 1
            else _("every %(n)s months on day %(day)s", n=self.every, day=self.day)
        )
        if self.day <= SHORTEST_MONTH:
            return words
        if self.short_month is ShortMonth.LAST_DAY:
            return _("%(rule)s, in shorter months on the last day", rule=words)
        return _("%(rule)s, shorter months are left out", rule=words)


def position_word(position: int) -> str:
    """Which of the month's weekdays, in the reader's language."""
    return {1: _("first"), 2: _("second"), 3: _("third"), 4: _("fourth")}.get(position, _("last"))
