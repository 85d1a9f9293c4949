"""Local time and Korean working days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.core.calendar import (
    add_working_days,
    instant,
    month_of,
    next_month,
    parse_instant,
)
from portal.core.db import UTCDateTime
from portal.core.errors import FieldError
from portal.core.figures import percent, rounded


def test_ten_working_days_skip_chuseok() -> None:
    # Friday 13 September 2024. 16 to 18 September are Chuseok, 1 October a temporary holiday and
    # 3 October the National Foundation Day: 19, 20, 23, 24, 25, 26, 27, 30 September, 2, 4 October.
    assert add_working_days(date(2024, 9, 13), 10) == date(2024, 10, 4)


@pytest.mark.parametrize(
    ("wall", "zone"),
    [
        (datetime(2026, 3, 8, 2, 30), "America/Los_Angeles"),  # skipped
        (datetime(2026, 11, 1, 1, 30), "America/Los_Angeles"),  # comes twice
    ],
)
def test_a_clock_change_is_refused_at_the_field(wall: datetime, zone: str) -> None:
    with pytest.raises(FieldError) as refusal:
        instant(wall, zone, field="starts")

    assert refusal.value.field == "starts"
    assert zone in refusal.value.sentence


def test_an_instant_in_seoul() -> None:
    assert instant(datetime(2026, 3, 2, 9, 0), "Asia/Seoul", field="x") == datetime(
        2026, 3, 2, 0, 0, tzinfo=UTC
    )


def test_months_are_cut_in_seoul() -> None:
    assert month_of(datetime(2026, 2, 28, 15, 0, tzinfo=UTC)) == "2026-03"
    assert month_of(datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC)) == "2026-02"
    assert next_month("2025-12") == "2026-01"
    assert next_month("2026-01", -2) == "2025-11"


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01T09:00:00"])
def test_an_instant_without_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-03-01T09:00:00\+09:00"):
        parse_instant(text)


def test_a_naive_time_is_never_stored() -> None:
    with pytest.raises(ValueError, match="naive"):
        UTCDateTime().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]


def test_rounding_is_half_up() -> None:
    assert str(rounded(0.25)) == "0.3"
    assert str(rounded(2.675, 2)) == "2.68"
    assert percent(2, 3) == "66.7%"
    assert percent(0, 0) == "–"
