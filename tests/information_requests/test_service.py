"""Filing, answering, reminding and noting what is overdue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.information_requests import jobs, service
from portal.information_requests.models import Answer, InformationRequest
from tests.information_requests.conftest import letters, platform_of

VERBS = "information_requests:"


def events(verb: str) -> list[AuditEvent]:
    return db.session.query(AuditEvent).filter_by(verb=VERBS + verb).all()


def test_filing_stores_the_deadline_and_tells_the_company_only(
    cast: Any, companies: Any, file: Any, at: Any
) -> None:
    request = file(request_no=" KNPA-2026-1 ")

    assert (request.request_no, request.company_id, request.filed_by_id) == (
        "KNPA-2026-1", companies["telegram"].id, cast.police.id,
    )  # fmt: skip
    assert request.due_at == service.deadline(request.delivered_at)
    assert [e.details["number"] for e in events("file")] == ["KNPA-2026-1"]
    told = letters("information_requests:file")
    assert {letter.account_id for letter in told} == {cast.delegate.id, cast.company_admin.id}
    assert "Mon 16 Mar 2026, 23:59, Seoul (UTC+09:00)" in told[0].body
    assert f"/information-requests/{request.id}" in told[0].body
    assert "제13조" not in told[0].body


def test_a_letter_gives_the_deadline_on_the_recipients_clock(cast: Any, file: Any) -> None:
    cast.delegate.time_zone = "Asia/Dubai"
    db.session.commit()

    file()

    body = letters("information_requests:file")[0].body
    assert "Mon 16 Mar 2026, 18:59, Dubai (UTC+04:00)" in body


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("request_no", {"request_no": "  "}),
        ("request_no", {"request_no": "KNPA<1>"}),
        ("request_no", {"request_no": "1" * 61}),
        ("request_no", {"request_no": "010-1234-5678"}),
        ("legal_basis", {"legal_basis": " "}),
        ("legal_basis", {"legal_basis": "§" * 201}),
        ("legal_basis", {"legal_basis": "Article 13, suspect@mail.example"}),
        ("legal_basis", {"legal_basis": "900101-1234567"}),
    ],
)
def test_what_is_typed_wrongly_is_refused_at_its_field(
    file: Any, field: str, given: dict[str, str]
) -> None:
    with pytest.raises(FieldError) as refusal:
        file(**given)

    assert refusal.value.field == field
    assert db.session.query(InformationRequest).count() == 0
    assert letters("information_requests:file") == []


@pytest.mark.parametrize("days", [1, -365 * 27])
def test_a_delivery_to_come_or_of_another_century_is_refused(
    companies: Any, by: Any, at: Any, days: int
) -> None:
    with pytest.raises(FieldError) as refusal, transaction():
        service.file(
            platform_of(companies["x"]), request_no="1", kind="subscriber_data", legal_basis="§ 1",
            delivered_at=at + timedelta(days=days), by=by("police"), at=at,
        )  # fmt: skip

    assert refusal.value.field == "delivered_at"


def test_a_number_is_taken_once_for_each_company(file: Any) -> None:
    file(request_no="KNPA-1")
    file("x", request_no="KNPA-1")

    with pytest.raises(FieldError) as refusal:
        file(request_no="KNPA-1")

    assert refusal.value.field == "request_no"


@pytest.mark.parametrize("given", list(Answer))
def test_an_answer_is_kept_and_told_to_who_filed_it(
    cast: Any, file: Any, by: Any, at: Any, given: Answer
) -> None:
    request = file()
    with transaction():
        service.answer(request, given, reason=" In part. ", by=by("delegate"), at=at)

    assert (request.answer, request.answered_at, request.reason) == (given, at, "In part.")
    assert (request.is_answered, request.is_late()) == (True, False)
    assert [(e.account_id, e.details) for e in events("answer")] == [
        (
            cast.delegate.id,
            {"number": request.request_no, "answer": given.value, "is_late": False},
        )
    ]
    told = letters("information_requests:answer")
    assert [letter.account_id for letter in told] == [cast.police.id]
    assert "In part." not in told[0].body


def test_where_the_filer_has_left_all_of_the_police_are_told(
    cast: Any, file: Any, by: Any, at: Any
) -> None:
    request = file()
    cast.officer2.role, cast.officer2.organisation_id = "police", cast.police.organisation_id
    cast.police.deactivated_at = at
    db.session.commit()

    with transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=at)

    told = letters("information_requests:answer")
    assert [letter.account_id for letter in told] == [cast.officer2.id]


def test_an_answer_after_the_deadline_is_late_for_ever(file: Any, by: Any) -> None:
    request = file()
    late = request.due_at + timedelta(seconds=1)
    with transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=late)

    assert request.is_late() is True
    assert request.is_overdue(late + timedelta(days=9)) is False
    assert events("answer")[0].details["is_late"] is True


def test_the_last_second_of_the_deadline_is_in_time(file: Any, by: Any) -> None:
    request = file()
    with transaction():
        service.answer(request, Answer.ANSWERED, by=by("delegate"), at=request.due_at)

    assert request.is_late() is False


@pytest.mark.parametrize("given", [Answer.PARTLY, Answer.REFUSED])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "Ask kim@mail.example", "010-1234-5678"])
def test_an_answer_that_is_not_full_needs_a_plain_reason(
    file: Any, by: Any, at: Any, given: Answer, reason: str
) -> None:
    request = file()
    with pytest.raises(FieldError) as refusal, transaction():
        service.answer(request, given, reason=reason, by=by("delegate"), at=at)

    assert refusal.value.field == "reason"
    assert request.answer is None


def test_it_is_answered_once(file: Any, by: Any, at: Any) -> None:
    request = file()
    with transaction():
        service.answer(request, Answer.REFUSED, reason="No law.", by=by("delegate"), at=at)

    with pytest.raises(Refused), transaction():
        service.answer(request, Answer.ANSWERED, by=by("company_admin"), at=at)

    assert request.answer is Answer.REFUSED
    assert len(events("answer")) == 1


@pytest.mark.parametrize("part", ["rival", "police", "officer"])
def test_nobody_answers_for_another_company(file: Any, by: Any, at: Any, part: str) -> None:
    request = file()
    with pytest.raises(Refused), transaction():
        service.answer(request, Answer.ANSWERED, by=by(part), at=at)

    assert request.answer is None


def test_the_company_is_reminded_once_two_working_days_before(cast: Any, file: Any) -> None:
    request = file()  # due at the end of Monday 16 March 2026
    file("x")
    thursday_morning = request.due_at - timedelta(days=4, hours=14)

    jobs.remind(thursday_morning - timedelta(days=1))
    before = letters("information_requests:remind")
    jobs.remind(thursday_morning)
    jobs.remind(thursday_morning + timedelta(days=1))

    assert before == []
    told = letters("information_requests:remind")
    assert {letter.account_id for letter in told if letter.about_id == request.id} == {
        cast.delegate.id, cast.company_admin.id,
    }  # fmt: skip
    assert len(told) == 4
    assert len(events("remind")) == 2
    assert {event.details["told"] for event in events("remind")} == {2}


def test_what_is_answered_or_overdue_is_not_reminded(file: Any, by: Any, at: Any) -> None:
    answered, overdue = file(), file()
    with transaction():
        service.answer(answered, Answer.ANSWERED, by=by("delegate"), at=at)

    jobs.remind(overdue.due_at + timedelta(hours=9))

    assert letters("information_requests:remind") == []


def test_both_sides_are_told_once_that_the_deadline_has_passed(cast: Any, file: Any) -> None:
    request, after = file(), timedelta(hours=9)

    jobs.note_overdue(request.due_at)
    before = letters("information_requests:overdue")
    jobs.note_overdue(request.due_at + after)
    jobs.note_overdue(request.due_at + after + timedelta(days=1))

    assert before == []
    assert {letter.account_id for letter in letters("information_requests:overdue")} == {
        cast.delegate.id, cast.company_admin.id, cast.police.id,
    }  # fmt: skip
    assert len(letters("information_requests:overdue")) == 3
    assert len(events("overdue")) == 1
    db.session.refresh(request)
    assert request.overdue_noted_at == request.due_at + after


def test_no_letter_names_another_company(file: Any, by: Any, at: Any) -> None:
    request = file()
    with transaction():
        service.answer(request, Answer.PARTLY, reason="Half of it.", by=by("delegate"), at=at)
    jobs.note_overdue(at + timedelta(days=60))

    for kind in ("file", "answer", "remind", "overdue"):
        for letter in letters(VERBS + kind):
            assert "X" not in f"{letter.subject} {letter.body}".replace("XX", "").split()
