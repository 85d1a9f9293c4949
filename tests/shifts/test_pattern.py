"""From rules and changes to shifts: nights, weeks, holidays, changes by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.shifts import pattern
from portal.shifts.models import ChangeKind, OnHolidays, ShiftChange, ShiftRule
from tests.shifts.conftest import seoul

FIRST, LAST = seoul("2026-03-02T00:00"), seoul("2026-03-09T00:00")


def rule(**given: Any) -> ShiftRule:
    values: dict[str, Any] = {
        "id": 1, "account_id": 7, "weekdays": "0123456", "starts": "22:00", "ends": "06:00",
        "every": 1, "from_on": date(2026, 3, 2), "until_on": None,
        "on_holidays": OnHolidays.AS_USUAL,
    } | given  # fmt: skip
    return ShiftRule(**values)


def begun(*rules: ShiftRule, changes: Any = (), holidays: Any = ()) -> list[str]:
    made = pattern.roster(rules, changes, FIRST, LAST, holidays)
    return [f"{s.on} {s.account_id}" for s in made]


def test_a_night_ends_on_the_next_day_in_utc_and_in_seoul() -> None:
    [night] = pattern.roster([rule(weekdays="1")], [], FIRST, LAST, [])

    assert (night.starts_at, night.ends_at) == (
        datetime(2026, 3, 3, 13, tzinfo=UTC), datetime(2026, 3, 3, 21, tzinfo=UTC),
    )  # fmt: skip
    assert night.on == date(2026, 3, 3)
    assert night.is_night
    assert night.covers(seoul("2026-03-04T00:30"))
    assert not night.covers(seoul("2026-03-04T06:00"))


def test_the_night_that_began_before_the_period_reaches_into_it() -> None:
    made = pattern.roster([rule(weekdays="6", from_on=date(2026, 2, 1))], [], FIRST, LAST, [])

    assert [str(shift.on) for shift in made] == ["2026-03-01", "2026-03-08"]


@pytest.mark.parametrize(
    ("starts", "ends", "hours"), [("09:00", "18:00", 9), ("22:00", "06:00", 8), ("08:00", "08:00", 24), ("18:00", "00:00", 6)],
)  # fmt: skip
def test_a_shift_that_ends_at_or_before_its_hour_ends_on_the_next_day(
    starts: str, ends: str, hours: int
) -> None:
    begins, until = pattern.span(date(2026, 3, 2), starts, ends)

    assert (until - begins).total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("starts", "ends", "is_night"),
    [("22:00", "06:00", True), ("06:00", "14:00", False), ("17:00", "01:00", True), ("16:00", "00:59", False),
     ("03:00", "11:00", True), ("03:01", "11:00", False)],
)  # fmt: skip
def test_a_night_has_three_hours_between_ten_and_six(
    starts: str, ends: str, is_night: bool
) -> None:
    shift = pattern.Shift(*pattern.span(date(2026, 3, 2), starts, ends), 1)

    assert shift.is_night is is_night


def test_every_second_week_is_counted_from_the_week_of_the_first_day() -> None:
    wednesday = rule(weekdays="02", every=2, from_on=date(2026, 2, 18))

    assert list(pattern.days(wednesday, date(2026, 2, 1), date(2026, 3, 20), [])) == [
        date(2026, 2, 18), date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 16), date(2026, 3, 18),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("on_holidays", "expected"),
    [
        (OnHolidays.AS_USUAL, ["2026-03-02 7", "2026-03-03 7"]),
        (OnHolidays.NOT, ["2026-03-03 7"]),
        (OnHolidays.ONLY, ["2026-03-02 7"]),
    ],
)
def test_a_public_holiday_has_its_own_rule(on_holidays: OnHolidays, expected: list[str]) -> None:
    # 2 March 2026 is the substitute holiday of 1 March, a Sunday.
    assert (
        begun(rule(weekdays="01", on_holidays=on_holidays), holidays=[date(2026, 3, 2)]) == expected
    )


def test_first_and_last_day_are_days_on_which_a_shift_begins() -> None:
    made = begun(rule(from_on=date(2026, 3, 4), until_on=date(2026, 3, 5)))

    assert made == ["2026-03-04 7", "2026-03-05 7"]
    assert begun(rule(from_on=date(2026, 3, 4), until_on=date(2026, 3, 3))) == []


def test_changes_by_hand_replace_drop_and_add_one_shift() -> None:
    changes = [
        ShiftChange(id=1, kind=ChangeKind.REPLACED, rule_id=1, on=date(2026, 3, 2), account_id=8),
        ShiftChange(id=2, kind=ChangeKind.DROPPED, rule_id=1, on=date(2026, 3, 3)),
        ShiftChange(
            id=3, kind=ChangeKind.ADDED, on=date(2026, 3, 4), account_id=9,
            starts_at=seoul("2026-03-04T09:00"), ends_at=seoul("2026-03-04T12:00"),
        ),
    ]  # fmt: skip

    assert begun(rule(weekdays="012"), changes=changes) == [
        "2026-03-02 8", "2026-03-04 9", "2026-03-04 7",
    ]  # fmt: skip
