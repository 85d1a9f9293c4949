"""Questions about scorecards, and the facts that go into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import (
    BindParameter,
    Executable,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import joinedload, undefer

from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.actions.models import (
    COUNTED,
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
    DueDate,
)
from portal.companies import queries as companies
from portal.companies.models import Company, Platform
from portal.consultations.models import (
    OVER,
    Attendance,
    Consultation,
    Delegate,
    Side,
)
from portal.core.calendar import next_month
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.outbox import Letter
from portal.dialogue import queries as dialogue
from portal.hotline.models import Intake
from portal.information_requests.models import (
    Answer,
    InformationRequest,
    InformationRequestEvent,
    Step,
)
from portal.methodology.clocks import ClockFact
from portal.methodology.cohort import (
    ANSWERS,
    REMOVAL_OUTCOMES,
    Case,
    Cohort,
    Exclusion,
    Standing,
    month_bounds,
    standing,
    standings,
)
from portal.methodology.computing import of_cohort
from portal.methodology.facts import ActionFact, BesideFact, PoliceFact, RequestFact
from portal.methodology.method import Method
from portal.methodology.promises import PromiseFact
from portal.methodology.score import Score
from portal.minutes.models import MinutesItem
from portal.reconciliations import queries as reconciliations
from portal.removal_requests import cohort
from portal.removal_requests.models import RemovalRequest
from portal.responses.models import Response, Verdict
from portal.scorecards.inputs import Inputs, RegulatorFact
from portal.scorecards.models import Scorecard, ScorecardStatus

BINDING = (ScorecardStatus.FROZEN, ScorecardStatus.PUBLISHED)
MICROSECOND = timedelta(microseconds=1)
ASKED_AT = cohort.Fact._fields.index("asked_at")
COUNTING = cohort.Counting(answers=ANSWERS, removals=REMOVAL_OUTCOMES)


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


def beside(card: Scorecard) -> list[Scorecard]:
    """The latest frozen cards of the other companies in the card's month and method, with inputs."""
    return _newest(
        db.session.scalars(
            select(Scorecard)
            .options(
                undefer(Scorecard.score), undefer(Scorecard.details), undefer(Scorecard.inputs)
            )
            .where(
                Scorecard.month == card.month,
                Scorecard.methodology == card.methodology,
                Scorecard.company_id != card.company_id,
                Scorecard.status.in_(BINDING),
                Scorecard.inputs.is_not(None),
            )
            .order_by(Scorecard.company_id, Scorecard.version)
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


def latest_binding(company_id: int, month: str) -> Scorecard | None:
    """The latest frozen version of a company's card of a month, with the inputs it holds."""
    return db.session.scalar(
        select(Scorecard)
        .options(undefer(Scorecard.inputs))
        .where(
            Scorecard.company_id == company_id,
            Scorecard.month == month,
            Scorecard.status.in_(BINDING),
        )
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
        .where(
            Company.is_sandbox.is_(False),
            or_(Scorecard.id.is_not(None), companies.lasted_to(date.fromisoformat(f"{month}-01"))),
        )
        .order_by(Company.name_en, Company.id, Scorecard.version)
    )  # fmt: skip
    return list({row.company_id: row for row in rows}.values())


def with_figures(card_id: int) -> Scorecard | None:
    """One card with its company and the names it had, its corrections, all its figures and the facts
    it holds, in one query."""
    found = db.session.scalars(
        select(Scorecard)
        .options(
            joinedload(Scorecard.company).joinedload(Company.former_names),
            joinedload(Scorecard.corrections),
            undefer(Scorecard.score),
            undefer(Scorecard.details),
            undefer(Scorecard.inputs),
            undefer(Scorecard.changes),
        )
        .where(Scorecard.id == card_id)
        .execution_options(populate_existing=True)
    )
    return found.unique().one_or_none()


def of_company_month(company_id: int, month: str) -> Sequence[Scorecard]:
    """All versions of a company's card of a month, the newest first."""
    return db.session.scalars(
        select(Scorecard)
        .where(Scorecard.company_id == company_id, Scorecard.month == month)
        .order_by(Scorecard.version.desc())
    ).all()


def versions(card: Scorecard) -> Sequence[Scorecard]:
    """All versions of the card's month, the newest first."""
    return of_company_month(card.company_id, card.month)


def before(card: Scorecard) -> Scorecard | None:
    """The frozen version that a later version corrects."""
    return db.session.scalar(
        select(Scorecard)
        .where(
            Scorecard.company_id == card.company_id, Scorecard.month == card.month,
            Scorecard.version < card.version, Scorecard.status.in_(BINDING),
        )
        .order_by(Scorecard.version.desc())
        .limit(1)
    )  # fmt: skip


def holders(card: Scorecard) -> list[Account]:
    """Who was told of an earlier frozen version, and is still here."""
    earlier = select(Scorecard.id).where(
        Scorecard.company_id == card.company_id,
        Scorecard.month == card.month,
        Scorecard.version < card.version,
    )
    told = select(Letter.account_id).where(
        Letter.about == Scorecard.__tablename__,
        Letter.about_id.in_(earlier),
        Letter.kind.in_(("scorecards:freeze", "scorecards:publish")),
    )
    with beyond_scope("whoever holds a corrected card is told, of either side"):
        return list(
            db.session.scalars(
                select(Account)
                .where(Account.id.in_(told), Account.deactivated_at.is_(None))
                .order_by(Account.id)
            )
        )


# Facts


COMPANY: BindParameter[Any] = bindparam("company_id")
START: BindParameter[Any] = bindparam("start")
END: BindParameter[Any] = bindparam("end")
AS_OF: BindParameter[Any] = bindparam("as_of")
"""What the statements of a company's month are asked with. They are put together once: for a small
company that takes longer than to answer them."""


def facts_of(
    company: Company, month: str, as_of: datetime, method: Method, *, known_at: datetime
) -> Inputs:
    """Everything that goes into a card, as it stood at `as_of` by what is known at `known_at`."""
    start, end = month_bounds(month)
    rows = cohort.facts_for(company.id, month, as_of=as_of, known_at=known_at)
    # The columns after the id come in the order of the fields of a fact.
    requests = tuple([RequestFact(*row[1:ASKED_AT]) for row in rows])
    ours, theirs = _actions(company.id, start, end, as_of)
    delays = [
        fact.delivered_at - fact.issued_at
        for fact in requests
        if fact.delivered_at is not None and fact.issued_at <= fact.delivered_at <= as_of
    ]
    # What an import brought was recorded after it was issued; its own delay is unknown.
    intakes = [
        row.issued_at - row.asked_at for row in rows if row.asked_at <= row.issued_at <= as_of
    ]
    held, attended = _consultations(company.id, start, min(end, as_of))
    return Inputs(
        company=company.slug,
        month=month,
        as_of=as_of,
        method=method,
        requests=requests,
        police=_police(company.id, start, end, as_of),
        actions=theirs,
        beside=BesideFact(held, attended, _median_hours(intakes)),
        regulator=RegulatorFact(_median_hours(intakes), _median_hours(delays), ours),
        promises=_promises(company.id, end, as_of),
        reconciliation=reconciliations.state(company.id, month),
        clocks=ClockFact(len(intakes), len(delays), *_backlog(company.id, as_of)),
        dialogue=dialogue.facts(
            company.id, month_bounds(next_month(month, -11))[0], end, as_of=as_of
        ),
    )


def score_of(company: Company, month: str, as_of: datetime, method: Method) -> Score:
    """The score that `facts_of` leads to, without a fact for every request: the database tells
    apart and measures what needs no row of its own."""
    start, end = month_bounds(month)
    plain, counted, others = COUNTING(company.id, month, as_of=as_of)
    rest = standing([RequestFact(*row[1:ASKED_AT]) for row in others], month, as_of)
    *stood, are_disputed, are_waited = plain
    cases: list[Case | Standing] = [*rest.cases, *standings(stood)]
    excluded, flagged = list(rest.excluded), list(rest.flagged)
    blocks, disputed = rest.blocks, rest.disputed + sum(are_disputed)
    waited = [took for took in are_waited if took is not None]
    waited.extend(
        (row.issued_at - row.asked_at) // MICROSECOND
        for row in others
        if row.asked_at <= row.issued_at <= as_of
    )
    for (
        is_late,
        number,
        followed,
        *stood,
        is_block,
        reason,
        by,
        is_flagged,
        is_disputed,
        took,
    ) in counted:
        if is_late:
            continue
        if took is not None:
            waited.append(took)
        if followed is None:
            continue
        if is_block:
            blocks += reason is None
        elif reason is not None:
            excluded.append(Exclusion(number, reason, by))
        else:
            cases.append(Standing(followed, *stood))
            disputed += is_disputed
            if is_flagged:
                flagged.append(number)
    held, attended = _consultations(company.id, start, min(end, as_of))
    return of_cohort(
        Cohort(cases, excluded, flagged, blocks, disputed),
        company=company.slug,
        month=month,
        as_of=as_of,
        method=method,
        police=_police(company.id, start, end, as_of),
        actions=_actions(company.id, start, end, as_of)[1],
        beside=BesideFact(held, attended, _middle_hours(waited)),
    )


def _backlog(company_id: int, as_of: datetime) -> tuple[int, datetime | None, int, datetime | None]:
    """What waited at the regulator: intakes and the oldest, drafts and the oldest. Two counts."""
    request = RemovalRequest
    # An import names who agreed and not when: that counts from the beginning.
    is_in = or_(request.excluded_by.is_(None), request.excluded_at > as_of)
    of_intake = (
        select(request.id)
        .where(
            request.intake_id == Intake.id,
            or_(
                func.coalesce(request.issued_at, request.delivered_at) <= as_of,
                and_(
                    request.excluded_by.is_not(None),
                    or_(request.excluded_at.is_(None), request.excluded_at <= as_of),
                ),
            ),
        )
        .correlate(Intake)
        .exists()
    )
    recorded = select(request.recorded_at).where(
        request.company_id == company_id, request.recorded_at <= as_of, is_in
    )
    # One by one each is read from the index by the issue; joined by "or" the table would be.
    waiting = union_all(
        recorded.where(request.issued_at > as_of),
        recorded.where(
            request.issued_at.is_(None),
            or_(request.delivered_at.is_(None), request.delivered_at > as_of),
        ),
    ).subquery()
    with beyond_scope("the regulator's own backlog is counted over the intakes of the hotline"):
        intakes = db.session.execute(
            select(func.count(Intake.id), func.min(Intake.received_at))
            .join(Platform, Platform.id == Intake.platform_id)
            .where(
                companies.owner_on(local_date(as_of)) == company_id,
                Intake.received_at <= as_of,
                ~of_intake,
            )
        ).one()
        drafts = db.session.execute(
            select(func.count(), func.min(waiting.c.recorded_at)).select_from(waiting)
        ).one()
    return intakes[0], intakes[1], drafts[0], drafts[1]


def _middle_hours(microseconds: list[int]) -> float | None:
    """`_median_hours` of what is counted in microseconds: only the middle is turned into times."""
    microseconds.sort()
    first, second = (len(microseconds) - 1) // 2, len(microseconds) // 2
    return _median_hours([one * MICROSECOND for one in microseconds[first : second + 1]])


def _median_hours(durations: Sequence[timedelta]) -> float | None:
    if not durations:
        return None
    return median([duration.total_seconds() for duration in durations]) / 3600


def pages_of(company_id: int, measure: str, numbers: Sequence[str]) -> dict[str, int]:
    """By case number the id of the record that the person may know of, for a page of numbers."""
    model: Any
    if measure == "R5":
        model, number = InformationRequest, InformationRequest.request_no
    elif measure == "R6":
        model, number = ActionItem, ActionItem.number
    else:
        model, number = RemovalRequest, RemovalRequest.request_no
    rows = db.session.execute(
        select(number, model.id).where(model.company_id == company_id, number.in_(numbers))
    )
    return {row[0]: row[1] for row in rows}


def _given(
    company_id: int, start: datetime, end: datetime, as_of: datetime
) -> dict[str, int | datetime]:
    """The values for the statements of a company's month."""
    return {"company_id": company_id, "start": start, "end": end, "as_of": as_of}


def _police_statement() -> Executable:
    asked, event = InformationRequest, InformationRequestEvent
    moved = select(event.request_id).where(
        event.step == Step.DEADLINE_MOVED, event.at > AS_OF, event.due_from >= START,
        event.due_from < END,
    )  # fmt: skip
    return (
        select(
            asked.id, asked.request_no, asked.delivered_at, asked.due_at, asked.answered_at,
            asked.answer, asked.last_event_at,
        )
        .where(
            asked.company_id == COMPANY,
            or_(
                and_(asked.due_at >= START, asked.due_at < END),
                and_(asked.last_event_at > AS_OF, asked.id.in_(moved)),
            ),
        )
        .order_by(asked.id)
    )  # fmt: skip


POLICE = _police_statement()


def _police(
    company_id: int, start: datetime, end: datetime, as_of: datetime
) -> tuple[PoliceFact, ...]:
    """What the police asked and was due in the month, by the deadline in force at the instant."""
    rows = db.session.execute(POLICE, _given(company_id, start, end, as_of)).all()
    later = [row.id for row in rows if row.last_event_at and row.last_event_at > as_of]
    told = _told_by_the_police(later, as_of) if later else {}
    return tuple(
        PoliceFact(row.request_no, row.delivered_at, *told[row.id]) if row.id in told
        else PoliceFact(row.request_no, row.delivered_at, row.due_at, row.answered_at, row.answer)
        for row in rows
    )  # fmt: skip


def _told_by_the_police(
    ids: Sequence[int], as_of: datetime
) -> dict[int, tuple[datetime, datetime | None, Answer | None]]:
    """By request its deadline, first answer and latest answer, as its events told them."""
    event = InformationRequestEvent
    told: dict[int, tuple[datetime, datetime | None, Answer | None]] = {}
    for row in db.session.execute(
        select(event.request_id, event.step, event.at, event.answer, event.due_to)
        .where(
            event.request_id.in_(ids), event.at <= as_of,
            event.step.in_((Step.FILED, Step.DEADLINE_MOVED, Step.ANSWERED)),
        )
        .order_by(event.request_id, event.id)
    ):  # fmt: skip
        due_at, answered_at, answer = told.get(row.request_id, (row.due_to, None, None))
        if row.step is Step.ANSWERED:
            told[row.request_id] = due_at, answered_at or row.at, row.answer
        else:
            told[row.request_id] = row.due_to, answered_at, answer
    return told


def _actions_statement() -> Executable:
    item = ActionItem
    in_force = (
        select(DueDate.due_at)
        .where(DueDate.action_item_id == item.id, DueDate.set_at <= AS_OF)
        .order_by(DueDate.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    due_at = func.coalesce(in_force, item.first_due_at, item.due_at, type_=item.due_at.type)
    ended_at = (
        select(func.max(Amendment.decided_at))
        .where(
            Amendment.action_item_id == item.id, Amendment.status == AmendmentStatus.GRANTED,
            Amendment.kind.in_((AmendmentKind.WITHDRAWAL, AmendmentKind.SUPERSESSION)),
        )
        .scalar_subquery()
    )  # fmt: skip
    accepted_at = (
        select(func.max(Response.decided_at))
        .where(Response.action_item_id == item.id, Response.verdict == Verdict.VERIFIED)
        .scalar_subquery()
    )
    return (
        select(item.number, item.owner, item.status, due_at.label("due_at"), item.done_at,
               accepted_at.label("accepted_at"))
        .where(
            item.company_id == COMPANY,
            due_at >= START, due_at < END,
            or_(item.agreed_at.is_(None), item.agreed_at <= AS_OF),
            or_(item.status.in_(COUNTED), ended_at > AS_OF),
        )
        .order_by(item.id)
    )  # fmt: skip


ACTIONS = _actions_statement()


def _actions(
    company_id: int, start: datetime, end: datetime, as_of: datetime
) -> tuple[tuple[ActionFact, ...], tuple[ActionFact, ...]]:
    """Agreed items due in the month by the date then in force: the regulator's, and the company's."""
    rows = db.session.execute(ACTIONS, _given(company_id, start, end, as_of)).all()
    facts: dict[Side, list[ActionFact]] = {side: [] for side in Side}
    for row in rows:
        # Evidence that was accepted later had not been accepted by the as-of instant.
        is_accepted = row.status is ActionStatus.VERIFIED and (
            row.accepted_at is None or row.accepted_at <= as_of
        )
        facts[row.owner].append(ActionFact(row.number, row.due_at, row.done_at, is_accepted))
    return tuple(facts[Side.INSTITUTION]), tuple(facts[Side.COMPANY])


def _promises(company_id: int, end: datetime, as_of: datetime) -> tuple[PromiseFact, ...]:
    """The targets that were agreed by the as-of instant, in their order; those that ended too."""
    ended_at = (
        select(func.max(Amendment.decided_at))
        .where(
            Amendment.action_item_id == ActionItem.id,
            Amendment.status == AmendmentStatus.GRANTED,
            Amendment.kind.in_((AmendmentKind.WITHDRAWAL, AmendmentKind.SUPERSESSION)),
            Amendment.decided_at <= as_of,
        )
        .correlate(ActionItem)
        .scalar_subquery()
    )
    with beyond_scope("what was agreed is a fact of the card, whoever computes it"):
        rows = db.session.execute(
            select(ActionItem.id, ActionItem.number, ActionItem.agreed_at, ended_at,
                   func.coalesce(Consultation.serial, ActionItem.source, ""),
                   MinutesItem.minutes_id, ActionItem.target)
            .outerjoin(Consultation, Consultation.id == ActionItem.consultation_id)
            .outerjoin(MinutesItem, MinutesItem.id == ActionItem.minutes_item_id)
            .where(
                ActionItem.company_id == company_id,
                ActionItem.target.is_not(None),
                ActionItem.agreed_at <= as_of,
                ActionItem.agreed_at < end,
            )
            .order_by(ActionItem.id)
        ).all()  # fmt: skip
    return tuple(PromiseFact(*row) for row in rows)


CONSULTATIONS = select(
    Consultation.id,
    exists()
    .where(
        Delegate.consultation_id == Consultation.id,
        Delegate.side == Side.COMPANY,
        Delegate.attendance.in_((Attendance.PRESENT, Attendance.REMOTE)),
    )
    .label("was_there"),
).where(
    Consultation.company_id == COMPANY,
    Consultation.status.in_(OVER),
    Consultation.starts_at >= START,
    Consultation.starts_at < END,
)


def _consultations(company_id: int, start: datetime, end: datetime) -> tuple[int, int]:
    """How many were held in the month, and at how many of them the company sat at the table."""
    rows = db.session.execute(
        CONSULTATIONS, {"company_id": company_id, "start": start, "end": end}
    ).all()
    return len(rows), sum(row.was_there for row in rows)
