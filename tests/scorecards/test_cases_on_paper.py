"""The method's cases as a reader meets them: what the card says of them, in both languages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.companies import service as companies_service
from portal.companies.models import Company
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.removal_requests.models import MeasureType, Recheck
from portal.scorecards import copies, document, service
from portal.scorecards.figures import figures_of
from portal.scorecards.models import Copy, Scorecard
from tests.scorecards.conftest import DELIVERED, MONTH, OVER

DAY = timedelta(days=1)
DUE = DELIVERED + 5 * DAY


def drawn_up(company: Company) -> Scorecard:
    db.session.commit()
    with transaction():
        return service.draft(company, MONTH, by=CLOCK, at=OVER)


def said(card: Scorecard, language: str) -> tuple[str, str, str]:
    """Its letter, its label, and the sentences on where they come from."""
    with spoken(language):
        printed = document.printed(card, language=language, at=OVER)
    return printed.figures.letter, printed.figures.label_word, " ".join(printed.figures.why)


def test_without_r2_there_is_no_letter_and_the_card_says_what_is_missing(
    companies: Any, request_to: Any, police_request: Any, promise: Any
) -> None:
    telegram = companies["telegram"]
    for _n in range(12):
        request_to(telegram, measure_type=MeasureType.BLOCK)
    police_request(telegram, due=DUE, answered=DUE - DAY)
    promise(telegram, due=DUE, done=DUE - DAY)
    card = drawn_up(telegram)

    assert said(card, "en") == (
        "", "insufficient data",
        "Insufficient data: 0 requests, fewer than 10. Figures are shown, no letter is given.",
    )  # fmt: skip
    assert said(card, "ko")[:2] == ("", "자료 부족")
    lines = {line.id: line for line in figures_of(card, card.method).lines}
    assert (lines["R2"].n, lines["R2"].value) == (0, "–")
    assert (lines["R5"].value, lines["R6"].value) == ("100.0%", "100.0%")


@pytest.mark.parametrize(
    ("rechecked", "letter", "en", "ko"),
    [
        # R1, R2 and R3 weigh 70 points: exactly enough.
        (False, "C", "R4, R5, R6; the weight is shared out", "R4, R5, R6"),
        (True, "B", "R5, R6; the weight is shared out", "R5, R6"),
    ],
)
def test_exactly_70_points_of_weight_are_enough(
    companies: Any, request_to: Any, rechecked: bool, letter: str, en: str, ko: str
) -> None:
    telegram = companies["telegram"]
    for number in range(40):
        gone = number < 24
        more = (
            {"recheck": Recheck.GONE, "rechecked_at": DUE + 4 * DAY} if rechecked and gone else {}
        )
        request_to(telegram, answered=1, removed=1 if gone else None, **more)
    card = drawn_up(telegram)

    assert said(card, "en")[0] == said(card, "ko")[0] == letter
    assert f"Not assessed, for want of cases: {en}" in said(card, "en")[2]
    assert ko in said(card, "ko")[2]


def test_below_the_least_weight_the_card_names_what_is_missing_and_what_remains(
    companies: Any, request_to: Any
) -> None:
    telegram = companies["telegram"]
    for _n in range(40):
        request_to(telegram, answered=1, removed=1)
    card = drawn_up(telegram)
    stricter = {**card.details["method"], "minimum_weight": 71}
    card.details = {**card.details, "method": stricter}
    score = {**card.score, "score": None, "letter": None, "label": "not_graded"}
    card.score, card.letter = score, None

    assert said(card, "en") == (
        "", "not graded",
        "Not graded: R1 and R2 must be assessed, and at least 71 of the 100 points of weight."
        " Not assessed, for want of cases: R4, R5, R6; 70 of the 100 points of weight remain.",
    )  # fmt: skip
    assert said(card, "ko")[2].endswith("R4, R5, R6. 가중치 100점 중 70점이 남았습니다.")
    db.session.rollback()


@pytest.mark.parametrize(
    ("gone", "n", "letter", "value"), [(80, 100, "A", "80.0%"), (1999, 2500, "B", "79.96%")]
)
def test_80_in_r2_is_no_cap_and_what_is_below_does_not_look_like_80(
    companies: Any, request_to: Any, gone: int, n: int, letter: str, value: str
) -> None:
    telegram = companies["telegram"]
    for number in range(n):
        # Answered at once, and the rest removed an hour too late: nothing else costs points.
        request_to(
            telegram, answered=1, removed=0.5 if number < gone else 49,
            recheck=Recheck.GONE, rechecked_at=DUE + 4 * DAY, decided_at=DELIVERED,
        )  # fmt: skip
    card = drawn_up(telegram)
    capped = "below 80: whatever the score, the letter is at most B."

    assert said(card, "en")[0] == said(card, "ko")[0] == letter
    assert (capped in said(card, "en")[2]) is (letter == "B")
    assert ("등급은 B를 넘지 못합니다." in said(card, "ko")[2]) is (letter == "B")
    lines = {line.id: line for line in figures_of(card, card.method).lines}
    assert lines["R2"].value == value


def test_a_card_of_the_month_of_a_renaming_says_the_name_of_before(
    companies: Any, draft: Any, by: Any, visit: Any, cast: Any
) -> None:
    card = draft()
    with transaction():
        companies_service.rename(
            companies["telegram"], name_ko="새 이름", name_en="New name", from_on=date(2026, 3, 12),
            by=by("head"), at=OVER,
        )  # fmt: skip
    db.session.expire_all()

    for copy in Copy:
        en = copies.printable(card, language="en", at=OVER, copy=copy)
        assert (en["company"], en["doc_no"]) == ("New name", f"New name S-{MONTH}")
        assert en["cohort"].endswith("; until Wed 11 Mar 2026 called Telegram")
        with spoken("ko"):
            ko = copies.printable(card, language="ko", at=OVER, copy=copy)
        assert ko["company"] == "새 이름"
        assert ko["cohort"].endswith("; 2026년 3월 11일 (수)까지의 이름은 텔레그램")
    page = visit(cast.officer, "GET", f"/scorecards/{card.id}").get_data(as_text=True)
    assert "until Wed 11 Mar 2026 called Telegram" in page


@pytest.mark.parametrize(
    ("day", "ko", "en"),
    [
        ("2025-09-30", "방송통신심의위원회", "Korea Communications Standards Commission"),
        (
            "2025-10-01",
            "방송미디어통신심의위원회",
            "Korea Media Communications Standards Commission",
        ),
    ],
)
def test_a_card_bears_the_institution_of_the_day_it_was_printed_on(
    draft: Any, day: str, ko: str, en: str
) -> None:
    card, at = draft(), datetime.fromisoformat(f"{day}T12:00:00+09:00")

    assert document.printed(card, language="ko", at=at).org_name == ko
    assert document.printed(card, language="en", at=at).org_name == en
