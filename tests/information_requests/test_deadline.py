"""Ten Korean working days, over weekends and public holidays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.core.i18n import spoken
from portal.information_requests import queries
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
        days = queries.days_off(request)

    assert [day for day, _name in days] == [
        date(2024, 9, 16), date(2024, 9, 17), date(2024, 9, 18), date(2024, 10, 1),
        date(2024, 10, 3),
    ]  # fmt: skip
    assert "추석" in days[1][1]
