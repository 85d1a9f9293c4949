"""Questions about information requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.campaigns.models import Campaign
from portal.core.calendar import (
    add_working_days,
    end_of_day,
    month_of,
    month_start,
    next_month,
    start_of_day,
)
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.i18n import language
from portal.core.outbox import Letter
from portal.holidays import queries as holidays
from portal.information_requests import counting
from portal.information_requests.models import (
    Answer,
    Extension,
    InformationRequest,
    InformationRequestEvent,
    Step,
)

Q = InformationRequest
STATES = (
    "unanswered", "overdue", "extension_asked", "extension_granted", "answered", "partly", "late",
)  # fmt: skip
SOON = timedelta(days=3)
REMIND_BEFORE = 2
"""How many working days before the deadline the company is reminded."""
REMINDER = "information_requests:remind"
MONTHS_SHOWN = 24
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list or a file is narrowed to; empty is no limit."""

    company_id: int | None = None
    state: str = ""
    month: str = ""
    campaign: Campaign | None = None
    """Only what was delivered while it ran."""


def is_past(at: datetime) -> ColumnElement[bool]:
    """The condition that the deadline has passed, and an extension too where there is one."""
    return and_(Q.due_at < at, or_(Q.extended_until.is_(None), Q.extended_until < at))


def in_state(state: str, at: datetime) -> ColumnElement[bool]:
    """The condition for a state of the list."""
    return {
        "unanswered": Q.answered_at.is_(None),
        "overdue": and_(Q.answered_at.is_(None), is_past(at)),
        "extension_asked": and_(Q.answered_at.is_(None), Q.extension == Extension.ASKED),
        "extension_granted": Q.extension == Extension.GRANTED,
        "partly": Q.answer == Answer.PARTLY,
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
    if chosen.campaign is not None:
        yield Q.delivered_at >= start_of_day(chosen.campaign.starts_on, "Asia/Seoul")
        yield Q.delivered_at <= end_of_day(chosen.campaign.ends_on)


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
            func.count(case((is_past(at), 1))),
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
    due = case((Q.extended_until > Q.due_at, Q.extended_until), else_=Q.due_at)
    until = end_of_day(add_working_days(local_date(at), REMIND_BEFORE, holidays.extra_days("KR")))
    return db.session.scalars(
        select(Q)
        .where(Q.answered_at.is_(None), due >= at, due <= until, ~reminded)
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


def counted(request: InformationRequest, days: int) -> list[counting.Day]:
    """The deadline day by day, with the names of holidays in the reader's language."""
    start = local_date(request.delivered_at)
    public, own = holidays.public_and_own("KR", start.year, start.year + 1, language())
    return counting.counted(start, days, public, own)


def events(request_id: int) -> Sequence[InformationRequestEvent]:
    """What happened to a request, in order."""
    return db.session.scalars(
        select(InformationRequestEvent)
        .where(InformationRequestEvent.request_id == request_id)
        .order_by(InformationRequestEvent.id)
    ).all()


def asked_until(events: Sequence[InformationRequestEvent]) -> datetime | None:
    """Until when the company asked for more time, if it did."""
    asked = [one.due_to for one in events if one.step is Step.EXTENSION_ASKED]
    return asked[-1] if asked else None


def unanswered(*, is_held: bool) -> Sequence[InformationRequest]:
    """Every request without an answer, by number; held for a change where that follows."""
    open_ones = select(Q).where(Q.answered_at.is_(None)).order_by(Q.id)
    if is_held:
        open_ones = open_ones.with_for_update(of=Q).execution_options(populate_existing=True)
    return db.session.scalars(open_ones).all()


@dataclass(frozen=True, slots=True)
class Volume:
    """The requests delivered in a month: answered by the deadline, later, and not at all."""

    month: str
    in_time: int
    late: int
    unanswered: int


def volumes(chosen: Filter, *, at: datetime) -> list[Volume]:
    """The requests by the month of their delivery, of two years, or around a chosen campaign.

    One query: each month is counted in it, as neither database groups by months in Korea alike.
    """
    if chosen.campaign is not None:
        first = next_month(f"{chosen.campaign.starts_on:%Y-%m}", -2)
        last = next_month(f"{chosen.campaign.ends_on:%Y-%m}", 2)
    else:
        first, last = next_month(month_of(at), -MONTHS_SHOWN + 1), month_of(at)
    months = [first]
    while months[-1] < last and len(months) < MOST_MONTHS:
        months.append(next_month(months[-1]))
    kinds = (
        Q.answered_at <= Q.due_at,
        Q.answered_at > Q.due_at,
        Q.answered_at.is_(None),
    )
    within = [
        and_(Q.delivered_at >= month_start(month), Q.delivered_at < month_start(next_month(month)))
        for month in months
    ]
    columns = [func.count(case((and_(month, kind), 1))) for month in within for kind in kinds]
    asked = select(*columns).select_from(Q).where(
        Q.delivered_at >= month_start(first), Q.delivered_at < month_start(next_month(months[-1]))
    )  # fmt: skip
    if chosen.company_id is not None:
        asked = asked.where(Q.company_id == chosen.company_id)
    row = list(db.session.execute(asked).one())
    return [Volume(month, *row[3 * i : 3 * i + 3]) for i, month in enumerate(months)]
