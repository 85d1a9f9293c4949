"""The pages: who sees which card, and what they may do with it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from portal.core import clock
from portal.core.db import db, transaction
from portal.scorecards import copies, service
from portal.scorecards.models import Copy, Scorecard, ScorecardStatus
from tests.scorecards.conftest import MONTH, OVER

SEEN = {
    ScorecardStatus.DRAFT: {"officer", "head", "auditor"},
    ScorecardStatus.WITH_COMPANY: {"officer", "head", "auditor", "delegate", "company_admin"},
    ScorecardStatus.FROZEN: {"officer", "head", "auditor", "delegate", "company_admin"},
    ScorecardStatus.PUBLISHED: {
        "officer", "head", "auditor", "delegate", "company_admin", "commissioner",
    },
}  # fmt: skip
PARTS = (
    "officer", "head", "auditor", "delegate", "company_admin", "commissioner", "rival",
    "rival_admin", "operator", "police", "agency", "administrator",
)  # fmt: skip


@pytest.mark.parametrize("status", list(ScorecardStatus))
def test_who_sees_a_card(cast: Any, draft: Any, visit: Any, status: ScorecardStatus) -> None:
    card = draft()
    with transaction():
        db.session.get(Scorecard, card.id).status = status
    number = card.id

    codes = {
        part: visit(getattr(cast, part), "GET", f"/scorecards/{number}").status_code
        for part in PARTS
    }

    assert {part for part, code in codes.items() if code == 200} == SEEN[status]
    assert set(codes.values()) == {200, 404}


def test_a_list_shows_a_company_only_its_own(cast: Any, sent: Any, visit: Any) -> None:
    sent("x")

    page = visit(cast.delegate, "GET", f"/scorecards/?month={MONTH}").get_data(as_text=True)

    assert "X</a>" not in page and "No scorecard yet" in page


def test_a_year_begins_with_the_first_month_that_has_a_card(
    cast: Any, sent: Any, visit: Any
) -> None:
    sent()

    page = visit(cast.head, "GET", f"/scorecards/?month={MONTH}").get_data(as_text=True)

    assert page.count('<span class="nowrap">20') == 1
    assert f'<span class="nowrap">{MONTH}</span>' in page


def test_the_company_comments_on_the_page(cast: Any, sent: Any, visit: Any) -> None:
    number = sent().id
    with clock.stopped_at(OVER):
        empty = visit(cast.delegate, "POST", f"/scorecards/{number}/comment", {"comment": " "})
        done = visit(
            cast.delegate, "POST", f"/scorecards/{number}/comment", {"comment": "We <b>object</b>."}
        )
        page = visit(cast.head, "GET", f"/scorecards/{number}").get_data(as_text=True)

    assert (empty.status_code, done.status_code) == (200, 303)
    assert "We &lt;b&gt;object&lt;/b&gt;." in page and "Freeze" in page
    assert visit(cast.rival, "POST", f"/scorecards/{number}/comment").status_code == 404
    assert visit(cast.officer, "POST", f"/scorecards/{number}/comment").status_code == 404


def test_the_whole_way_by_pages(
    cast: Any, companies: Any, twelve: Any, visit: Any, by: Any
) -> None:
    twelve(companies["telegram"])
    wanted = {"company": str(companies["telegram"].id), "month": MONTH}
    with clock.stopped_at(OVER):
        made = visit(cast.officer, "POST", "/scorecards/compute", wanted)
        where = made.headers["Location"]
        shut = visit(cast.officer, "POST", f"{where}/send")
        given = visit(cast.head, "POST", f"{where}/send")
        early = visit(cast.head, "POST", f"{where}/freeze")
        visit(cast.delegate, "POST", f"{where}/comment", {"comment": "Noted."})
        closed = visit(cast.head, "POST", f"{where}/freeze")
        paper = visit(cast.delegate, "GET", f"{where}.pdf?language=ko")
        out = visit(cast.head, "POST", f"{where}/publish")

    assert made.status_code == 303 and shut.status_code == 404 and given.status_code == 303
    assert early.status_code == 409
    assert closed.status_code == 303 and out.status_code == 303
    assert paper.data.startswith(b"%PDF") and paper.mimetype == "application/pdf"


def test_a_month_that_has_nothing_says_so_at_the_field(
    cast: Any, companies: Any, visit: Any
) -> None:
    wanted = {"company": str(companies["x"].id), "month": "2026-02"}

    page = visit(cast.officer, "POST", "/scorecards/compute", wanted)

    assert page.status_code == 200
    assert "There is nothing to assess" in page.get_data(as_text=True)
    assert 'value="2026-02"' in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/scorecards/?month=2026-03", "/scorecards/{}"])
def test_pages_ask_few_questions(cast: Any, draft: Any, visit: Any, path: str) -> None:
    card = draft()
    draft("x")
    path = path.format(card.id)
    visit(cast.officer, "GET", path)
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = visit(cast.officer, "GET", path)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert answer.status_code == 200
    assert len(asked) <= 8, "\n".join(asked)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_print_says_what_the_page_says(draft: Any, language: str) -> None:
    content = copies.printable(draft(), language=language, at=OVER, copy=Copy.COMPANY)

    lines = content["figures"]["lines"]
    assert [line["share"] for line in lines[:3]] == ["6 / 12", "7 / 12", "7 / 12"]
    assert content["figures"]["letter"] == "D"
    assert content["draft_word"] == {"ko": "초안", "en": "DRAFT"}[language]
    assert service.MONTH.fullmatch(MONTH)
