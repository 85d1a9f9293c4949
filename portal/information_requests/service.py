"""What is done with information requests."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime

from sqlalchemy import select

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company, Platform
from portal.core.audit import record
from portal.core.calendar import add_working_days, end_of_day
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.holidays import queries as holidays
from portal.information_requests import letters
from portal.information_requests.models import Answer, InformationRequest

WORKING_DAYS = 10
NUMBER = re.compile(r"[\w./ -]{1,60}")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_BASIS = 200
LONGEST_REASON = 500


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
        due_at=deadline(when, holidays.extra_days("KR")),
    )
    db.session.add(made)
    db.session.flush()
    record("information_requests:file", made, by=by, at=at, number=number, due_at=made.due_at)
    letters.filed(made, at=at)
    return made


def answer(
    request: InformationRequest, given: Answer, *, reason: str = "", by: Actor, at: datetime
) -> None:
    """Note that the company has answered; the answer itself goes to the police, not here."""
    hold(request)
    if by.organisation_id != request.company_id:
        raise Refused(_("Only the company that was asked records its answer."))
    if request.answered_at is not None:
        raise Refused(_("This request was answered already."))
    if given is not Answer.ANSWERED and not reason.strip():
        raise FieldError("reason", _("Say why it was not answered in full: it is kept."))
    if len(reason.strip()) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(reason, field="reason")
    request.answer, request.answered_at, request.reason = given, at, reason.strip() or None
    record("information_requests:answer", request, by=by, at=at, number=request.request_no,
           answer=given.value, is_late=request.is_late())  # fmt: skip
    letters.answered(request, at=at)


def remind(request: InformationRequest, *, at: datetime) -> None:
    """Remind the company once, shortly before the deadline."""
    hold(request)
    if request.is_answered or request.is_overdue(at):
        return
    if told := letters.reminder(request, at=at):
        record("information_requests:remind", request, by=CLOCK, at=at,
               number=request.request_no, told=told)  # fmt: skip


def note_overdue(request: InformationRequest, *, at: datetime) -> None:
    """Tell both sides once that the deadline has passed."""
    hold(request)
    if request.overdue_noted_at is not None or not request.is_overdue(at):
        return
    request.overdue_noted_at = at
    record("information_requests:overdue", request, by=CLOCK, at=at, number=request.request_no)
    letters.overdue(request, at=at)
