"""Questions about scorecards, and the facts that go into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import joinedload, undefer

from portal.actions.models import COUNTED, ActionItem, ActionStatus
from portal.companies.models import Company
from portal.consultations.models import (
    OVER,
    Attendance,
    Consultation,
    Delegate,
    Side,
)
from portal.core.db import db
from portal.information_requests.models import InformationRequest
from portal.methodology.method import Method
from portal.methodology.score import (
    ActionFact,
    BesideFact,
    PoliceFact,
    RequestFact,
    month_bounds,
)
from portal.removal_requests import queries as removal_requests
from portal.responses.models import Response, Verdict
from portal.scorecards.inputs import Inputs, RegulatorFact
from portal.scorecards.models import Scorecard, ScorecardStatus

BINDING = (ScorecardStatus.FROZEN, ScorecardStatus.PUBLISHED)


# Cards


def _newest(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """Of each company and month the latest version, in the order given."""
    kept: dict[tuple[int, str], Scorecard] = {}
    for card in cards:
        held = kept.get((card.company_id, card.month))
        if held is None or held.version < card.version:
            kept[(card.company_id, card.month)] = card
    return list(kept.values())


def of_month(
    month: str, *, statuses: Sequence[ScorecardStatus] = tuple(ScorecardStatus)
) -> list[Scorecard]:
    """The latest version of each company's card, with company and figures, by name.

    With `statuses`, the latest among those: `queries.BINDING` asks for the latest frozen ones.
    """
    return _newest(
        db.session.scalars(
            select(Scorecard)
            .join(Scorecard.company)
            .options(
                joinedload(Scorecard.company), undefer(Scorecard.score), undefer(Scorecard.details)
            )
            .where(Scorecard.month == month, Scorecard.status.in_(statuses))
            .order_by(Company.name_en, Scorecard.id)
        )
    )


def latest(company_id: int, month: str) -> Scorecard | None:
    """The latest version of a company's card of a month."""
    return db.session.scalar(
        select(Scorecard)
        .where(Scorecard.company_id == company_id, Scorecard.month == month)
        .order_by(Scorecard.version.desc())
        .limit(1)
    )


def trend(company_id: int, months: Sequence[str]) -> dict[str, Scorecard]:
    """A company's latest cards by month; `summary` is loaded, the full figures are not."""
    cards = db.session.scalars(
        select(Scorecard)
        .where(Scorecard.company_id == company_id, Scorecard.month.in_(months))
        .order_by(Scorecard.month, Scorecard.version)
    )
    return {card.month: card for card in cards}


def months() -> Sequence[str]:
    """The months that have a card the person may know of, the newest first."""
    return db.session.scalars(
        select(Scorecard.month).distinct().order_by(Scorecard.month.desc())
    ).all()


def latest_binding_month() -> str | None:
    """The latest month with a frozen card that the person may know of."""
    return db.session.scalar(select(func.max(Scorecard.month)).where(Scorecard.status.in_(BINDING)))


def letters(chosen: Sequence[str]) -> dict[tuple[int, str], Any]:
    """By company and month the latest card of these months: id, status, letter, methodology."""
    rows = db.session.execute(
        select(
            Scorecard.id,
            Scorecard.company_id,
            Scorecard.month,
            Scorecard.status,
            Scorecard.letter,
            Scorecard.methodology,
        )
        .where(Scorecard.month.in_(chosen))
        .order_by(Scorecard.month, Scorecard.version)
    )
    return {(row.company_id, row.month): row for row in rows}


def lines(month: str) -> list[Any]:
    """Every company the person may know of with its latest card of a month, by name.

    Plain rows with `company_id`, `name_ko`, `name_en`, and `id` (none without a card), `status`,
    `summary`.
    """
    rows = db.session.execute(
        select(
            Company.id.label("company_id"), Company.name_ko, Company.name_en, Scorecard.id,
            Scorecard.status, Scorecard.summary,
        )
        .outerjoin(
            Scorecard, and_(Scorecard.company_id == Company.id, Scorecard.month == month)
        )
        .where(Company.is_sandbox.is_(False))
        .order_by(Company.name_en, Company.id, Scorecard.version)
    )  # fmt: skip
    return list({row.company_id: row for row in rows}.values())


