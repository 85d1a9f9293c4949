"""Questions about action items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.actions.models import CLOSED, COUNTED, OPEN, OWED, ActionItem, ActionStatus
from portal.core.calendar import month_of, month_start, next_month
from portal.core.db import db
from portal.minutes.models import Outcome

SHOWS = ("open", "overdue", "mine", "done", "all")


def listed(
    show: str,
    actor: Actor,
    *,
    at: datetime,
    company_id: int | None = None,
    consultation_id: int | None = None,
) -> Select[Any]:
    """Action items of one view of the list, the soonest due first."""
    waits_for_owner = and_(ActionItem.owner == actor.side, ActionItem.status.in_(OWED))
    waits_for_verdict = and_(
        ActionItem.owner != actor.side, ActionItem.status == ActionStatus.REPORTED_DONE
    )
    condition = {
        "open": ActionItem.status.in_((*OPEN, ActionStatus.PROPOSED)),
        "overdue": and_(ActionItem.status.in_(OWED), ActionItem.due_at < at),
        "mine": or_(waits_for_owner, waits_for_verdict),
        "done": ActionItem.status.in_(CLOSED),
    }.get(show)
    statement = select(ActionItem).options(
        joinedload(ActionItem.company), joinedload(ActionItem.consultation)
    )
    if condition is not None:
        statement = statement.where(condition)
    if company_id is not None:
        statement = statement.where(ActionItem.company_id == company_id)
    if consultation_id is not None:
        statement = statement.where(ActionItem.consultation_id == consultation_id)
    if show in ("done", "all"):
        return statement.order_by(ActionItem.due_at.desc(), ActionItem.id.desc())
    return statement.order_by(ActionItem.due_at, ActionItem.id)


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
    counts: dict[str, list[int]] = {}
    month = first
    while month <= last:
        counts[month] = [0, 0, 0]
        month = next_month(month)
    for due_at, done_at in db.session.execute(statement):
        if done_at is None or done_at > at:
            place = 2
        else:
            place = 0 if done_at <= due_at else 1
        counts[month_of(due_at)][place] += 1
    return [MonthCount(month, *numbers) for month, numbers in counts.items()]


def to_remind(*, at: datetime) -> Sequence[ActionItem]:
    """What its owner still owes, the most overdue first; the service knows whose day it is."""
    return db.session.scalars(
        select(ActionItem).where(ActionItem.status.in_(OWED)).order_by(ActionItem.due_at)
    ).all()
