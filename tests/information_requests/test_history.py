"""What happened to a request: every answer, extensions, and a clock that was put back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from portal.access.scope import visible
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.information_requests import jobs, queries, service
from portal.information_requests.models import (
    Answer,
    Extension,
    InformationRequest,
    InformationRequestEvent,
    Step,
)
from tests.information_requests.conftest import letters, platform_of

UNTIL = date(2026, 3, 27)


def steps(request: InformationRequest) -> list[Step]:
    return [one.step for one in request.history(queries.events(request.id))]


@pytest.fixture
def asked(file: Any, by: Any, at: Any) -> InformationRequest:
    request: InformationRequest = file()
    with transaction():
        service.ask_extension(request, UNTIL, reason="Many records.", by=by("delegate"), at=at)
    return request


def decide(request: InformationRequest, by: Any, at: Any, *, is_granted: bool = True) -> None:
    with transaction():
        service.decide_extension(request, is_granted=is_granted, until=UNTIL, reason="Agreed.",
                                 by=by("police"), at=at)  # fmt: skip


def test_every_answer_is_kept_and_the_first_one_counts(file: Any, by: Any, at: Any) -> None:
    request = file()
    for later, given in ((1, Answer.PARTLY), (2, Answer.PARTLY), (30, Answer.ANSWERED)):
        with transaction():
            service.answer(request, given, reason=f"Part {later}.", by=by("delegate"),
                           at=at + timedelta(days=later))  # fmt: skip

    moments = [m for m in request.history(queries.events(request.id)) if m.answer]
    assert [(m.answer, m.reason) for m in moments] == [
        (Answer.PARTLY, "Part 1."), (Answer.PARTLY, "Part 2."), (Answer.ANSWERED, "Part 30."),
    ]  # fmt: skip
    assert (request.answer, request.answered_at) == (Answer.ANSWERED, at + timedelta(days=1))
    assert request.is_late() is False
    with pytest.raises(Refused), transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=at + timedelta(days=31))


def test_an_import_keeps_what_its_columns_said(companies: Any, by: Any, at: Any) -> None:
    company = companies["telegram"]
    request = InformationRequest(
        request_no="OLD", company_id=company.id, platform_id=platform_of(company).id,
        legal_basis="-", kind="access_logs", delivered_at=at - timedelta(days=40),
        due_at=at - timedelta(days=26), overdue_noted_at=at - timedelta(days=25),
        answered_at=at - timedelta(days=20), answer=Answer.PARTLY, reason="Half.",
    )  # fmt: skip
    db.session.add(request)
    db.session.commit()
    before = request.history(queries.events(request.id))

    with transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=at)

    after = request.history(queries.events(request.id))
    assert [m.step for m in before] == [Step.FILED, Step.OVERDUE, Step.ANSWERED]
    assert after[:3] == before
    assert (after[3].answer, len(after)) == (Answer.ANSWERED, 4)


def test_a_clock_that_was_put_back_does_not_turn_the_order(file: Any, by: Any, at: Any) -> None:
    request, later, back = file(), at + timedelta(hours=2), at + timedelta(hours=1)
    with transaction():
        service.answer(request, Answer.PARTLY, reason="Half.", by=by("delegate"), at=later)
    with transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=back)

    last = queries.events(request.id)[-1]
    assert (last.at, last.clock_at) == (later, back)


def test_what_happened_is_never_changed(asked: Any) -> None:
    for change in (update(InformationRequestEvent).values(reason="x"),
                   delete(InformationRequestEvent)):  # fmt: skip
        with pytest.raises(DBAPIError, match="never changed"), transaction():
            db.session.execute(change)


def test_more_time_is_asked_for_once_and_granted(cast: Any, asked: Any, by: Any, at: Any) -> None:
    due_at = asked.due_at
    with pytest.raises(Refused), transaction():
        service.ask_extension(asked, UNTIL, reason="Again.", by=by("delegate"), at=at)
    decide(asked, by, at)

    assert steps(asked) == [Step.FILED, Step.EXTENSION_ASKED, Step.EXTENSION_GRANTED]
    assert (asked.extension, asked.due_at) == (Extension.GRANTED, due_at)
    assert asked.answer_by.isoformat() == "2026-03-27T14:59:59+00:00"
    assert not asked.is_overdue(due_at + timedelta(days=1))
    jobs.note_overdue(due_at + timedelta(days=1))
    assert letters("information_requests:overdue") == []
    assert [x.account_id for x in letters("information_requests:ask_extension")] == [cast.police.id]
    assert {x.account_id for x in letters("information_requests:decide_extension")} == {
        cast.delegate.id, cast.company_admin.id,
    }  # fmt: skip


def test_an_answer_within_the_extension_is_late_for_r5(asked: Any, by: Any, at: Any) -> None:
    decide(asked, by, at)
    with transaction():
        service.answer(asked, Answer.ANSWERED, by=by("delegate"),
                       at=asked.due_at + timedelta(days=2))  # fmt: skip

    assert (asked.is_late(), asked.is_within_extension()) == (True, True)


def test_a_refused_extension_leaves_the_deadline(asked: Any, by: Any, at: Any) -> None:
    decide(asked, by, at, is_granted=False)

    assert (asked.extension, asked.extended_until) == (Extension.REFUSED, None)
    assert asked.answer_by == asked.due_at
    with pytest.raises(Refused):
        decide(asked, by, at)


@pytest.mark.parametrize(
    ("until", "reason", "field"),
    [
        (date(2026, 3, 16), "Why.", "until"),
        (date(2026, 9, 1), "Why.", "until"),
        (UNTIL, " ", "reason"),
        (UNTIL, "Call 010-1234-5678", "reason"),
        (UNTIL, "x" * 501, "reason"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused_at_its_field(
    file: Any, by: Any, at: Any, until: date, reason: str, field: str
) -> None:
    with pytest.raises(FieldError) as refusal, transaction():
        service.ask_extension(file(), until, reason=reason, by=by("delegate"), at=at)

    assert refusal.value.field == field


@pytest.mark.parametrize("part", ["rival", "police"])
def test_only_the_company_asks_and_only_in_time(file: Any, by: Any, at: Any, part: str) -> None:
    request = file()
    for who, when in ((part, at), ("delegate", request.due_at + timedelta(seconds=1))):
        with pytest.raises(Refused), transaction():
            service.ask_extension(request, UNTIL, reason="Why.", by=by(who), at=when)


def test_the_pages_of_an_extension(cast: Any, file: Any, visit: Any) -> None:
    url = f"/information-requests/{file().id}"
    given = {"until": "2026-03-27", "reason": "Many records."}

    assert visit(cast.rival, "POST", f"{url}/ask-extension", given).status_code == 404
    assert visit(cast.delegate, "POST", f"{url}/ask-extension", given).status_code == 303
    page = visit(cast.police, "GET", f"{url}/decide-extension").get_data(as_text=True)
    assert "Many records." in page and 'value="2026-03-27"' in page
    decided = {"decision": "extension_granted", "until": "2026-03-27", "reason": "Agreed."}
    assert visit(cast.officer, "POST", f"{url}/decide-extension", decided).status_code == 404
    assert visit(cast.police, "POST", f"{url}/decide-extension", decided).status_code == 303
    shown = visit(cast.delegate, "GET", url).get_data(as_text=True)
    assert "Agreed." in shown and "R5" in shown
    assert "Police liaison" not in shown


def test_a_company_sees_what_happened_to_its_own_alone(cast: Any, asked: Any, file: Any) -> None:
    file("x")

    def seen(part: str) -> set[int]:
        statement = visible(InformationRequestEvent, getattr(cast, part).as_actor())
        return {one.request_id for one in db.session.scalars(statement)}

    everything = {asked.id, asked.id + 1}
    assert seen("delegate") == {asked.id}
    assert seen("rival") == {asked.id + 1}
    assert seen("police") == seen("head") == everything
    assert seen("operator") == seen("administrator") == set()


def test_the_page_counts_day_by_day_in_both_languages(cast: Any, file: Any, visit: Any) -> None:
    from tests.information_requests.test_deadline import seoul

    url = f"/information-requests/{file(delivered_at=seoul('2024-09-13T10:00')).id}"
    english = visit(cast.police, "GET", url).get_data(as_text=True)
    cast.police.language = "ko"
    db.session.commit()
    korean = visit(cast.police, "GET", url).get_data(as_text=True)

    assert "Public holiday: does not count (Armed Forces Day)" in english
    assert "Fri 4 Oct 2024, 23:59" in english
    assert "국군의 날" in korean and "공휴일" in korean
