"""A day that is added or taken out moves open deadlines, says so, and shows it first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from portal.companies.models import Platform
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.calendar import end_of_day
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.holidays import service as holidays
from portal.holidays.models import Holiday
from portal.information_requests import queries, service
from portal.information_requests.models import Answer, Because, InformationRequest, Step

DUE, NEXT = date(2026, 3, 16), date(2026, 3, 17)
ON = date(2026, 3, 12)
VALUES = {"country": "KR", "on": "2026-03-12", "name_ko": "임시공휴일",
          "name_en": "Temporary holiday"}  # fmt: skip


@pytest.fixture
def filed(cast: Any, companies: Any, at: datetime) -> Any:
    """A request to a company, delivered an hour before; its deadline is Monday 16 March 2026."""

    def file(slug: str) -> InformationRequest:
        platform = db.session.query(Platform).filter_by(company_id=companies[slug].id).one()
        with transaction():
            return service.file(
                platform, request_no=f"KNPA-{slug}", kind="access_logs", legal_basis="§ 13",
                delivered_at=at - timedelta(hours=1), by=cast.police.as_actor(), at=at,
            )  # fmt: skip

    return file


@pytest.fixture
def add(cast: Any, at: datetime) -> Any:
    def add(when: datetime = at, on: date = ON, country: str = "KR") -> Holiday:
        with transaction():
            return holidays.add(country, on, name_ko="임시공휴일", name_en="Temporary holiday",
                                by=cast.administrator.as_actor(), at=when)  # fmt: skip

    return add


@pytest.fixture
def drop(cast: Any) -> Any:
    def drop(holiday: Holiday, when: datetime) -> None:
        with transaction():
            holidays.drop(holiday, by=cast.administrator.as_actor(), at=when)

    return drop


def moves(request: InformationRequest) -> list[Any]:
    return [
        (one.because, one.holiday_on, one.due_from, one.due_to, one.counted_to)
        for one in queries.events(request.id)
        if one.step is Step.DEADLINE_MOVED
    ]


def told(kind: str = "information_requests:move_deadline") -> list[Letter]:
    return db.session.query(Letter).filter_by(kind=kind).order_by(Letter.id).all()


def test_adding_a_day_moves_the_open_and_tells_both_sides(
    cast: Any, filed: Any, add: Any, at: datetime
) -> None:
    request, answered = filed("telegram"), filed("x")
    with transaction():
        service.answer(answered, Answer.PARTLY, reason="Half.", by=cast.rival.as_actor(), at=at)

    add()

    assert request.due_at == end_of_day(NEXT)
    assert moves(request) == [(Because.HOLIDAY_ADDED, ON, end_of_day(DUE), end_of_day(NEXT), None)]
    assert (answered.due_at, moves(answered)) == (end_of_day(DUE), [])
    assert {letter.account_id for letter in told()} == {
        cast.delegate.id, cast.company_admin.id, cast.police.id,
    }  # fmt: skip
    assert "Thu 12 Mar 2026 is a day off now: Temporary holiday." in told()[0].body
    verbs = [event.verb for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]
    assert verbs[-2:] == ["information_requests:move_deadline", "holidays:add"]


def test_taking_it_out_moves_them_back(filed: Any, add: Any, drop: Any, at: datetime) -> None:
    request, holiday = filed("telegram"), add()

    drop(holiday, at + timedelta(days=1))

    assert request.due_at == end_of_day(DUE)
    assert [(why, to) for why, _on, _from, to, _count in moves(request)] == [
        (Because.HOLIDAY_ADDED, end_of_day(NEXT)), (Because.HOLIDAY_DROPPED, end_of_day(DUE)),
    ]  # fmt: skip


def test_an_announced_deadline_is_never_cut_before_the_end_of_today(
    filed: Any, add: Any, drop: Any
) -> None:
    request, holiday = filed("telegram"), add()
    morning = end_of_day(DUE) + timedelta(hours=9)

    drop(holiday, morning)

    assert request.due_at == end_of_day(NEXT)
    assert moves(request)[1:] == []
    # Two days more than the count: cut to the end of the day of the change, with the count beside.


def test_a_cut_stops_at_the_end_of_the_day_and_says_what_the_count_gives(
    filed: Any, add: Any, drop: Any, at: datetime
) -> None:
    request, first = filed("telegram"), add()
    second = add(on=date(2026, 3, 13))
    assert request.due_at == end_of_day(date(2026, 3, 18))

    drop(first, end_of_day(DUE) + timedelta(hours=1))
    drop(second, end_of_day(DUE) + timedelta(hours=2))

    assert request.due_at == end_of_day(NEXT)
    assert moves(request)[2:] == [
        (Because.HOLIDAY_DROPPED, ON, end_of_day(date(2026, 3, 18)), end_of_day(NEXT), None)
    ]


def test_what_was_overdue_is_in_time_again_and_told_again(filed: Any, add: Any) -> None:
    request = filed("telegram")
    late = request.due_at + timedelta(hours=9)
    with transaction():
        service.note_overdue(request, at=late)

    add(late)

    assert (request.is_overdue(late), request.overdue_noted_at) == (False, None)
    with transaction():
        service.note_overdue(request, at=late + timedelta(days=1))
    assert [one.step for one in queries.events(request.id)] == [
        Step.FILED, Step.OVERDUE, Step.DEADLINE_MOVED, Step.OVERDUE,
    ]  # fmt: skip


def test_days_elsewhere_and_outside_the_period_move_nothing(filed: Any, add: Any) -> None:
    request = filed("telegram")

    add(country="US")
    add(on=date(2026, 3, 18))
    add(on=date(2026, 3, 14))  # a Saturday

    assert (moves(request), told()) == ([], [])


def test_the_preview_shows_days_and_counts_and_stores_nothing(
    cast: Any, filed: Any, visit: Any
) -> None:
    request = filed("telegram")
    filed("x")

    page = unescape(visit(cast.administrator, "POST", "/holidays/", VALUES).get_data(as_text=True))

    assert "Mon 16 Mar 2026, 23:59" in page and "Tue 17 Mar 2026, 23:59" in page
    assert 'data-label="Requests">2<' in page
    assert "KNPA" not in page and "Telegram" not in page
    db.session.refresh(request)
    assert (db.session.query(Holiday).count(), request.due_at) == (0, end_of_day(DUE))

    done = visit(cast.administrator, "POST", "/holidays/", VALUES | {"confirmed": "y"})
    db.session.refresh(request)
    assert (done.status_code, request.due_at) == (303, end_of_day(NEXT))


def test_the_preview_of_a_day_that_goes_says_what_is_kept(
    cast: Any, filed: Any, add: Any, visit: Any, at: datetime
) -> None:
    filed("telegram")
    add()
    add(on=date(2026, 3, 13))
    holiday = db.session.query(Holiday).filter_by(on=ON).one()
    with clock.stopped_at(end_of_day(NEXT) + timedelta(hours=1)):
        page = visit(cast.administrator, "GET", f"/holidays/{holiday.id}/drop")

    said = unescape(page.get_data(as_text=True))
    assert "No open deadline moves." in said
    assert db.session.query(Holiday).count() == 2


@pytest.mark.parametrize("part", ["officer", "police", "delegate", "rival"])
def test_nobody_else_sees_the_preview(cast: Any, add: Any, visit: Any, part: str) -> None:
    holiday = add()

    assert visit(getattr(cast, part), "GET", f"/holidays/{holiday.id}/drop").status_code == 404


def test_the_calendar_itself_is_followed(filed: Any, add: Any, at: datetime) -> None:
    """A request that was stored without a day that is known now, as after a new calendar."""
    request = filed("telegram")
    request.due_at = end_of_day(date(2026, 3, 13))
    db.session.commit()

    with transaction():
        assert service.follow_calendar(at=at) == 1
    with transaction():
        assert service.follow_calendar(at=at) == 0

    assert moves(request) == [
        (Because.CALENDAR_CHANGED, None, end_of_day(date(2026, 3, 13)), end_of_day(DUE), None)
    ]
