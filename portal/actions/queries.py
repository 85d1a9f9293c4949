"""Questions about action items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal.access.actor import Actor
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.actions.models import (
    CLOSED,
    COUNTED,
    OPEN,
    OWED,
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentStatus,
    Assignment,
    Digest,
    DueDate,
    ProgressReport,
    Rhythm,
)
from portal.consultations.models import Consultation, Side
from portal.core.calendar import month_of, month_start, next_month
from portal.core.db import db
from portal.minutes.models import Outcome

SHOWS = ("mine", "open", "overdue", "unassigned", "closed", "all")
FIRST_REMINDER = timedelta(days=16)
"""Two weeks before, and a day for zones."""
TWO_WEEKS = timedelta(days=14)
LIVE = (*OPEN, ActionStatus.PROPOSED)
WITH_COMPANY = (joinedload(ActionItem.company),)


def waiting_for(side: Side | str) -> ColumnElement[bool]:
    """What waits for a side: what it owes, must examine, or was asked for and has not answered.

    An item can wait for both at once: who owes it goes on owing it while the other side has a
    request of theirs to answer.
    """
    asked_of_it = select(Amendment.action_item_id).where(
        Amendment.status == AmendmentStatus.ASKED, Amendment.asked_side != side
    )
    # One condition of whole rows, not three that an index could each look up: then the rows are
    # read in the order they are shown in, and reading ends with the page.
    next_step = case(
        (ActionItem.owner == side, case((ActionItem.status.in_(OWED), 1), else_=0)),
        (ActionItem.status == ActionStatus.REPORTED_DONE, 1),
        else_=0,
    )
    return or_(next_step == 1, and_(ActionItem.id.in_(asked_of_it), ActionItem.status.in_(LIVE)))


def is_unassigned() -> ColumnElement[bool]:
    """What is open and nobody answers for by name, or somebody whose access has ended."""
    named = select(Account.id).where(Account.deactivated_at.is_(None))
    return and_(
        ActionItem.status.in_(OPEN),
        or_(ActionItem.contact_id.is_(None), ActionItem.contact_id.not_in(named)),
    )


VIEWS: dict[str, Callable[[Actor, Any], ColumnElement[bool]]] = {
    "mine": lambda actor, _at: waiting_for(actor.side),
    "open": lambda _actor, _at: ActionItem.status.in_(LIVE),
    "overdue": lambda _actor, at: and_(ActionItem.status.in_(OWED), ActionItem.due_at < at),
    "unassigned": lambda _actor, _at: is_unassigned(),
    "closed": lambda _actor, _at: ActionItem.status.in_(CLOSED),
}
"""Which rows each view of the list shows; what waits for a side is what it must answer next."""


def _narrowed(statement: Any, company_id: int | None, consultation_id: int | None) -> Any:
    if company_id is not None:
        statement = statement.where(ActionItem.company_id == company_id)
    if consultation_id is not None:
        statement = statement.where(ActionItem.consultation_id == consultation_id)
    return statement


def counts(
    actor: Actor,
    *,
    at: datetime,
    company_id: int | None = None,
    consultation_id: int | None = None,
    also: Sequence[ColumnElement[bool]] = (),
    besides: Mapping[str, ColumnElement[bool]] | None = None,
) -> dict[str, int]:
    """How many rows each view of the list has, where `also` holds, in one query; `all` among them.

    `besides` are further conditions, counted under their names.
    """
    conditions = {name: view(actor, at) for name, view in VIEWS.items()} | dict(besides or {})
    counted = [func.count(case((c, 1))) for c in conditions.values()]
    statement = select(func.count(), *counted).select_from(ActionItem).where(*also)
    row = db.session.execute(_narrowed(statement, company_id, consultation_id)).one()
    return dict(zip(("all", *conditions), row, strict=True))


def condition_of(show: str, actor: Actor, *, at: Any) -> ColumnElement[bool] | None:
    """What holds for the rows of one view of the list; None for the view of all."""
    return VIEWS[show](actor, at) if show in VIEWS else None


def listed(
    show: str,
    actor: Actor,
    *,
    at: datetime,
    company_id: int | None = None,
    consultation_id: int | None = None,
    options: Sequence[Any] = WITH_COMPANY,
) -> Select[Any]:
    """Action items of one view of the list, the soonest due first."""
    condition = condition_of(show, actor, at=at)
    statement = select(ActionItem).options(*options)
    if condition is not None:
        statement = statement.where(condition)
    statement = _narrowed(statement, company_id, consultation_id)
    if show in ("closed", "all"):
        return statement.order_by(ActionItem.due_at.desc(), ActionItem.id.desc())
    return statement.order_by(ActionItem.due_at, ActionItem.id)


def serial_of(consultation_id: int) -> str | None:
    """The serial of a consultation, if the reader may know of it."""
    return db.session.scalar(select(Consultation.serial).where(Consultation.id == consultation_id))


def with_all(item: ActionItem) -> ActionItem:
    """The item with all that its page shows, so that a page asks for each thing once."""
    found = db.session.scalars(
        select(ActionItem)
        .options(
            joinedload(ActionItem.company),
            joinedload(ActionItem.consultation),
            joinedload(ActionItem.contact),
            joinedload(ActionItem.superseded_by),
            # A few rows each: joined they cost less than a question of their own.
            joinedload(ActionItem.supersedes),
            joinedload(ActionItem.due_dates).joinedload(DueDate.amendment),
            joinedload(ActionItem.assignments).joinedload(Assignment.contact),
            selectinload(ActionItem.amendments).joinedload(Amendment.replacement),
            selectinload(ActionItem.progress_reports),
        )
        .where(ActionItem.id == item.id)
        .execution_options(populate_existing=True)
    )
    return found.unique().one()


def of_side(company_id: int, side: Side) -> list[Account]:
    """Who is written to for one side of the table with a company."""
    if side is Side.COMPANY:
        return accounts.of_company(company_id)
    return accounts.officers_for(company_id)


def on_side(item: ActionItem, side: Side) -> list[Account]:
    """Who is written to for one side of an action item."""
    return of_side(item.company_id, side)


def owners(item: ActionItem) -> list[Account]:
    """Who is written to for the side that owes an item."""
    return on_side(item, item.owner)


def examiners(item: ActionItem) -> list[Account]:
    """Who is written to for the side that verifies an item."""
    return on_side(item, other(item.owner))


def other(side: Side) -> Side:
    """The side across the table."""
    return Side.INSTITUTION if side is Side.COMPANY else Side.COMPANY


def outcome_of(item: ActionItem) -> Outcome | None:
    """The outcome, in its minutes item, in which a promise was agreed."""
    if item.outcome_id is None:
        return None
    return db.session.scalar(
        select(Outcome).options(joinedload(Outcome.item)).where(Outcome.id == item.outcome_id)
    )


def open_for(company_id: int) -> Sequence[ActionItem]:
    """What is open between us and a company, on both sides, the soonest due first."""
    return db.session.scalars(
        select(ActionItem)
        .where(ActionItem.company_id == company_id, ActionItem.status.in_(OPEN))
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()


def due_in(month: str, company_id: int | None = None) -> Sequence[ActionItem]:
    """Agreed action items of both sides that fell due in a month, in Korean time."""
    statement = (
        select(ActionItem)
        .where(
            ActionItem.due_at >= month_start(month),
            ActionItem.due_at < month_start(next_month(month)),
            ActionItem.status.in_(COUNTED),
        )
        .order_by(ActionItem.due_at, ActionItem.id)
    )
    if company_id is not None:
        statement = statement.where(ActionItem.company_id == company_id)
    return db.session.scalars(statement).all()


@dataclass(frozen=True, slots=True)
class MonthCount:
    """The action items that fell due in one month: done in time, done late, and not done."""

    month: str
    in_time: int
    late: int
    open: int


def by_month(
    first: str, last: str, *, at: datetime, company_id: int | None = None
) -> list[MonthCount]:
    """How the action items of each month stand at an instant, in one query."""
    statement = select(ActionItem.due_at, ActionItem.done_at).where(
        ActionItem.due_at >= month_start(first),
        ActionItem.due_at < month_start(next_month(last)),
        ActionItem.status.in_(COUNTED),
    )
    if company_id is not None:
        statement = statement.where(ActionItem.company_id == company_id)
    numbers: dict[str, list[int]] = {}
    month = first
    while month <= last:
        numbers[month] = [0, 0, 0]
        month = next_month(month)
    for due_at, done_at in db.session.execute(statement):
        in_time, late, not_done = 0, 1, 2
        place = in_time if done_at is not None and done_at <= due_at else late
        numbers[month_of(due_at)][not_done if done_at is None or done_at > at else place] += 1
    return [MonthCount(month, *three) for month, three in numbers.items()]


def replacements(item: ActionItem) -> Sequence[ActionItem]:
    """Open items of the same owner towards the same side, one of which may take an item's place."""
    return db.session.scalars(
        select(ActionItem)
        .where(
            ActionItem.company_id == item.company_id,
            ActionItem.owner == item.owner,
            ActionItem.status.in_(OPEN),
            ActionItem.id != item.id,
        )
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()


def with_rhythm() -> Sequence[ActionItem]:
    """What is owed and reported on by a rhythm."""
    return db.session.scalars(
        select(ActionItem)
        .where(ActionItem.status.in_(OWED), ActionItem.rhythm != Rhythm.NONE)
        .order_by(ActionItem.id)
    ).all()


def progress_to_remind(*, at: datetime) -> Sequence[ProgressReport]:
    """Progress reports that their owner owes soon or late, the most overdue first."""
    return db.session.scalars(
        select(ProgressReport)
        .join(ProgressReport.action_item)
        .options(contains_eager(ProgressReport.action_item))
        .where(
            ProgressReport.filed_at.is_(None),
            ActionItem.status.in_(OWED),
            ProgressReport.due_at <= at + FIRST_REMINDER,
        )
        .order_by(ProgressReport.due_at, ProgressReport.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one side of one company: the content of a weekly letter."""

    owed: Sequence[ActionItem]
    progress: Sequence[ProgressReport]
    to_examine: Sequence[ActionItem]
    to_answer: Sequence[ActionItem]
    unassigned: Sequence[ActionItem]

    def __bool__(self) -> bool:
        return any((self.owed, self.progress, self.to_examine, self.to_answer, self.unassigned))


def open_companies() -> list[int]:
    """The companies with which anything is open on either side."""
    return list(
        db.session.scalars(
            select(ActionItem.company_id)
            .where(ActionItem.status.in_(LIVE))
            .distinct()
            .order_by(ActionItem.company_id)
        )
    )


def waiting_in(company_id: int, side: Side, *, at: datetime) -> Waiting:
    """What one side owes within two weeks or late, must examine, answer, or has named nobody for."""
    items = db.session.scalars(
        select(ActionItem)
        .options(joinedload(ActionItem.contact), selectinload(ActionItem.amendments))
        .where(ActionItem.company_id == company_id, ActionItem.status.in_(LIVE))
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()
    asked = [(item, item.pending()) for item in items]
    return Waiting(
        owed=[
            item
            for item in items
            if item.owner is side and item.status in OWED and item.due_at <= at + TWO_WEEKS
        ],
        progress=[
            report
            for report in progress_to_remind(at=at)
            if report.company_id == company_id
            and report.action_item.owner is side
            and report.due_at <= at + TWO_WEEKS
        ],
        to_examine=[
            item
            for item in items
            if item.owner is not side and item.status is ActionStatus.REPORTED_DONE
        ],
        to_answer=[item for item, change in asked if change and change.asked_side is not side],
        unassigned=[
            item
            for item in items
            if item.owner is side and item.status in OPEN and item.is_unassigned
        ],
    )


def digest_of(company_id: int, side: Side, *, week_on: date) -> Digest | None:
    """The weekly letter to one side of a company, if it was written."""
    return db.session.scalar(
        select(Digest).where(
            Digest.company_id == company_id, Digest.side == side, Digest.week_on == week_on
        )
    )


def to_remind(*, at: datetime) -> Sequence[ActionItem]:
    """What its owner owes soon or late, the most overdue first; the service knows the day."""
    return db.session.scalars(
        select(ActionItem)
        .where(ActionItem.status.in_(OWED), ActionItem.due_at <= at + FIRST_REMINDER)
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()
