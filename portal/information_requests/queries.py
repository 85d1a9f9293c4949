"""Questions about information requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.calendar import (
    add_working_days,
    end_of_day,
    month_start,
    next_month,
)
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.i18n import language
from portal.core.outbox import Letter
from portal.holidays import queries as holidays
from portal.information_requests.models import InformationRequest

Q = InformationRequest
STATES = ("unanswered", "overdue", "answered", "late")
SOON = timedelta(days=3)
REMIND_BEFORE = 2
"""How many working days before the deadline the company is reminded."""
REMINDER = "information_requests:remind"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list or a file is narrowed to; empty is no limit."""

    company_id: int | None = None
    state: str = ""
    month: str = ""


def in_state(state: str, at: datetime) -> ColumnElement[bool]:
    """The condition for a state of the list."""
    return {
        "unanswered": Q.answered_at.is_(None),
        "overdue": and_(Q.answered_at.is_(None), Q.due_at < at),
        "answered": Q.answered_at.is_not(None),
        "late": Q.answered_at > Q.due_at,
    }[state]


def _conditions(chosen: Filter, at: datetime) -> Iterator[ColumnElement[bool]]:
    if chosen.company_id is not None:
        yield Q.company_id == chosen.company_id
    if chosen.state in STATES:
        yield in_state(chosen.state, at)
    if chosen.month:
        yield Q.due_at >= month_start(chosen.month)
        yield Q.due_at < month_start(next_month(chosen.month))


def listed(chosen: Filter, *, at: datetime) -> Select[Any]:
    """The list: without an answer first, what is due next on top; then the newest."""
    return (
        select(Q)
        .options(joinedload(Q.platform), joinedload(Q.company))
        .where(*_conditions(chosen, at))
        .order_by(
            case((Q.answered_at.is_(None), 0), else_=1),
            case((Q.answered_at.is_(None), Q.due_at)),
            Q.due_at.desc(),
            Q.id.desc(),
        )
    )


def waiting(*, at: datetime) -> dict[str, int]:
    """How many wait for an answer, and how many of these are overdue or due soon; one query."""
    row = db.session.execute(
        select(
            func.count(Q.id),
            func.count(case((Q.due_at < at, 1))),
            func.count(case((and_(Q.due_at >= at, Q.due_at < at + SOON), 1))),
        ).where(Q.answered_at.is_(None))
    ).one()
    return dict(zip(("unanswered", "overdue", "soon"), row, strict=True))


def rows_for_export(chosen: Filter, *, at: datetime) -> Sequence[InformationRequest]:
    """Every row of a file, in the order of the list."""
    return db.session.scalars(listed(chosen, at=at)).all()


def newly_overdue(*, at: datetime) -> Sequence[InformationRequest]:
    """Those whose deadline has passed without an answer, and of which nobody was told yet."""
    return db.session.scalars(
        select(Q)
        .where(in_state("overdue", at), Q.overdue_noted_at.is_(None))
        .order_by(Q.due_at, Q.id)
    ).all()


def to_remind(*, at: datetime) -> Sequence[InformationRequest]:
    """Those due within two working days of which the company was not reminded yet.

    The letter itself is the record that it was: it is kept as proof of the notification.
    """
    reminded = exists().where(
        Letter.organisation_id == Q.company_id,
        Letter.kind == REMINDER,
        Letter.about == Q.__tablename__,
        Letter.about_id == Q.id,
    )
    until = end_of_day(add_working_days(local_date(at), REMIND_BEFORE, holidays.extra_days("KR")))
    return db.session.scalars(
        select(Q)
        .where(Q.answered_at.is_(None), Q.due_at >= at, Q.due_at <= until, ~reminded)
        .order_by(Q.due_at, Q.id)
    ).all()


def filer(request: InformationRequest) -> Account | None:
    """The police officer who filed it, if a person did."""
    return db.session.get(Account, request.filed_by_id) if request.filed_by_id else None


def police_for(request: InformationRequest) -> list[Account]:
    """Whom of the police a letter goes to: who filed it; where that person left, all of them."""
    with beyond_scope("letters go to the other side"):
        person = filer(request)
    if person is not None and person.deactivated_at is None:
        return [person]
    return accounts.with_role(Role.POLICE)


def days_off(request: InformationRequest) -> list[tuple[date, str]]:
    """The public holidays on weekdays that moved the deadline, by name in the reader's language."""
    start, end = local_date(request.delivered_at), local_date(request.due_at)
    return [
        (day, name)
        for day, name in sorted(holidays.names_between("KR", start, end, language()).items())
        if start < day <= end and day.weekday() < 5
    ]
