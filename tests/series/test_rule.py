"""The days of a rule, against the calendar and against RFC 5545."""

from __future__ import annotations

from datetime import date

import pytest

from portal.core.i18n import spoken
from portal.series.rule import Rule, ShortMonth, Unit

LAST_THURSDAY = Rule(Unit.WEEKDAY_OF_MONTH, 1, 3, -1, 1, ShortMonth.LAST_DAY)


def by_day(day: int, short: ShortMonth, every: int = 1) -> Rule:
    return Rule(Unit.DAY_OF_MONTH, every, 0, 1, day, short)


@pytest.mark.parametrize(
    ("rule", "first_on", "days"),
    [
        (LAST_THURSDAY, date(2026, 9, 1), ["2026-09-24", "2026-10-29", "2026-11-26", "2026-12-31"]),
        (by_day(31, ShortMonth.LAST_DAY), date(2026, 9, 1),
         ["2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"]),
        (by_day(31, ShortMonth.LEFT_OUT), date(2026, 9, 1), ["2026-10-31", "2026-12-31"]),
        (by_day(15, ShortMonth.LAST_DAY, every=3), date(2026, 9, 1), ["2026-09-15", "2026-12-15"]),
        (Rule(Unit.WEEK, 2, 0, 1, 1, ShortMonth.LAST_DAY), date(2026, 11, 25),
         ["2026-12-07", "2026-12-21"]),
        (Rule(Unit.DAY, 10, 0, 1, 1, ShortMonth.LAST_DAY), date(2026, 12, 11),
         ["2026-12-11", "2026-12-21", "2026-12-31"]),
    ],
)  # fmt: skip
def test_the_days_of_a_rule(rule: Rule, first_on: date, days: list[str]) -> None:
    assert [str(day) for day in rule.days(first_on, until=date(2026, 12, 31))] == days


def test_day_29_in_february_is_the_last_day_or_left_out() -> None:
    last = by_day(29, ShortMonth.LAST_DAY).days(date(2027, 2, 1), until=date(2027, 3, 31))
    out = by_day(29, ShortMonth.LEFT_OUT).days(date(2027, 2, 1), until=date(2027, 3, 31))

    assert last == [date(2027, 2, 28), date(2027, 3, 29)]
    assert out == [date(2027, 3, 29)]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_no_month_is_lost_silently(day: int, every: int) -> None:
    first, until = date(2026, 9, 1), date(2030, 8, 31)
    rule = by_day(day, ShortMonth.LEFT_OUT, every)
    found = {f"{one:%Y-%m}" for one in rule.days(first, until=until)}
    named = {month for month, _instead in rule.short_months(first, until=until)}
    months = range(0, 48, every)

    assert len(found) + len(named) == len(months)
    assert not found & named
    instead = by_day(day, ShortMonth.LAST_DAY, every)
    assert len(instead.days(first, until=until)) == len(months)
    assert {month for month, _on in instead.short_months(first, until=until)} == named


def test_a_rule_is_said_in_both_languages() -> None:
    with spoken("ko"):
        assert LAST_THURSDAY.in_words() == "매월 마지막 목요일"
    with spoken("en"):
        assert LAST_THURSDAY.in_words() == "every month on the last Thursday"
        assert by_day(31, ShortMonth.LEFT_OUT).in_words().endswith("shorter months are left out")