def with_figures(card_id: int) -> Scorecard | None:
    """One card with its company and all its figures, in one query."""
    return db.session.scalar(
        select(Scorecard)
        .options(
            joinedload(Scorecard.company), undefer(Scorecard.score), undefer(Scorecard.details)
        )
        .where(Scorecard.id == card_id)
        .execution_options(populate_existing=True)
    )


def versions(card: Scorecard) -> Sequence[Scorecard]:
    """All versions of the card's month, the newest first."""
    return db.session.scalars(
        select(Scorecard)
        .where(Scorecard.company_id == card.company_id, Scorecard.month == card.month)
        .order_by(Scorecard.version.desc())
    ).all()


# Facts


def facts_of(company: Company, month: str, as_of: datetime, method: Method) -> Inputs:
    """Everything that goes into a card: one query for each kind of fact."""
    start, end = month_bounds(month)
    requests = _requests(company.id, month, as_of)
    ours, theirs = _actions(company.id, start, end, as_of)
    delays = [
        (fact.delivered_at - fact.issued_at).total_seconds() / 3600
        for fact in requests
        if fact.delivered_at is not None and fact.issued_at <= fact.delivered_at
    ]
    intake = removal_requests.regulator_median_hours(company.id, month)
    held, attended = _consultations(company.id, start, end)
    return Inputs(
        company=company.slug,
        month=month,
        as_of=as_of,
        method=method,
        requests=requests,
        police=_police(company.id, start, end),
        actions=theirs,
        beside=BesideFact(held, attended, intake),
        regulator=RegulatorFact(intake, median(delays) if delays else None, ours),
    )


def _requests(company_id: int, month: str, as_of: datetime) -> tuple[RequestFact, ...]:
    # The columns after the id come in the order of the fields of a fact.
    rows: Sequence[Any] = removal_requests.facts_for(company_id, month, as_of=as_of)
    return tuple(RequestFact(*row[1:]) for row in rows)


def _police(company_id: int, start: datetime, end: datetime) -> tuple[PoliceFact, ...]:
    asked = InformationRequest
    return tuple(
        PoliceFact(row.request_no, row.delivered_at, row.due_at, row.answered_at, row.answer)
        for row in db.session.execute(
            select(
                asked.request_no, asked.delivered_at, asked.due_at, asked.answered_at, asked.answer
            )
            .where(asked.company_id == company_id, asked.due_at >= start, asked.due_at < end)
            .order_by(asked.id)
        )
    )


def _actions(
    company_id: int, start: datetime, end: datetime, as_of: datetime
) -> tuple[tuple[ActionFact, ...], tuple[ActionFact, ...]]:
    """Agreed items due in the month: the regulator's own, and the company's."""
    accepted_at = func.max(Response.decided_at)
    rows = db.session.execute(
        select(ActionItem.number, ActionItem.owner, ActionItem.status, ActionItem.due_at,
               ActionItem.done_at, accepted_at.label("accepted_at"))
        .outerjoin(
            Response,
            and_(Response.action_item_id == ActionItem.id, Response.verdict == Verdict.VERIFIED),
        )
        .where(
            ActionItem.company_id == company_id,
            ActionItem.due_at >= start,
            ActionItem.due_at < end,
            ActionItem.status.in_(COUNTED),
        )
        .group_by(ActionItem.id)
        .order_by(ActionItem.id)
    ).all()  # fmt: skip
    facts: dict[Side, list[ActionFact]] = {side: [] for side in Side}
    for row in rows:
        # Evidence that was accepted later had not been accepted by the as-of instant.
        is_accepted = row.status is ActionStatus.VERIFIED and (
            row.accepted_at is None or row.accepted_at <= as_of
        )
        facts[row.owner].append(ActionFact(row.number, row.due_at, row.done_at, is_accepted))
    return tuple(facts[Side.INSTITUTION]), tuple(facts[Side.COMPANY])


def _consultations(company_id: int, start: datetime, end: datetime) -> tuple[int, int]:
    """How many were held in the month, and at how many of them the company sat at the table."""
    was_there = exists().where(
        Delegate.consultation_id == Consultation.id,
        Delegate.side == Side.COMPANY,
        Delegate.attendance.in_((Attendance.PRESENT, Attendance.REMOTE)),
    )
    rows = db.session.execute(
        select(Consultation.id, was_there.label("was_there")).where(
            Consultation.company_id == company_id,
            Consultation.status.in_(OVER),
            Consultation.starts_at >= start,
            Consultation.starts_at < end,
        )
    ).all()
    return len(rows), sum(row.was_there for row in rows)
