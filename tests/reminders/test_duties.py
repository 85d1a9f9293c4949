"""When each person is told of what: their own working days, their own clock, never in the night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.consultations.duties import (
    STANDARD,
    DutyKind,
    Rule,
    Whom,
    WorkingDays,
    agenda_cut_off,
    is_time,
    moment,
)

SEOUL, LOS_ANGELES, DUBLIN = (
    ZoneInfo("Asia/Seoul"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Dublin"),
)  # fmt: skip
K = DutyKind


def planned(wall: str, zone: str = "Asia/Seoul", country: str = "US") -> Any:
    """A consultation as far as the days before it hang on it."""
    starts_at = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return SimpleNamespace(
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), held_at=None, zone=zone,
        company=SimpleNamespace(country=country), company_id=1,
    )  # fmt: skip


def told(kind: DutyKind, consultation: Any, country: str, zone: ZoneInfo, **more: Any) -> Any:
    return moment(
        STANDARD[kind], consultation, country=country, zone=zone, days=WorkingDays(), **more
    )


def on(when: datetime, zone: ZoneInfo) -> str:
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("country", "zone", "first", "last"),
    [
        # Thursday 09:00 in Seoul is Wednesday 16:00 in Los Angeles, and midnight in Dublin.
        ("KR", SEOUL, "2026-11-17 09:00", "2026-11-25 09:00"),
        ("US", LOS_ANGELES, "2026-11-16 09:00", "2026-11-24 09:00"),
        ("IE", DUBLIN, "2026-11-17 09:00", "2026-11-25 09:00"),
    ],
)
def test_reminders_count_in_the_working_days_of_each(country, zone, first, last):
    consultation = planned("2026-11-26T09:00")

    assert on(told(K.FIRST_REMINDER, consultation, country, zone).send_at, zone) == first
    assert on(told(K.LAST_REMINDER, consultation, country, zone).send_at, zone) == last


def test_holidays_of_the_recipient_push_a_reminder_forward_in_time():
    after_chuseok = planned("2026-09-29T10:00")  # Chuseok: 24 to 26 September, Thursday to Saturday

    korean = told(K.LAST_REMINDER, planned("2026-09-28T10:00"), "KR", SEOUL)
    american = told(K.LAST_REMINDER, planned("2026-09-28T10:00"), "US", SEOUL)

    assert on(korean.send_at, SEOUL) == "2026-09-23 09:00"
    assert on(american.send_at, SEOUL) == "2026-09-25 09:00"
    assert on(told(K.LAST_REMINDER, after_chuseok, "KR", SEOUL).send_at, SEOUL) == "2026-09-28 09:00"  # fmt: skip


def test_a_deadline_is_the_end_of_a_day_and_its_reminder_goes_out_before():
    found = told(K.RESPOND_BY, planned("2026-03-26T10:00"), "KR", SEOUL)

    assert on(found.deadline, SEOUL) == "2026-03-19 23:59"
    assert on(found.send_at, SEOUL) == "2026-03-16 09:00"
    assert found.until == found.deadline


def test_the_cut_off_is_one_instant_for_both_sides():
    # 26 November is Thanksgiving, which counts for neither side when it is the company's.
    consultation = planned("2026-12-02T10:00")
    cut_off = agenda_cut_off(consultation, STANDARD[K.AGENDA_CUT_OFF], WorkingDays())

    assert on(cut_off, SEOUL) == "2026-11-24 23:59"
    for country, zone in (("KR", SEOUL), ("US", LOS_ANGELES)):
        assert told(K.AGENDA_CUT_OFF, consultation, country, zone).deadline == cut_off


def test_a_rule_that_is_off_says_nothing():
    off = Rule(K.LAST_REMINDER, 1, 0, Whom.BOTH, is_active=False)

    assert moment(off, planned("2026-03-26T10:00"), country="KR", zone=SEOUL, days=WorkingDays()) is None  # fmt: skip


@pytest.mark.parametrize(
    ("wall", "is_said"),
    [
        ("2026-03-17T08:59", False),  # not yet
        ("2026-03-17T09:00", True),
        ("2026-03-17T18:59", True),
        ("2026-03-17T19:00", False),  # the evening
        ("2026-03-18T07:59", False),  # the night
        ("2026-03-18T08:00", True),  # late, the next morning
        ("2026-03-20T18:00", True),  # late by three working days of seven
        ("2026-03-21T10:00", False),  # of no use any more
    ],
)
def test_the_week_before_is_said_by_day_late_if_need_be_but_not_for_ever(wall, is_said):
    found = told(K.FIRST_REMINDER, planned("2026-03-26T10:00"), "KR", SEOUL)
    at = datetime.fromisoformat(wall).replace(tzinfo=SEOUL)

    assert is_time(found, at=at, country="KR", zone=SEOUL, days=WorkingDays()) is is_said


@pytest.mark.parametrize(
    ("wall", "is_said"),
    [
        ("2026-03-28T10:00", False),  # Saturday: Monday morning is early enough
        ("2026-03-30T08:00", True),
        ("2026-03-30T13:59", True),
        ("2026-03-30T14:00", False),  # it has begun
    ],
)
def test_what_is_late_waits_for_the_next_working_day(wall, is_said):
    found = told(K.LAST_REMINDER, planned("2026-03-30T14:00"), "KR", SEOUL)
    at = datetime.fromisoformat(wall).replace(tzinfo=SEOUL)

    assert is_time(found, at=at, country="KR", zone=SEOUL, days=WorkingDays()) is is_said


def test_what_cannot_wait_for_a_working_day_is_said_on_any():
    found = told(K.LAST_REMINDER, planned("2026-03-30T07:00"), "KR", SEOUL)
    saturday = datetime(2026, 3, 28, 10, 0, tzinfo=SEOUL)

    assert is_time(found, at=saturday, country="KR", zone=SEOUL, days=WorkingDays())


def test_working_days_step_over_new_year():
    days = WorkingDays()

    assert days.back(date(2026, 1, 2), 1, "KR") == date(2025, 12, 31)
    assert days.back(date(2026, 1, 1), 0, "KR") == date(2025, 12, 31)
    assert days.on(date(2025, 12, 31), 1, "KR", "US") == date(2026, 1, 2)
    assert days.back(date(2026, 3, 10), 1, "ZZ") == date(2026, 3, 9)
