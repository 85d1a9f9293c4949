"""Promises on the card: from the minutes to the row, frozen, verified, printed, behind the wall."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.actions import service as actions
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.documents.models import Document
from portal.documents.service import print_pdf
from portal.minutes.targets import TypedTarget
from portal.scorecards import copies, service
from portal.scorecards.models import Copy
from tests.actions import make
from tests.scorecards.conftest import MONTH, OVER

AGREED = datetime(2026, 2, 10, 3, 0, tzinfo=UTC)
TWO_THIRDS = TypedTarget("R1", share="66.67", from_on=date(2026, 3, 1))
SIX_HOURS = TypedTarget("answered", share="10", hours=6, from_on=date(2026, 2, 15))


def promised(company: Any, typed: TypedTarget, **more: Any) -> Any:
    return make.agreed(company, at=AGREED, due=datetime(2026, 4, 30, 18), target=typed, **more)


@pytest.fixture
def card(companies: Any, draft: Any) -> Any:
    promised(companies["telegram"], TWO_THIRDS, text="Answer two thirds in time.")
    promised(companies["telegram"], SIX_HOURS, text="Answer some within six hours.")
    promised(companies["x"], TWO_THIRDS, text="The rival's promise.")
    return draft()


def rows(card: Any) -> list[tuple[Any, ...]]:
    return [
        (row["number"], row["target"]["measure"], row["x"], row["n"], row["verdict"])
        for row in card.details["promises"]
    ]


def test_a_card_shows_the_targets_of_its_company_and_no_other(card: Any) -> None:
    # Six of the twelve were answered within 24 h, three within 6 h (2, 5, 5).
    assert rows(card) == [
        ("Telegram A-2026-001", "R1", 6, 12, "not_shown"),
        ("Telegram A-2026-002", "answered", 3, 12, "not_shown"),
    ]


def test_promises_never_change_the_score(card: Any, companies: Any) -> None:
    before = card.score
    with transaction():
        for item in db.session.query(actions.ActionItem):
            item.target = None
    with transaction():
        service.draft(companies["telegram"], MONTH, by=CLOCK, at=OVER)
    assert card.details["promises"] == []
    assert card.score == before


def test_what_was_withdrawn_or_superseded_ends(card: Any, companies: Any, cast: Any) -> None:
    first, second = db.session.query(actions.ActionItem).filter_by(
        company_id=companies["telegram"].id
    )
    ended = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)  # before the twelve were delivered
    with transaction():
        asked = actions.ask_withdrawal(
            first, reason="Both agree.", by=cast.officer.as_actor(), at=ended - timedelta(days=1)
        )
        actions.grant(asked, by=cast.delegate.as_actor(), at=ended)
        asked = actions.ask_supersession(
            second, promised(companies["telegram"], TypedTarget(), text="Another."),
            reason="Replaced.", by=cast.officer.as_actor(), at=ended,
        )  # fmt: skip
        actions.grant(asked, by=cast.delegate.as_actor(), at=datetime(2026, 2, 28, tzinfo=UTC))
    with transaction():
        service.draft(companies["telegram"], MONTH, by=CLOCK, at=OVER)
    assert rows(card) == [("Telegram A-2026-001", "R1", 0, 0, "not_assessed")]
    assert card.details["promises"][0]["until_at"] == ended.isoformat()


def test_a_frozen_card_holds_its_promises_and_gives_them_again(card: Any, by: Any) -> None:
    with transaction():
        service.freeze(card, by=by("head"), at=OVER, unasked="Before the portal.")
    held = rows(card)
    with transaction():
        for item in db.session.query(actions.ActionItem):
            item.target = None
    assert service.verify(card) == []
    assert rows(card) == held

    inputs = {
        **card.inputs,
        "promises": [{**card.inputs["promises"][0], "agreed_at": "2026-06-01T00:00:00+00:00"}],
    }
    card.inputs = inputs
    assert service.verify(card) == ["inputs_hash", "details.promises"]


def test_a_card_frozen_before_targets_were_kept_still_verifies(card: Any) -> None:
    old = {name: value for name, value in card.inputs.items() if name != "promises"}
    for row in old["requests"]:
        del row["platform"]
    card.inputs, card.inputs_hash = old, service.content_hash(old)
    card.details = {name: value for name, value in card.details.items() if name != "promises"}
    assert service.verify(card) == []


def test_both_documents_print_the_rows(card: Any, by: Any) -> None:
    with transaction():
        service.freeze(card, by=by("head"), at=OVER, unasked="Before the portal.")
    printed = {one.language: one.content for one in db.session.scalars(select(Document))}
    first = printed["en"]["figures"]["promises"][0]
    assert (first["what"], first["promised"], first["share"], first["verdict_word"]) == (
        "R1 Substantive answer in time", "at least 66.67%", "6 / 12", "not shown",
    )  # fmt: skip
    assert printed["ko"]["figures"]["promises"][1]["what"] == "6시간 내 답변"
    assert printed["ko"]["figures"]["promises"][0]["promised"] == "66.67% 이상"


def test_the_page_links_to_the_promise_and_the_rival_sees_nothing(
    card: Any, cast: Any, visit: Any, by: Any
) -> None:
    with transaction():
        service.send(card, by=by("head"), at=OVER)
    page = visit(cast.delegate, "GET", f"/scorecards/{card.id}").text
    item = card.details["promises"][0]["item_id"]
    assert f'href="/action-items/{item}"' in page
    assert "The rival&#39;s promise." not in page
    assert visit(cast.rival, "GET", f"/scorecards/{card.id}").status_code == 404
    assert visit(cast.rival, "GET", f"/action-items/{item}").status_code == 404


PROMISED = {
    "en": "A-2026-001: R1 Substantive answer in time, at least 66.67%: not shown;",
    "ko": "A-2026-002: 6시간 내 답변, 10% 이상: 판단 유보",
}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_first_page_says_what_was_promised_where_it_has_room(
    card: Any, companies: Any, language: str
) -> None:
    def first_two() -> list[str]:
        with spoken(language, "Asia/Seoul"):
            content = copies.printable(card, language=language, at=OVER, copy=Copy.COMPANY)
        pdf = print_pdf("scorecards/pdf.html", content, language=language, made_at=OVER)
        pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
        # A Korean line may break within a word.
        return ["".join(page.extract_text().split()) for page in pages[:2]]

    sure = {"ko": "등급의불확실성", "en": "Howsurethegradeis"}[language]
    first, second = first_two()
    assert PROMISED[language].replace(" ", "") in first and sure in second[:200]

    for number in range(3):
        promised(companies["telegram"], SIX_HOURS, text=f"Another, {number}.")
    with transaction():
        service.draft(companies["telegram"], MONTH, by=CLOCK, at=OVER)
    # Too many for the page: their numbers lead to the annex, and the second page stays the second.
    first, second = first_two()
    assert "A-2026-005" in first and "A-2026-001:" not in first and sure in second[:200]
