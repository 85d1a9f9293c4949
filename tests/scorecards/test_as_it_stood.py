"""A month as it stood at any instant: what was entered later does not show."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.actions import service as actions
from portal.core import clock
from portal.core.db import db, transaction
from portal.holidays import service as holidays
from portal.information_requests import service as police
from portal.information_requests.models import Answer, InformationRequest
from portal.removal_requests import service as requests
from portal.removal_requests.models import (
    CorrectedTime,
    DeliveryChannel,
    Dispute,
    Exclusion,
    Outcome,
    Verification,
)
from portal.scorecards import service
from tests.actions import make as promises
from tests.removal_requests import make
from tests.scorecards.conftest import MONTH, OVER, gathered

AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


def score(company: Any, as_of: datetime, month: str = MONTH) -> Any:
    """The same whether the database told the cases apart or every fact was gathered."""
    counted = service.compute(company, month, as_of)
    assert counted == gathered(company, month, as_of)
    return counted


def test_a_refusal_that_became_a_removal_was_a_refusal(companies: Any, cast: Any) -> None:
    company = companies["telegram"]
    request = make.decided(company, cast, at=AT, outcome=Outcome.REFUSED)
    with transaction():
        requests.decide(request, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=AT + DAY)
    with transaction():
        requests.verify(request, Verification.GONE, by=cast.officer.as_actor(), at=AT + 2 * DAY)

    before, claimed, seen = (score(company, AT + DAY - SECOND), score(company, AT + DAY + SECOND),
                             score(company, AT + 2 * DAY))  # fmt: skip

    assert [one.beside["refusals"] for one in (before, claimed, seen)] == [1, 0, 0]
    assert [one.measures["R2"].x for one in (before, claimed, seen)] == [0, 0, 1]
    assert [one.beside["open"] for one in (before, claimed, seen)] == [0, 0, 0]


def test_a_removal_that_was_disproved_had_been_believed(companies: Any, cast: Any) -> None:
    """It was seen gone, answered anew and seen still up: each instant has its own truth."""
    company = companies["telegram"]
    request = make.verified(company, cast, at=AT, verification=Verification.STILL_UP)
    with transaction():
        requests.verify(request, Verification.GONE, by=cast.officer.as_actor(), at=AT + 3 * DAY)

    before, after = score(company, AT + 2 * DAY), score(company, AT + 3 * DAY)

    assert (before.beside["still_up"], before.measures["R3"].x) == (1, 0)
    assert (after.beside["still_up"], after.measures["R3"].x) == (0, 1)


def test_what_was_withdrawn_later_counted_until_two_had_agreed(companies: Any, cast: Any) -> None:
    company = companies["telegram"]
    request = make.delivered(company, cast, at=AT)
    with transaction():
        requests.propose_exclusion(
            request, Exclusion.WITHDRAWN, by=cast.officer.as_actor(), at=AT + DAY
        )
    with transaction():
        requests.confirm_exclusion(request, by=cast.head.as_actor(), at=AT + 2 * DAY)

    before, after = score(company, AT + 2 * DAY - SECOND), score(company, AT + 2 * DAY)

    assert (before.beside["requests"], before.excluded) == (1, ())
    assert after.beside["requests"] == 0
    assert [tuple(one) for one in after.excluded] == [
        (request.request_no, "withdrawn", cast.head.as_actor().name)
    ]


def test_a_corrected_delivery_moves_the_request_from_then_on(companies: Any, cast: Any) -> None:
    """Delivered on 31 March by the first entry, on 1 April by the correction."""
    company = companies["telegram"]
    first, truly = datetime(2026, 3, 31, 14, tzinfo=UTC), datetime(2026, 3, 31, 15, tzinfo=UTC)
    request = make.issued(company, cast, at=first)
    with transaction():
        requests.deliver(
            request, channel=DeliveryChannel.EMAIL, proof="Message 7", delivered_at=first,
            by=cast.officer.as_actor(), at=truly,
        )  # fmt: skip
    with transaction():
        requests.correct_time(
            request, CorrectedTime.DELIVERED, truly, reason="The server's clock was an hour slow.",
            by=cast.head.as_actor(), at=truly + DAY,
        )  # fmt: skip

    n = {
        (month, as_of): score(company, as_of, month).beside["requests"]
        for month in (MONTH, "2026-04")
        for as_of in (truly + HOUR, truly + 2 * DAY)
    }

    assert n == {
        (MONTH, truly + HOUR): 1, (MONTH, truly + 2 * DAY): 0,
        ("2026-04", truly + HOUR): 0, ("2026-04", truly + 2 * DAY): 1,
    }  # fmt: skip


def test_before_its_delivery_was_entered_a_request_stood_by_its_issue(
    companies: Any, cast: Any
) -> None:
    """Issued on 31 March, delivered on 1 April, which was entered two hours later."""
    company = companies["telegram"]
    issued, delivered = datetime(2026, 3, 31, 14, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)
    request = make.issued(company, cast, at=issued)
    with transaction():
        requests.deliver(
            request, channel=DeliveryChannel.EMAIL, proof="Message 7", delivered_at=delivered,
            by=cast.officer.as_actor(), at=delivered + 2 * HOUR,
        )  # fmt: skip

    before, entered = delivered + HOUR, delivered + 2 * HOUR

    assert score(company, before).flagged == (request.request_no,)
    assert score(company, entered).beside["requests"] == 0
    assert score(company, before, "2026-04").beside["requests"] == 0
    assert score(company, entered, "2026-04").flagged == ()
    assert score(company, issued - SECOND).beside["requests"] == 0


def test_a_dispute_counts_from_when_it_was_raised(companies: Any, cast: Any) -> None:
    company = companies["telegram"]
    request = make.delivered(company, cast, at=AT)
    make.delivered(company, cast, at=AT)
    with transaction():
        requests.dispute(request, reason="Satire.", by=cast.delegate.as_actor(), at=AT + DAY)
    with transaction():
        requests.decide_dispute(
            request, Dispute.REJECTED, reason="It is none.", by=cast.officer.as_actor(),
            at=AT + 2 * DAY,
        )  # fmt: skip

    assert [score(company, AT + n * DAY).beside["share_disputed"] for n in (0, 1, 2)] == [
        0.0, 0.5, 0.5
    ]  # fmt: skip


def test_a_deadline_of_the_police_that_moved_had_stood_elsewhere(companies: Any, cast: Any) -> None:
    """Due on 31 March; a holiday added on the 30th moves it to 1 April."""
    company = companies["telegram"]
    with transaction():
        request = police.file(
            make.platform_of(company), request_no="P-1", legal_basis="Article 1", kind="access_logs",
            delivered_at=datetime(2026, 3, 17, 1, tzinfo=UTC), by=cast.police.as_actor(),
            at=datetime(2026, 3, 17, 1, tzinfo=UTC),
        )  # fmt: skip
    due = request.due_at
    assert due == datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)
    added = datetime(2026, 3, 25, 1, tzinfo=UTC)
    with transaction():
        holidays.add("KR", date(2026, 3, 30), name_ko="임시공휴일", name_en="Temporary holiday",
                     by=cast.administrator.as_actor(), at=added)  # fmt: skip
    with transaction():
        police.answer(
            db.session.get(InformationRequest, request.id), Answer.ANSWERED,
            by=cast.delegate.as_actor(), at=due + HOUR,
        )  # fmt: skip

    facts = service.gather(company, MONTH, added - SECOND).police
    later = service.gather(company, "2026-04", due + DAY).police

    assert [(one.number, one.due_at, one.answered_at) for one in facts] == [
        (request.request_no, due, None)
    ]
    assert service.gather(company, MONTH, due + DAY).police == ()
    assert [(one.due_at, one.answered_at) for one in later] == [(due + DAY, due + HOUR)]


def test_a_promise_is_due_by_the_date_then_in_force(companies: Any, cast: Any) -> None:
    company = companies["telegram"]
    due = datetime(2026, 3, 20, 3, tzinfo=UTC)
    item = promises.agreed(company, due=datetime(2026, 3, 20, 12), at=AT)
    with transaction():
        asked = actions.ask_extension(
            item, new_due_wall=datetime(2026, 4, 9, 12), reason="A new team.", by=cast.delegate.as_actor(), at=AT,
        )  # fmt: skip
    with transaction():
        actions.grant(asked, by=cast.officer.as_actor(), at=AT + 5 * DAY)

    def due_in(month: str, as_of: datetime) -> list[datetime]:
        return [one.due_at for one in service.gather(company, month, as_of).actions]

    assert due_in(MONTH, AT + 5 * DAY - SECOND) == [due]
    assert due_in(MONTH, AT + 5 * DAY) == []
    assert due_in("2026-04", AT + 5 * DAY - SECOND) == []
    assert due_in("2026-04", AT + 5 * DAY) == [due + 20 * DAY]


def test_questions_do_not_grow_with_what_changed(companies: Any, cast: Any) -> None:
    company = companies["telegram"]
    asked: list[str] = []

    def count(number: int) -> int:
        for _n in range(number):
            make.verified(company, cast, at=AT)
        asked.clear()
        score(company, AT - SECOND + HOUR if number else AT)
        score(company, AT - SECOND)
        return len(asked)

    def note(*seen: Any) -> None:
        asked.append(seen[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        few, many = count(1), count(6)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert few == many


# The page


@pytest.fixture
def address(companies: Any) -> str:
    return f"/scorecards/live/{companies['telegram'].id}?month={MONTH}"


def page(visit: Any, who: Any, path: str, code: int = 200) -> str:
    """What a page says; the token of its forms, which changes with every second, says nothing."""
    answer = visit(who, "GET", path)
    assert answer.status_code == code
    return re.sub(r'name="csrf_token"[^>]*>', "", answer.get_data(as_text=True))


def test_the_page_shows_what_came_in_at_once(
    companies: Any, cast: Any, visit: Any, address: str
) -> None:
    """Even within the same second, and never what is older than the rows."""
    request = make.delivered(companies["telegram"], cast, at=AT)
    with clock.stopped_at(AT + DAY + timedelta(seconds=30)):
        first = page(visit, cast.officer, address)
        again = page(visit, cast.officer, address)
        with transaction():
            requests.decide(
                request, outcome=Outcome.REFUSED, reason="No.", by=cast.delegate.as_actor(),
                at=AT + DAY + timedelta(seconds=30),
            )  # fmt: skip
        after = page(visit, cast.officer, address)

    refusals = "<dt>Refusals</dt><dd>{} / 1 "
    assert again == first
    assert refusals.format(0) in first and refusals.format(1) in after
    assert "2026-03-11 10:00:00" in first and "2026-03-11 10:00:30" in after


def test_what_is_kept_for_one_reader_is_made_anew_for_another_language(
    companies: Any, cast: Any, visit: Any, address: str
) -> None:
    make.delivered(companies["telegram"], cast, at=AT)
    with transaction():
        cast.officer.language, cast.officer2.language = "en", "ko"
    with clock.stopped_at(AT + DAY):
        english = page(visit, cast.officer, address)
        korean = page(visit, cast.officer2, address)
        again = page(visit, cast.officer, address)

    assert "Grade and why" in english and "Grade and why" not in korean
    assert again == english


def test_a_card_sent_after_the_look_is_named_at_the_next(
    companies: Any, cast: Any, visit: Any, address: str
) -> None:
    """The links to the versions of the month are kept with the figures, and no longer than they."""
    make.delivered(companies["telegram"], cast, at=AT)
    with clock.stopped_at(OVER):
        before = page(visit, cast.officer, address)
        with transaction():
            service.draft(companies["telegram"], MONTH, by=cast.officer.as_actor(), at=OVER)
        after = page(visit, cast.officer, address)

    assert "Version 1" not in before and "Version 1" in after


@pytest.mark.parametrize("asked", ["2026-03-10T12:00", "2026-03-10T03:00:00Z", "2026-03-10T12:00:00+09:00"])  # fmt: skip
def test_an_instant_is_chosen_in_korean_time_or_with_its_offset(
    companies: Any, cast: Any, visit: Any, address: str, asked: str
) -> None:
    make.delivered(companies["telegram"], cast, at=AT)
    make.delivered(companies["telegram"], cast, at=AT + 3 * HOUR)
    with clock.stopped_at(OVER):
        now, then = page(visit, cast.auditor, address), page(visit, cast.auditor, f"{address}&as_of={asked}")  # fmt: skip

    cohort = "<dt>Requests in the cohort</dt><dd>{}</dd>"
    assert cohort.format(2) in now and cohort.format(1) in then
    assert "2026-03-10 12:00:00" in then


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("2027-01-01T00:00", "still to come"),
        ("2026-02-28T00:00", "had not begun"),
        ("yesterday", "Write the instant as"),
        ("0001-01-01T00:00", "Write the instant as"),
        ("9999-12-31T23:59-09:00", "Write the instant as"),
    ],
)
def test_an_instant_that_is_none_is_named(
    cast: Any, visit: Any, address: str, asked: str, remedy: str
) -> None:
    with clock.stopped_at(OVER):
        text = page(visit, cast.officer, f"{address}&as_of={asked}", 400)

    assert remedy in text and f'value="{asked}"' in text


@pytest.mark.parametrize("month", ["2026-13", "2027-01"])
def test_a_month_that_is_none_or_to_come_has_no_page(
    companies: Any, cast: Any, visit: Any, month: str
) -> None:
    page(visit, cast.officer, f"/scorecards/live/{companies['telegram'].id}?month={month}", 404)
