"""What is awkward about a time is named in words, for each place that matters."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.consultations.awkward import awkward
from portal.core.i18n import spoken


def said(companies, wall, *, slug="telegram", zone="Asia/Seoul", country="KR", minutes=120):
    begins = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    ends = begins + timedelta(minutes=minutes)
    with spoken("en"):
        return awkward(companies[slug], starts_at=begins, ends_at=ends, zone=zone, country=country)


def test_a_working_day_that_suits_both(companies):
    assert said(companies, "2026-03-12T14:00") == []


def test_a_korean_holiday_and_the_day_that_stands_in_for_it(companies):
    assert said(companies, "2026-05-05T14:00") == [
        "Tue 5 May 2026 is a public holiday in South Korea: Children's Day."
    ]
    substitute = said(companies, "2026-03-02T14:00")  # 1 March 2026 is a Sunday
    assert len(substitute) == 1
    assert "public holiday in South Korea" in substitute[0]


def test_a_holiday_of_the_other_side(companies):
    sentences = said(companies, "2026-07-03T10:00", slug="x")  # the evening before, over there

    assert "For X it lasts from 18:00 to 20:00: unsocial hours." in sentences
    assert any(
        "public holiday in United Arab Emirates" in s for s in said(companies, "2026-12-02T14:00")
    )


def test_a_weekend_on_either_clock(companies):
    assert said(companies, "2026-03-14T14:00") == [
        "Sat 14 Mar 2026 is a weekend day for Korea.",
        "Sat 14 Mar 2026 is a weekend day for Telegram.",
    ]
    # Monday morning in Seoul is still Sunday in California.
    monday = said(companies, "2026-03-16T10:00", slug="x")
    assert "Sun 15 Mar 2026 is a weekend day for X." in monday
    assert not any("Korea" in sentence for sentence in monday)


def test_unsocial_hours_at_either_end(companies):
    assert said(companies, "2026-03-12T11:00", minutes=60) == [
        "For Telegram it lasts from 06:00 to 07:00: unsocial hours."
    ]
    assert any("unsocial" in s for s in said(companies, "2026-03-12T18:00"))
    assert any("unsocial" in s for s in said(companies, "2026-03-12T23:30"))


def test_a_third_country_counts_too(companies):
    sentences = said(companies, "2026-08-10T14:00", zone="Asia/Singapore", country="SG")

    assert any("public holiday in Singapore" in sentence for sentence in sentences)


def test_a_country_without_a_calendar_is_no_obstacle(companies):
    assert said(companies, "2026-03-12T14:00", country="ZZ") == []


@pytest.mark.parametrize("wall", ["2026-05-05T14:00", "2026-03-14T09:00"])
def test_the_hints_are_korean_for_korean_readers(companies, wall):
    begins = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo("Asia/Seoul"))
    with spoken("ko"):
        sentences = awkward(
            companies["telegram"], starts_at=begins, ends_at=begins + timedelta(hours=2),
            zone="Asia/Seoul", country="KR",
        )  # fmt: skip

    assert sentences
    assert all(sentence.endswith(("니다.", "니다).", ").")) for sentence in sentences)
    assert not any("weekend" in sentence or "hours" in sentence for sentence in sentences)
