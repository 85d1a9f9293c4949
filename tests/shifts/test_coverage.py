"""Gaps, too few people, double bookings, rest and nights."""

from __future__ import annotations

from portal.shifts import coverage
from portal.shifts.coverage import Problem
from portal.shifts.models import ProblemKind as K
from portal.shifts.pattern import Shift
from tests.shifts.conftest import seoul

FIRST, LAST = seoul("2026-03-02T00:00"), seoul("2026-03-03T00:00")


def shift(begins: str, ends: str, person: int | None = 1) -> Shift:
    return Shift(seoul(begins), seoul(ends), person)


def day(begins: int, ends: int, person: int | None = 1) -> Shift:
    last = "2026-03-03T00:00" if ends == 24 else f"2026-03-02T{ends:02d}:00"
    return shift(f"2026-03-02T{begins:02d}:00", last, person)


def test_a_roster_without_a_hole_has_no_gap() -> None:
    assert coverage.uncovered([day(0, 8), day(8, 16, 2), day(16, 24, 3)], FIRST, LAST) == []


def test_a_gap_is_named_to_the_minute_and_over_the_hours_as_one() -> None:
    shifts = [shift("2026-03-01T22:00", "2026-03-02T06:30"), day(9, 24, 2)]

    assert coverage.uncovered(shifts, FIRST, LAST) == [
        Problem(K.GAP, seoul("2026-03-02T06:30"), seoul("2026-03-02T09:00"), needed=1)
    ]


def test_no_shift_at_all_is_one_gap() -> None:
    assert coverage.uncovered([], FIRST, LAST) == [Problem(K.GAP, FIRST, LAST, needed=1)]


def test_a_shift_of_nobody_covers_nothing_and_is_named() -> None:
    empty = day(0, 24, None)

    assert [p.kind for p in coverage.uncovered([empty], FIRST, LAST)] == [K.GAP]
    assert coverage.vacant([empty, day(0, 24)]) == [Problem(K.VACANT, FIRST, LAST, shift=empty)]


def test_too_few_people_are_named_with_the_worst_hour() -> None:
    shifts = [day(0, 24), day(8, 16, 2)]

    def needed(at: object) -> int:
        return 3 if seoul("2026-03-02T10:00") <= at < seoul("2026-03-02T12:00") else 2  # type: ignore[operator]

    assert coverage.uncovered(shifts, FIRST, LAST, needed) == [
        Problem(K.SHORT, FIRST, seoul("2026-03-02T08:00"), on=1, needed=2),
        Problem(K.SHORT, seoul("2026-03-02T10:00"), seoul("2026-03-02T12:00"), on=2, needed=3),
        Problem(K.SHORT, seoul("2026-03-02T16:00"), LAST, on=1, needed=2),
    ]


def test_somebody_with_two_shifts_at_once_is_one_person_and_named() -> None:
    first, second = day(0, 24), day(10, 14)

    found = coverage.doubles([second, first, day(10, 14, 2)])

    assert found == [
        Problem(K.DOUBLE, seoul("2026-03-02T10:00"), seoul("2026-03-02T14:00"), (1,), shift=second)
    ]
    assert {on for _b, _e, on in coverage.stretches([first, second], FIRST, LAST)} == {1}


def test_one_shift_after_another_is_no_double_booking() -> None:
    assert coverage.doubles([day(0, 8), day(8, 16)]) == []


def test_a_long_shift_clashes_with_every_shift_in_it() -> None:
    found = coverage.doubles([day(0, 24), day(1, 2), day(3, 4)])

    assert [(p.starts_at, p.ends_at) for p in found] == [
        (seoul("2026-03-02T01:00"), seoul("2026-03-02T02:00")),
        (seoul("2026-03-02T03:00"), seoul("2026-03-02T04:00")),
    ]


def test_after_a_night_eleven_hours_are_due_and_ten_are_named() -> None:
    night = shift("2026-03-01T22:00", "2026-03-02T06:00")
    early, right = day(16, 22), day(17, 22)

    assert coverage.tired([night, right], rest_hours=11, most_nights=3) == []
    assert coverage.tired([night, early], rest_hours=11, most_nights=3) == [
        Problem(K.REST, early.starts_at, early.ends_at, (1,), 10, 11, early)
    ]
    # After a day no rest is asked for, and another person is not this one.
    assert coverage.tired([day(0, 1), day(2, 3)], rest_hours=11, most_nights=3) == []
    assert coverage.tired([night, day(16, 22, 2)], rest_hours=11, most_nights=3) == []


def test_the_fourth_night_in_a_row_is_named_and_the_third_is_not() -> None:
    nights = [shift(f"2026-03-0{n}T22:00", f"2026-03-0{n + 1}T06:00") for n in range(1, 8)]
    apart = [nights[0], nights[1], nights[2], nights[4], nights[5], nights[6]]

    assert coverage.tired(apart, rest_hours=11, most_nights=3) == []
    assert coverage.tired(nights[:4], rest_hours=11, most_nights=3) == [
        Problem(K.NIGHTS, nights[0].starts_at, nights[3].ends_at, (1,), 4, 3, nights[3])
    ]


def test_problems_stand_in_order_and_only_those_of_the_period() -> None:
    before = Problem(K.GAP, seoul("2026-02-28T00:00"), FIRST)
    gap = Problem(K.GAP, FIRST, LAST)
    double = Problem(K.DOUBLE, FIRST, LAST, (1,))

    assert coverage.in_order([double, before, gap], FIRST, LAST) == [gap, double]
