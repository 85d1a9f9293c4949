"""Questions about action items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

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
)
from portal.consultations.models import Side
from portal.core.calendar import month_of, month_start, next_month
from portal.core.db import db
from portal.minutes.models import Outcome

SHOWS = ("mine", "open", "overdue", "unassigned", "closed", "all")
FIRST_REMINDER = timedelta(days=16)
"""Two weeks before, and a day for zones."""
LIVE = (*OPEN, ActionStatus.PROPOSED)


def waiting_for(side: Side | str) -> ColumnElement[bool]:
    """What waits for a side: what it owes, must examine, or was asked for and has not answered.

    An item can wait for both at once: who owes it goes on owing it while the other side has a
    request of theirs to answer.
    """
    asked_of_it = select(Amendment.action_item_id).where(
        Amendment.status == AmendmentStatus.ASKED, Amendment.asked_side != side
    )
    return or_(
        and_(ActionItem.owner == side, ActionItem.status.in_(OWED)),
        and_(ActionItem.owner != side, ActionItem.status == ActionStatus.REPORTED_DONE),
        and_(ActionItem.id.in_(asked_of_it), ActionItem.status.in_(LIVE)),
    )


def _conditions(actor: Actor, *, at: Any) -> dict[str, ColumnElement[bool]]:
    """Which rows each view of the list shows; what waits for a side is what it must answer next."""
    named = select(Account.id).where(Account.deactivated_at.is_(None))
    return {
        "mine": waiting_for(actor.side),
        "open": ActionItem.status.in_(LIVE),
        "overdue": and_(ActionItem.status.in_(OWED), ActionItem.due_at < at),
        "unassigned": and_(
            ActionItem.status.in_(OPEN),
            or_(ActionItem.contact_id.is_(None), ActionItem.contact_id.not_in(named)),
        ),
        "closed": ActionItem.status.in_(CLOSED),
    }


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
    """How many rows each view of the list has, where `also` holds, in one query.

    `besides` are further conditions, counted under their names.
    """
    conditions = _conditions(actor, at=at) | dict(besides or {})
    statement = select(*(func.count(case((c, 1))) for c in conditions.values())).select_from(
        ActionItem
    )
    statement = statement.where(*also)
    row = db.session.execute(_narrowed(statement, company_id, consultation_id)).one()
    return dict(zip(conditions, row, strict=True))


def condition_of(show: str, actor: Actor, *, at: Any) -> ColumnElement[bool] | None:
    """What holds for the rows of one view of the list; None for the view of all."""
    return _conditions(actor, at=at).get(show)


def listed(
    show: str,
    actor: Actor,
    *,
    at: datetime,
    company_id: int | None = None,
    consultation_id: int | None = None,
) -> Select[Any]:
    """Action items of one view of the list, the soonest due first."""
    condition = _conditions(actor, at=at).get(show)
    statement = select(ActionItem).options(
        joinedload(ActionItem.company), joinedload(ActionItem.consultation)
    )
    if condition is not None:
        statement = statement.where(condition)
    statement = _narrowed(statement, company_id, consultation_id)
    if show in ("closed", "all"):
        return statement.order_by(ActionItem.due_at.desc(), ActionItem.id.desc())
    return statement.order_by(ActionItem.due_at, ActionItem.id)


def with_all(item: ActionItem) -> ActionItem:
    """The item with all that its page shows, so that a page asks for each thing once."""
    return db.session.scalars(
        select(ActionItem)
        .options(
            joinedload(ActionItem.company),
            joinedload(ActionItem.consultation),
            joinedload(ActionItem.contact),
            selectinload(ActionItem.amendments),
        )
        .where(ActionItem.id == item.id)
        .execution_options(populate_existing=True)
    ).one()


def on_side(item: ActionItem, side: Side) -> list[Account]:
    """Who is written to for one side of an action item."""
    if side is Side.COMPANY:
        return accounts.of_company(item.company_id)
    return accounts.officers_for(item.company_id)


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


def to_remind(*, at: datetime) -> Sequence[ActionItem]:
    """What its owner owes soon or late, the most overdue first; the service knows the day."""
    return db.session.scalars(
        select(ActionItem)
        .where(ActionItem.status.in_(OWED), ActionItem.due_at <= at + FIRST_REMINDER)
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()
