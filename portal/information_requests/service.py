"""What is done with information requests."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company, Platform
from portal.core.audit import record, record_many
from portal.core.calendar import add_working_days, end_of_day
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.holidays import queries as holidays
from portal.holidays.service import Change, Follower, Move, followers
from portal.information_requests import letters, queries
from portal.information_requests.models import (
    Answer,
    Because,
    Extension,
    InformationRequest,
    InformationRequestEvent,
    Step,
)

WORKING_DAYS = 10
NUMBER = re.compile(r"[\w./ -]{1,60}")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_BASIS = 200
LONGEST_REASON = 500
LONGEST_EXTENSION = timedelta(days=60)


def deadline(delivered_at: datetime, extra: Collection[date] = ()) -> datetime:
    """The last instant in time: the end of the tenth Korean working day after the delivery.

    `extra` are days off that the calendar of public holidays does not know.
    """
    return end_of_day(add_working_days(local_date(delivered_at), WORKING_DAYS, extra))


def file(
    platform: Platform,
    *,
    request_no: str,
    kind: str,
    legal_basis: str,
    delivered_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> InformationRequest:
    """Put a question to a platform. The case itself, and whom it concerns, is not stored here."""
    number = request_no.strip()
    if not NUMBER.fullmatch(number):
        raise FieldError("request_no", _("Use letters, digits, - . / only, at most 60."))
    if not legal_basis.strip():
        raise FieldError("legal_basis", _("Name the law and article."))
    if len(legal_basis.strip()) > LONGEST_BASIS:
        raise FieldError("legal_basis", _("At most %(most)s characters.", most=LONGEST_BASIS))
    for field, text in (("request_no", number), ("legal_basis", legal_basis)):
        refuse_personal_data(text, field=field)
    when = delivered_at or at
    if when > at:
        raise FieldError("delivered_at", _("This lies in the future. Check the time."))
    if when < EARLIEST:
        raise FieldError("delivered_at", _("Choose a year between 2000 and 2100."))
    platform.check_run_on(local_date(when), field="delivered_at")
    platform.company.check_lasts(local_date(when), field="delivered_at")
    with beyond_scope("a number is unique for the company, whoever files"):
        # Who files for the same company at the same moment waits here and then sees the number.
        db.session.execute(
            select(Company.id).where(Company.id == platform.company_id).with_for_update()
        )
        taken = db.session.scalar(
            select(InformationRequest.id).where(
                InformationRequest.company_id == platform.company_id,
                InformationRequest.request_no == number,
            )
        )
    if taken is not None:
        raise FieldError("request_no", _("This number is taken. Each request has its own."))
    made = InformationRequest(
        request_no=number,
        company_id=platform.company_id,
        platform_id=platform.id,
        filed_by_id=by.account_id,
        legal_basis=legal_basis.strip(),
        kind=kind,
        delivered_at=when,
        due_at=deadline(when, holidays.extra_days_now("KR")),
    )
    db.session.add(made)
    db.session.flush()
    _note(made, Step.FILED, by=by, at=at, due_to=made.due_at)
    record("information_requests:file", made, by=by, at=at, number=number, due_at=made.due_at)
    letters.filed(made, at=at)
    return made


def answer(
    request: InformationRequest, given: Answer, *, reason: str = "", by: Actor, at: datetime
) -> None:
    """Note that the company has answered; the answer itself goes to the police, not here.

    One in part may be followed by others; `answered_at` stays that of the first, as R5 counts it.
    """
    clock, at = at, _begin(request, at=at)
    if by.organisation_id != request.company_id:
        raise Refused(_("Only the company that was asked records its answer."))
    if not request.may_be_answered:
        raise Refused(_("This request was answered already."))
    if given is not Answer.ANSWERED and not reason.strip():
        raise FieldError("reason", _("Say why it was not answered in full: it is kept."))
    if len(reason.strip()) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(reason, field="reason")
    request.answer, request.reason = given, reason.strip() or None
    request.answered_at = request.answered_at or at
    _note(request, Step.ANSWERED, by=by, at=at, clock=clock, answer=given, reason=request.reason)
    record("information_requests:answer", request, by=by, at=at, number=request.request_no,
           answer=given.value, is_late=request.is_late())  # fmt: skip
    letters.answered(request, at=at)


def remind(request: InformationRequest, *, at: datetime) -> None:
    """Remind the company once, shortly before the deadline."""
    hold(request)
    if request.is_answered or request.is_overdue(at):
        return
    _keep_what_was_imported(request)
    if told := letters.reminder(request, at=at):
        _note(request, Step.REMINDED, by=CLOCK, at=at)
        record("information_requests:remind", request, by=CLOCK, at=at,
               number=request.request_no, told=told)  # fmt: skip


def note_overdue(request: InformationRequest, *, at: datetime) -> None:
    """Tell both sides once that the deadline has passed."""
    hold(request)
    if request.overdue_noted_at is not None or not request.is_overdue(at):
        return
    _keep_what_was_imported(request)
    request.overdue_noted_at = _note(request, Step.OVERDUE, by=CLOCK, at=at)
    record("information_requests:overdue", request, by=CLOCK, at=at, number=request.request_no)
    letters.overdue(request, at=at)


def ask_extension(
    request: InformationRequest, until: date, *, reason: str, by: Actor, at: datetime
) -> None:
    """Ask the police, once and before the deadline, to wait until the end of a day in Korea."""
    clock, at = at, _begin(request, at=at)
    if by.organisation_id != request.company_id:
        raise Refused(_("Only the company that was asked asks for more time."))
    if request.is_answered:
        raise Refused(_("This request was answered already."))
    if request.extension is not None:
        raise Refused(_("More time is asked for once. Write to the police liaison instead."))
    if request.due_at < at:
        raise Refused(_("The deadline has passed. Answer as soon as you can."))
    end = _extended(request, until, at=at)
    said = _reason(reason)
    request.extension = Extension.ASKED
    _note(request, Step.EXTENSION_ASKED, by=by, at=at, clock=clock, reason=said,
          due_from=request.due_at, due_to=end)  # fmt: skip
    record("information_requests:ask_extension", request, by=by, at=at, number=request.request_no,
           until=end)  # fmt: skip
    letters.extension_asked(request, at=at)


def decide_extension(
    request: InformationRequest,
    *,
    is_granted: bool,
    until: date | None = None,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """Grant or refuse more time, with the reason. The deadline itself stays, and so does R5."""
    clock, at = at, _begin(request, at=at)
    if request.extension is not Extension.ASKED:
        raise Refused(_("Nothing waits for a decision here."))
    if request.is_answered:
        raise Refused(_("This request was answered already."))
    said = _reason(reason)
    end = None
    if is_granted:
        if until is None:
            raise FieldError("until", _("Say until when."))
        end = _extended(request, until, at=at)
        request.extension, request.extended_until = Extension.GRANTED, end
        request.overdue_noted_at = None
    else:
        request.extension = Extension.REFUSED
    _note(request, Step(request.extension.value), by=by, at=at, clock=clock, reason=said,
          due_from=request.due_at, due_to=end)  # fmt: skip
    record("information_requests:decide_extension", request, by=by, at=at,
           number=request.request_no, is_granted=is_granted, until=end)  # fmt: skip
    letters.extension_decided(request, at=at)


def _extended(request: InformationRequest, until: date, *, at: datetime) -> datetime:
    """The end of an extension; it lies after the deadline and after now, within reason."""
    end = end_of_day(until)
    if end <= request.due_at or end <= at:
        raise FieldError("until", _("Choose a day after the deadline and after today."))
    if end > request.due_at + LONGEST_EXTENSION:
        raise FieldError("until", _("At most 60 days after the deadline."))
    return end


def _reason(text: str) -> str:
    said = text.strip()
    if not said:
        raise FieldError("reason", _("Give the reason: it is kept."))
    if len(said) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(said, field="reason")
    return said


def fair(due_at: datetime, counted: datetime, *, at: datetime) -> datetime:
    """The deadline after the count has changed; see docs/decisions/010.

    A later one holds at once. An earlier one holds, but never before the end of the day of the
    change in Korea; what has passed already stays where it was.
    """
    if counted >= due_at:
        return counted
    return max(counted, min(due_at, end_of_day(local_date(at))))


def _moving(
    before: Collection[date], after: Collection[date], *, at: datetime, is_held: bool
) -> Iterator[tuple[InformationRequest, datetime, datetime]]:
    """Each open request of which another set of days moves the deadline: new one and count."""
    for request in queries.unanswered(is_held=is_held):
        counted = deadline(request.delivered_at, after)
        if counted == deadline(request.delivered_at, before):
            continue
        due_at = fair(request.due_at, counted, at=at)
        if due_at != request.due_at:
            yield request, due_at, counted


def moves(change: Change, at: datetime) -> list[Move]:
    """The open deadlines that a holiday would move; asked before it is in the table, or out."""
    if change.country != "KR":
        return []
    before = holidays.extra_days_now("KR")
    after = before | {change.on} if change.is_added else before - {change.on}
    with beyond_scope("a holiday moves the deadlines of every company; only days are shown"):
        return [
            Move(request.due_at, due_at, counted)
            for request, due_at, counted in _moving(before, after, at=at, is_held=False)
        ]


def follow(change: Change, by: Actor, at: datetime) -> int:
    """Move the open deadlines with the table, which has changed in this transaction already."""
    if change.country != "KR":
        return 0
    after = holidays.extra_days_now("KR")
    before = after - {change.on} if change.is_added else after | {change.on}
    because = Because.HOLIDAY_ADDED if change.is_added else Because.HOLIDAY_DROPPED
    named = {"holiday_on": change.on, "holiday_ko": change.name_ko, "holiday_en": change.name_en}
    with beyond_scope("a holiday moves the deadlines of every company"):
        moving = list(_moving(before, after, at=at, is_held=True))
        _move(moving, because, named, by=by, at=at)
    return len(moving)


followers.append(Follower(moves, follow))


def follow_calendar(*, at: datetime) -> int:
    """Move open deadlines after the calendar of public holidays itself, where it learnt of a day.

    Only what was filed here: an import keeps the deadline it came with. Also finds a request that
    was filed in the very moment in which the table changed.
    """
    extra = holidays.extra_days_now("KR")
    moving = []
    for request in queries.unanswered(is_held=True):
        counted = deadline(request.delivered_at, extra)
        due_at = fair(request.due_at, counted, at=at)
        if request.last_event_at is not None and due_at != request.due_at:
            moving.append((request, due_at, counted))
    _move(moving, Because.CALENDAR_CHANGED, {}, by=CLOCK, at=at)
    return len(moving)


def _move(
    moving: Collection[tuple[InformationRequest, datetime, datetime]],
    because: Because,
    named: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> None:
    acts = []
    for request, due_at, counted in moving:
        _keep_what_was_imported(request)
        was, request.due_at = request.due_at, due_at
        if due_at > at:
            request.overdue_noted_at = None  # it is told again if the later deadline passes too
        _note(request, Step.DEADLINE_MOVED, by=by, at=at, because=because, due_from=was,
              due_to=due_at, counted_to=None if counted == due_at else counted,
              **named)  # fmt: skip
        acts.append((request, {"number": request.request_no, "because": because.value,
                               "due_from": was, "due_to": due_at}))  # fmt: skip
        letters.moved(request, was, because, named, at=at)
    if acts:
        record_many("information_requests:move_deadline", acts, by=by, at=at)


def _begin(request: InformationRequest, *, at: datetime) -> datetime:
    """Lock a request; give the time of what is done now, never before what was entered last."""
    hold(request)
    _keep_what_was_imported(request)
    return max(at, request.last_event_at or at)


def _keep_what_was_imported(request: InformationRequest) -> None:
    """What an import brought becomes events first, so that nothing its columns said is lost."""
    if request.last_event_at is not None:
        return
    for one in request.stored_moments():
        _note(request, one.step, by=CLOCK, at=one.at, answer=one.answer, reason=one.reason,
              due_to=one.due_to)  # fmt: skip


def _note(
    request: InformationRequest,
    step: Step,
    *,
    by: Actor,
    at: datetime,
    clock: datetime | None = None,
    **said: Any,
) -> datetime:
    """Add an event and give its time: never before the one before, however the clock was put.

    `clock` is what the clock said, where the caller has moved `at` after the last event already.
    """
    clock = clock or at
    when = max(at, request.last_event_at or at)
    db.session.add(
        InformationRequestEvent(
            request_id=request.id, step=step, at=when, clock_at=None if when == clock else clock,
            by_id=by.account_id, **said,
        )
    )  # fmt: skip
    request.last_event_at = when
    return when
