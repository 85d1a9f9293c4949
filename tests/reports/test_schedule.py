"""The month by the clock: closed, sent, frozen, drafted, asked for, reminded of; late and by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from portal.access.actor import CLOCK
from portal.core import outbox
from portal.core.db import db, transaction
from portal.core.jobs import run_due
from portal.core.outbox import Letter
from portal.documents.models import Document, DocumentKind, Opening
from portal.methodology.cohort import freeze_instant
from portal.removal_requests.models import RemovalRequest
from portal.reports import jobs, schedule
from portal.reports.models import Report, ReportStatus
from portal.scorecards import jobs as card_jobs
from portal.scorecards import schedule as cards
from portal.scorecards import service as scorecards
from portal.scorecards.models import MonthStep, Scorecard, ScorecardStatus
from tests.reports.conftest import MONTH, a_request
from tests.reports.test_service import blank, empty_page, made

JOBS = (*card_jobs.JOBS, *jobs.JOBS)
HOUR = timedelta(hours=1)
CLOSED = freeze_instant(MONTH)  # Sunday 8 February 2026, 00:00 in Seoul


def seoul(wall: str) -> datetime:
    return datetime.fromisoformat(f"2026-{wall}:00+09:00")


def letters(*kinds: str) -> list[tuple[str, str]]:
    return [
        (letter.kind, letter.address)
        for letter in db.session.query(Letter).order_by(Letter.id)
        if letter.kind in kinds
    ]


def test_cards_are_closed_at_the_end_of_the_follow_up_and_no_second_earlier(january: Any) -> None:
    assert cards.to_close(CLOSED - timedelta(seconds=1)) == [
        (company, "2025-12") for company in january.values()
    ]
    run_due(JOBS, at=CLOSED)

    found = db.session.query(Scorecard).filter_by(month=MONTH).all()
    assert {card.company_id for card in found} == {one.id for one in january.values()}
    for card in found:
        assert (card.status, card.as_of, card.sent_at) == (
            ScorecardStatus.WITH_COMPANY, CLOSED, CLOSED,
        )  # fmt: skip
        # Five Korean working days after Sunday the 8th.
        assert card.reply_due_at == datetime.fromisoformat("2026-02-13T23:59:59+09:00")
    assert len(letters("scorecards:send")) == 4


def test_what_is_entered_after_the_closing_changes_no_figure(january: Any) -> None:
    run_due(JOBS, at=CLOSED)
    card = db.session.query(Scorecard).filter_by(company_id=january["x"].id).one()
    kept = (card.inputs_hash, card.score)
    with transaction():
        db.session.add(a_request(january["x"], 990))
        for request in db.session.query(RemovalRequest).filter_by(company_id=january["x"].id):
            request.outcome = "refused"
    run_due(JOBS, at=CLOSED + HOUR)
    run_due(JOBS, at=seoul("02-14T00:00"))

    db.session.expire_all()
    assert (card.inputs_hash, card.score) == kept
    assert card.status is ScorecardStatus.FROZEN
    assert scorecards.verify(card) == []


def test_cards_are_frozen_when_the_time_for_a_reply_is_over(january: Any) -> None:
    run_due(JOBS, at=CLOSED)
    run_due(JOBS, at=seoul("02-13T23:00"))
    before = {card.status for card in db.session.query(Scorecard)}
    run_due(JOBS, at=seoul("02-14T00:00"))

    assert before == {ScorecardStatus.WITH_COMPANY}
    assert {card.status for card in db.session.query(Scorecard)} == {ScorecardStatus.FROZEN}
    assert db.session.query(Document).filter_by(kind=DocumentKind.SCORECARD).count() == 4


def test_the_report_is_drafted_on_the_working_day_after_and_says_who_is_awaited(
    january: Any, cast: Any
) -> None:
    run_due(JOBS, at=CLOSED)
    run_due(JOBS, at=seoul("02-09T06:59"))
    assert db.session.query(Report).count() == 0
    run_due(JOBS, at=seoul("02-09T07:00"))

    report = db.session.query(Report).one()
    assert (report.month, report.status, report.asked_at) == (MONTH, ReportStatus.HELD, None)
    letter = db.session.query(Letter).filter_by(kind="reports:make").one()
    assert letter.account_id == cast.head.id
    assert "Not final yet are the cards of: Telegram, X." in letter.body


def test_it_is_made_again_when_cards_are_frozen_asked_for_once_and_reminded_of(
    january: Any,
) -> None:
    run_due(JOBS, at=CLOSED)
    run_due(JOBS, at=seoul("02-09T07:00"))
    run_due(JOBS, at=seoul("02-14T00:00"))
    report = db.session.query(Report).one()
    assert (report.made_at, report.asked_at) == (seoul("02-14T00:00"), seoul("02-14T00:00"))
    # Saturday the 14th; Seollal 2026 is 16 to 18 February.
    for at, count in (
        ("02-18T12:00", 0), ("02-19T12:00", 1), ("02-20T12:00", 1), ("02-23T12:00", 2),
        ("02-27T12:00", 2), ("03-03T12:00", 3), ("03-03T13:00", 3),
    ):  # fmt: skip
        run_due(JOBS, at=seoul(at))
        assert len(letters("reports:remind")) == count, at
    assert len(letters("reports:ask")) == len(letters("reports:make")) == 1
    with transaction():
        from_clock = db.session.get(Report, report.id)
        schedule.service.release(
            from_clock, by=CLOCK, at=seoul("03-03T14:00"), printed=blank(from_clock)
        )
    run_due(JOBS, at=seoul("03-07T12:00"))
    assert len(letters("reports:remind")) == 3


def test_where_cards_stay_open_the_reminder_names_them(january: Any, cast: Any) -> None:
    report = made(seoul("02-09T07:00"))
    schedule.remind(at=seoul("02-23T12:00"))
    early = letters("reports:remind")
    schedule.remind(at=seoul("03-03T12:00"))

    assert early == [] and report.reminders == 1
    letter = db.session.query(Letter).filter_by(kind="reports:remind").one()
    assert "Not final are the cards of: Telegram, X." in letter.body


def test_every_step_twice_does_no_harm(january: Any) -> None:
    def everything() -> list[Any]:
        return [
            [(c.id, c.status, c.inputs_hash) for c in db.session.query(Scorecard)],
            [(r.id, r.version, r.content_hash, r.asked_at) for r in db.session.query(Report)],
            db.session.query(Letter).count(),
        ]

    for at in (CLOSED, seoul("02-09T07:00"), seoul("02-14T00:00")):
        cards.close_due(by=CLOCK, at=at)
        cards.freeze_due(by=CLOCK, at=at)
        schedule.run(by=CLOCK, at=at)
        once = everything()
        assert cards.close_due(by=CLOCK, at=at) == cards.freeze_due(by=CLOCK, at=at) == (0, 0)
        schedule.run(by=CLOCK, at=at)
        assert everything() == once


def test_a_company_of_which_nothing_was_asked_has_no_card_and_is_not_awaited(
    companies: Any, january: Any
) -> None:
    with transaction():
        db.session.query(RemovalRequest).filter_by(company_id=january["x"].id).delete()
    run_due(JOBS, at=CLOSED)
    noted = db.session.query(MonthStep).one()

    assert (noted.company_id, noted.is_empty) == (january["x"].id, True)
    with transaction():  # what is entered after the closing makes no card
        db.session.add(a_request(january["x"], 990))
    run_due(JOBS, at=CLOSED + HOUR)
    assert [card.company_id for card in db.session.query(Scorecard)] == [january["telegram"].id]
    run_due(JOBS, at=seoul("02-14T00:00"))
    assert db.session.query(Report).one().asked_at == seoul("02-14T00:00")


def test_a_failed_step_is_noted_stops_no_other_and_stands_on_the_desk(
    january: Any, cast: Any, visit: Any
) -> None:
    broken = january["telegram"]
    set_surface = text("UPDATE removal_request SET surface = :word WHERE id = :id")
    number = db.session.query(RemovalRequest).filter_by(company_id=broken.id).first().id
    with transaction():  # what no form lets through, a restored file may hold
        db.session.execute(set_surface, {"word": "nowhere", "id": number})
    outcome = cards.close_due(by=CLOCK, at=CLOSED)
    assert outcome == (1, 1)
    noted = db.session.query(MonthStep).one()
    assert noted.company_id == broken.id and "nowhere" in noted.problem

    late = schedule.late(CLOSED + 2 * HOUR)
    assert [(one.what, one.url) for one in late] == [
        (
            "The card of Telegram is not with the company",
            f"/scorecards/compute?company={broken.id}&month={MONTH}",
        )
    ]
    with transaction():
        db.session.execute(set_surface, {"word": "public_post", "id": number})
    assert cards.close_due(by=CLOCK, at=CLOSED + 3 * HOUR) == (1, 0)
    assert db.session.query(MonthStep).count() == 0
    assert schedule.late(CLOSED + 4 * HOUR) == []


def test_the_clock_makes_up_for_months_and_asks_nobody_of_the_time_before(january: Any) -> None:
    assert cards.months(CLOSED) == [MONTH]
    run_due(JOBS, at=CLOSED)
    assert cards.months(seoul("05-09T00:00")) == [MONTH, "2026-02", "2026-03", "2026-04"]
    assert len(cards.months(datetime.fromisoformat("2028-01-09T00:00:00+09:00"))) == 12


def test_who_sees_the_plan_and_what_is_late(january: Any, cast: Any, visit: Any) -> None:
    for part, status in (("head", 200), ("officer", 200), ("auditor", 200), ("commissioner", 404), ("delegate", 404)):  # fmt: skip
        assert visit(getattr(cast, part), "GET", "/reports/schedule").status_code == status
    page = visit(cast.head, "GET", "/reports/schedule").get_data(as_text=True)
    assert "The card of Telegram is not with the company" in page
    assert "The card of Telegram is not with the company" in visit(cast.head, "GET", "/").get_data(as_text=True)  # fmt: skip
    assert "is not with the company" not in visit(cast.delegate, "GET", "/").get_data(as_text=True)


def test_the_head_takes_the_steps_by_hand(january: Any, cast: Any, visit: Any) -> None:
    answer = visit(cast.head, "POST", "/reports/schedule/run")
    assert (answer.status_code, answer.location) == (303, "/reports/schedule")
    assert db.session.query(Scorecard).filter_by(month=MONTH).count() == 2
    assert db.session.query(Report).count() == 1
    again = visit(cast.head, "POST", "/reports/schedule/run", follow=True).get_data(as_text=True)
    assert "Cards sent: 0; frozen: 0; not done: 0." in again
    assert visit(cast.officer, "POST", "/reports/schedule/run").status_code == 404


def test_the_commands_take_the_steps(january: Any, app: Any) -> None:
    run = app.test_cli_runner().invoke
    first = run(args=["scorecards", "run", "--at", "2026-02-08T00:00:00+09:00"])
    again = run(args=["scorecards", "run", "--at", "2026-02-08T00:00:00+09:00"])
    report = run(args=["reports", "run", "--at", "2026-02-09T07:00:00+09:00"])

    assert "Closed and sent: 2; frozen: 0." in first.output
    assert "Closed and sent: 0; frozen: 0." in again.output
    assert "0 steps are late." in report.output
    assert db.session.query(Report).count() == 1


def test_a_receipt_says_who_opened_which_version(january: Any, cast: Any, visit: Any) -> None:
    report = made(seoul("02-09T07:00"))
    url = f"/reports/{report.id}"
    visit(cast.head, "GET", url)
    assert db.session.query(Opening).count() == 0  # a draft has no receipts
    with transaction():
        schedule.service.release(
            db.session.get(Report, report.id), by=CLOCK, at=seoul("02-10T09:00"),
            printed=blank(report),
        )  # fmt: skip
    for _n in range(2):
        assert visit(cast.commissioner, "GET", url).status_code == 200
    visit(cast.commissioner, "GET", f"{url}/print.pdf?language=ko")
    document = db.session.query(Document).filter_by(kind=DocumentKind.REPORT, language="ko").one()
    visit(cast.commissioner, "GET", f"/documents/{document.id}.pdf")

    found = db.session.query(Opening).order_by(Opening.id).all()
    assert [(o.account_id, o.version, o.way.value, o.language, o.times) for o in found] == [
        (cast.commissioner.id, 1, "opened_on_screen", "en", 2),
        (cast.commissioner.id, 1, "opened_as_pdf", "ko", 2),
    ]
    for part, seen in (("head", True), ("auditor", True), ("officer", False), ("commissioner", False)):  # fmt: skip
        page = visit(getattr(cast, part), "GET", url).get_data(as_text=True)
        assert ("Who opened it" in page) is seen, part
        assert "SHA-256 None" not in page, part


def test_the_archive_is_searched_by_month_words_and_company(
    january: Any, cast: Any, visit: Any
) -> None:
    run_due(JOBS, at=CLOSED)
    made(seoul("02-09T07:00"))

    def found(query: str) -> bool:
        page = visit(cast.head, "GET", f"/reports/?{query}").get_data(as_text=True)
        return "/reports/1" in page

    assert (
        found("words=telegram") and found("words=텔레그램+consultation") and found("since=2026-01")
    )
    assert not found("words=nobodysaysthis") and not found("since=2026-02") and not found("until=2025-12")  # fmt: skip
    assert not found("words=%25%25%25")  # a wildcard is a word like any other
    page = visit(cast.head, "GET", "/reports/?words=TELEGRAM").get_data(as_text=True)
    assert "<mark>Telegram</mark>" in page  # as it is written, and in the reader's language
    assert 'class="quiet small" lang="en"' in page and "<mark>telegram</mark>" not in page
    page = visit(cast.head, "GET", "/reports/?words=텔레그램").get_data(as_text=True)
    assert 'class="quiet small" lang="ko"' in page
    company = january["telegram"]
    page = visit(cast.head, "GET", f"/reports/?company={company.id}").get_data(as_text=True)
    card = db.session.query(Scorecard).filter_by(company_id=company.id).one()
    assert f"<b>{card.letter or '–'}</b>" in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_commissioner_gets_the_report_in_the_own_language(
    january: Any, cast: Any, mailbox: Any, language: str
) -> None:
    with transaction():
        cast.commissioner.language = language
    report = made(seoul("02-09T07:00"))
    with transaction():
        schedule.service.release(
            db.session.get(Report, report.id), by=CLOCK, at=seoul("02-10T09:00"),
            printed=blank(report),
        )  # fmt: skip
    outbox.send_waiting(at=seoul("02-10T09:01"))
    (message,) = [m for m in mailbox.messages if m["To"] == cast.commissioner.email]
    (enclosed,) = message.iter_attachments()
    assert enclosed.get_filename() == f"monthly-report-{MONTH}-v1-{language}.pdf"
    assert enclosed.get_content().startswith(empty_page(language))
    assert f"/reports/{report.id}" in message.get_body().get_content()
