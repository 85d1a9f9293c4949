"""The month by the clock: cards are closed and sent at the end of the follow-up, frozen after the reply.

168 hours after the month's end, at midnight in Seoul of the 8th, the requests of the month have been
followed to the horizon. A card is computed as of that instant and sent to its company, and its figures
are closed: what is entered later changes nothing. When the time for a reply is over, it is frozen.

Whoever runs a step, the clock or a person, finds only what is due and not done, so that running it
twice does no harm. Each card has a transaction of its own; what goes wrong is noted in `MonthStep`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.calendar import month_of, next_month
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.methodology import service as methodology
from portal.methodology.cohort import freeze_instant
from portal.scorecards import service
from portal.scorecards.models import MonthStep, MonthStepKind, Scorecard, ScorecardStatus

log = logging.getLogger(__name__)
LOOKS_BACK = 12
"""Months for which the clock makes up when it stood still."""


class Done(NamedTuple):
    """What became of the cards of one step."""

    done: int
    in_vain: int


def followed_month(at: datetime) -> str:
    """The newest month whose requests have been followed to the horizon."""
    month = next_month(month_of(at), -1)
    return month if freeze_instant(month) <= at else next_month(month, -1)


def months(at: datetime) -> list[str]:
    """The months the clock answers for, the oldest first: twelve at most.

    They begin with the first whose cards were sent to companies: of the time before the portal
    nobody is asked. Without any, the newest followed month is the first.
    """
    newest = followed_month(at)
    first = db.session.scalar(
        select(func.min(Scorecard.month)).where(Scorecard.sent_at.is_not(None))
    )
    begin = max(first or newest, next_month(newest, 1 - LOOKS_BACK))
    found = [newest]
    while found[0] > begin:
        found.insert(0, next_month(found[0], -1))
    return found


def to_close(at: datetime) -> list[tuple[Company, str]]:
    """The companies and months whose card is missing or was drafted and never sent."""
    asked = months(at)
    with beyond_scope("the clock closes the cards of all companies"):
        settled = {
            (company_id, month)
            for company_id, month, version, status in db.session.execute(
                select(Scorecard.company_id, Scorecard.month, Scorecard.version, Scorecard.status)
                .where(Scorecard.month.in_(asked))
            )
            # A second version is somebody's correction: its steps are taken by hand.
            if version > 1 or status is not ScorecardStatus.DRAFT
        } | {
            (step.company_id, step.month)
            for step in steps(asked)
            if step.kind is MonthStepKind.CLOSE and step.is_empty
        }  # fmt: skip
        everyone = companies.all_companies()
    return [(one, month) for month in asked for one in everyone if (one.id, month) not in settled]


def to_freeze(at: datetime) -> Sequence[Scorecard]:
    """The cards whose company has had its time to reply."""
    with beyond_scope("the clock freezes the cards of all companies"):
        return db.session.scalars(
            select(Scorecard)
            .where(
                Scorecard.status == ScorecardStatus.WITH_COMPANY, Scorecard.reply_due_at < at
            )
            .order_by(Scorecard.month, Scorecard.id)
        ).all()  # fmt: skip


def steps(asked: Sequence[str]) -> Sequence[MonthStep]:
    """What the clock noted of some months."""
    return db.session.scalars(
        select(MonthStep).where(MonthStep.month.in_(asked)).order_by(MonthStep.id)
    ).all()


def close_due(*, by: Actor, at: datetime) -> Done:
    """Compute, close and send every card that is due; each in a transaction of its own."""
    waiting = to_close(at)
    if waiting:
        with transaction():
            methodology.ensure_version(by=by, at=at)
    return _each(
        [(company.id, month) for company, month in waiting],
        MonthStepKind.CLOSE,
        lambda company_id, month: _close(company_id, month, by=by, at=at),
        at=at,
    )


def _close(company_id: int, month: str, *, by: Actor, at: datetime) -> None:
    company = db.session.get(Company, company_id)
    assert company is not None  # companies are not deleted
    card = service.draft(company, month, by=by, at=at)
    service.send(card, by=by, at=at)


def freeze_due(*, by: Actor, at: datetime) -> Done:
    """Freeze every card whose company has had its time; each in a transaction of its own."""
    waiting = {(card.company_id, card.month): card.id for card in to_freeze(at)}

    def freeze(company_id: int, month: str) -> None:
        card = db.session.get(Scorecard, waiting[(company_id, month)])
        assert card is not None  # cards are not deleted
        service.freeze(card, by=by, at=at)

    return _each(list(waiting), MonthStepKind.FREEZE, freeze, at=at)


def _each(
    waiting: Sequence[tuple[int, str]],
    kind: MonthStepKind,
    act: Callable[[int, str], None],
    *,
    at: datetime,
) -> Done:
    done = in_vain = 0
    for company_id, month in waiting:
        try:
            with beyond_scope("a step of the month concerns each company"), transaction():
                act(company_id, month)
                forget(month, kind, company_id)
        except service.NothingToAssess:
            note(month, kind, company_id, at=at, is_empty=True)
        except Exception as problem:
            in_vain += 1
            note(month, kind, company_id, at=at, problem=problem)
        else:
            done += 1
    return Done(done, in_vain)


def note(
    month: str,
    kind: MonthStepKind,
    company_id: int | None,
    *,
    at: datetime,
    problem: Exception | None = None,
    is_empty: bool = False,
) -> None:
    """Keep why a step was not taken, in a transaction of its own."""
    if problem is not None and not isinstance(problem, Refused):
        log.error("%s of %s failed", kind.value, month, exc_info=problem)
    db.session.rollback()
    with beyond_scope("a step of the month is noted whoever runs it"), transaction():
        forget(month, kind, company_id)
        db.session.add(
            MonthStep(
                month=month, kind=kind, company_id=company_id, is_empty=is_empty, tried_at=at,
                problem=_words(problem)[:500],
            )
        )  # fmt: skip


def forget(month: str, kind: MonthStepKind, company_id: int | None) -> None:
    """The step is taken: what stood in its way is told no more."""
    db.session.execute(
        delete(MonthStep).where(
            MonthStep.month == month, MonthStep.kind == kind, MonthStep.company_id == company_id
        )
    )


def _words(problem: Any) -> str:
    if problem is None:
        return ""
    if isinstance(problem, Refused):
        return problem.sentence
    return f"{type(problem).__name__}: {problem}"
