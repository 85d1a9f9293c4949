"""What is said of times and names: ranges, and the Korean particles that follow a word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.core import i18n

AT_17 = datetime(2026, 12, 10, 8, 0, tzinfo=UTC)
AT_22 = datetime(2026, 12, 10, 13, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 10, 15, 0, tzinfo=UTC)
AT_6 = datetime(2026, 12, 10, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "ends_at", "said"),
    [
        ("en", AT_22, "Thu 10 Dec 2026, 17:00–22:00"),
        ("ko", AT_22, "2026년 12월 10일 (목) 17:00–22:00"),
        ("en", MIDNIGHT, "Thu 10 Dec 2026, 17:00–24:00"),
        ("en", AT_6, "Thu 10 Dec 2026, 17:00 – Fri 11 Dec 2026, 06:00"),
    ],
)
def test_a_range_names_its_day_once(language: str, ends_at: datetime, said: str) -> None:
    with i18n.spoken(language):
        assert i18n.between(AT_17, ends_at) == said


def test_a_range_lies_on_the_days_of_the_named_zone() -> None:
    with i18n.spoken("en", "Asia/Seoul"):
        assert i18n.between(AT_22, AT_6, "Europe/Dublin") == "Thu 10 Dec 2026, 13:00–21:00"
        assert i18n.hours(AT_22, AT_6) == "22:00–06:00"
        assert i18n.hours(AT_17, MIDNIGHT) == "17:00–24:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("텔레그램이(가) 제출했습니다", "텔레그램이 제출했습니다"),
        ("메타이(가) 제출했습니다", "메타가 제출했습니다"),
        ("“학교”은(는) 짧습니다", "“학교”는 짧습니다"),
        ("B이(가) 될 수 있습니다", "B가 될 수 있습니다"),
        ("R이(가) 될 수 있습니다", "R이 될 수 있습니다"),
        ("A-2026-001을(를) 대체", "A-2026-001을 대체"),
        ("A-2026-002을(를) 대체", "A-2026-002를 대체"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("A-2026-001(으)로", "A-2026-001로"),
        ("A-2026-003(으)로", "A-2026-003으로"),
        ("(기한 12월 3일)이(가) 제안", "(기한 12월 3일)이 제안"),
        ("Google(으)로", "Google(으)로"),
    ],
)
def test_a_korean_particle_fits_the_word_before_it(text: str, said: str) -> None:
    assert i18n.with_particles(text) == said


def test_a_filled_sentence_takes_its_particles_in_korean_alone() -> None:
    with i18n.spoken("ko"):
        assert i18n.gettext("%(name)s이(가) 왔습니다.", name="구글") == "구글이 왔습니다."
    with i18n.spoken("en"):
        assert i18n.gettext("%(name)s이(가) 왔습니다.", name="구글") == "구글이(가) 왔습니다."
