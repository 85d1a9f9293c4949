"""Ten Korean working days, over weekends and public holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core.calendar import add_working_days, public_holidays
from portal.core.i18n import spoken
from portal.information_requests import queries
from portal.information_requests.counting import Day, Kind, counted
from portal.information_requests.service import deadline

SEOUL = ZoneInfo("Asia/Seoul")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("delivered", "due"),
    [
        # Two weeks without a holiday.
        ("2024-08-19T10:00", "2024-09-02"),
        # Friday before Chuseok: 16 to 18 September do not count, nor 1 October (a temporary
        # holiday) and 3 October. Counted are 19, 20, 23 to 27 and 30 September, 2 and 4 October.
        ("2024-09-13T10:00", "2024-10-04"),
        # The temporary holiday of 1 October 2024, then National Foundation and Hangeul day.
        ("2024-09-30T10:00", "2024-10-17"),
        # 3 October 2025, Chuseok with its substitute on the 8th, and the 9th: no day from 3 to 9
        # counts. Counted are 2, 10, 13 to 17 and 20 to 22 October.
        ("2025-10-01T10:00", "2025-10-22"),
        # Seollal 2026: 16 to 18 February. Counted are 10 to 13, 19, 20 and 23 to 26 February.
        ("2026-02-09T10:00", "2026-02-26"),
        # 1 March 2026 is a Sunday, so Monday the 2nd does not count.
        ("2026-02-20T10:00", "2026-03-09"),
        # Chuseok 2026: 24 and 25 September, and 5 October for the Saturday of Foundation day.
        # Counted are 21 to 23 and 28 to 30 September, 1, 2, 6 and 7 October.
        ("2026-09-18T10:00", "2026-10-07"),
        # Delivered on a Saturday, on a holiday: the period begins with the next working day.
        ("2024-09-14T10:00", "2024-10-04"),
        ("2024-09-17T23:59", "2024-10-04"),
        # Over the turn of a year: New Year's Day and the Seollal of January 2025 with 27 January.
        ("2024-12-31T10:00", "2025-01-15"),
        ("2025-01-24T10:00", "2025-02-13"),
    ],
)
def test_the_deadline_is_the_end_of_the_tenth_working_day(delivered: str, due: str) -> None:
    assert deadline(seoul(delivered)) == seoul(f"{due}T23:59:59")


def test_the_day_of_delivery_is_the_day_in_seoul() -> None:
    evening_in_dubai = datetime(2026, 3, 9, 20, 0, tzinfo=ZoneInfo("Asia/Dubai"))

    assert deadline(evening_in_dubai) == deadline(seoul("2026-03-10T01:00"))


def test_the_holidays_that_moved_a_deadline_are_named(file: Any) -> None:
    request = file(delivered_at=seoul("2024-09-13T10:00"))

    with spoken("ko"):
        days = [day for day in queries.counted(request, 10) if day.kind is Kind.PUBLIC]

    assert [day.on for day in days] == [
        date(2024, 9, 16), date(2024, 9, 17), date(2024, 9, 18), date(2024, 10, 1),
        date(2024, 10, 3),
    ]  # fmt: skip
    assert "추석" in days[1].name


def told(days: list[Day]) -> list[tuple[str, Kind, int | None]]:
    return [(f"{day.on:%m-%d}", day.kind, day.number) for day in days]


def test_friday_before_chuseok_2024_day_by_day() -> None:
    """The library knows the temporary holiday of 1 October 2024 (Armed Forces Day) by itself."""
    days = counted(date(2024, 9, 13), 10, public_holidays("KR", 2024), {})

    assert told(days) == [
        ("09-13", Kind.DELIVERED, None),
        ("09-14", Kind.WEEKEND, None), ("09-15", Kind.WEEKEND, None),
        ("09-16", Kind.PUBLIC, None), ("09-17", Kind.PUBLIC, None), ("09-18", Kind.PUBLIC, None),
        ("09-19", Kind.COUNTED, 1), ("09-20", Kind.COUNTED, 2),
        ("09-21", Kind.WEEKEND, None), ("09-22", Kind.WEEKEND, None),
        ("09-23", Kind.COUNTED, 3), ("09-24", Kind.COUNTED, 4), ("09-25", Kind.COUNTED, 5),
        ("09-26", Kind.COUNTED, 6), ("09-27", Kind.COUNTED, 7),
        ("09-28", Kind.WEEKEND, None), ("09-29", Kind.WEEKEND, None),
        ("09-30", Kind.COUNTED, 8), ("10-01", Kind.PUBLIC, None), ("10-02", Kind.COUNTED, 9),
        ("10-03", Kind.PUBLIC, None), ("10-04", Kind.COUNTED, 10),
    ]  # fmt: skip
    assert {day.on: day.name for day in days}[date(2024, 10, 1)] == "Armed Forces Day"


def test_without_the_temporary_holiday_it_would_end_a_working_day_earlier() -> None:
    public = public_holidays("KR", 2024)
    known = {on: name for on, name in public.items() if on != date(2024, 10, 1)}

    assert counted(date(2024, 9, 13), 10, known, {})[-1].on == date(2024, 10, 2)
    # The same day of our own table gives the same deadline, and says whose day it is.
    own = counted(date(2024, 9, 13), 10, known, {date(2024, 10, 1): "Temporary holiday"})
    assert own[-1].on == date(2024, 10, 4)
    assert own[18] == Day(date(2024, 10, 1), Kind.OWN, None, "Temporary holiday")


@pytest.mark.parametrize("start", [date(2024, 9, 13), date(2024, 12, 31), date(2025, 10, 1)])
def test_the_table_ends_where_the_deadline_does(start: date) -> None:
    public = public_holidays("KR", start.year) | public_holidays("KR", start.year + 1)
    for later in range(40):
        on = start + timedelta(days=later)
        assert counted(on, 10, public, {})[-1].on == add_working_days(on, 10)
