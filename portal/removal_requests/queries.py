"""Questions about removal requests: lists, numbers, and what the scorecard is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies.models import Company, Platform
from portal.core import references
from portal.core.audit import AuditEvent
from portal.core.calendar import month_start, next_month
from portal.core.db import db
from portal.core.secrets import digest, digests, keys, unseal
from portal.hotline.models import Intake
from portal.removal_requests.counted import IS_EXCLUDED, UNANSWERED, Counted, counted
from portal.removal_requests.intake_clock import Run
from portal.removal_requests.models import (
    ANSWER_WITHIN,
    RECHECK_AFTER,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    RecheckDraw,
    RemovalRequest,
    RemovalRequestEvent,
    SavedView,
    Step,
    Surface,
)

R = RemovalRequest
CLAIMS = (Outcome.REMOVED, Outcome.ACCOUNT_ACTION, Outcome.PARTIAL)
"""Outcomes by which a company says that something is gone at the source."""
IS_WITHDRAWN = and_(R.exclusion == Exclusion.WITHDRAWN, R.excluded_by.is_not(None))
STATES = (
    "undecided", "overdue", "in_time", "seen_up", "disputed", "to_agree", "to_verify",
    "to_recheck", "undelivered", "draft", "issued", "delivered", "acknowledged", "decided",
    "verified", "closed", "withdrawn",
)  # fmt: skip
"""What a list can be narrowed to: what waits for somebody first, then the steps in their order."""
OWN_STATES = ("to_agree", "to_verify", "to_recheck", "undelivered", "draft")
COMPANY_STATES = tuple(state for state in STATES if state not in OWN_STATES)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list or an export is narrowed to; None or empty is no limit."""

    company_id: int | None = None
    platform_id: int | None = None
    state: str = ""
    outcome: str = ""
    month: str = ""
    since: str = ""
    until: str = ""
    """The first and the last month of the delivery, both included."""
    counted: str = ""
    """What a figure counts: a word of `Counted`."""
    left_out: str = ""
    """Why two persons took it out of every figure: a word of `Exclusion`."""
    number: str = ""
    clock: str = ""
    """How long it has waited for an answer: a word of `CLOCKS`."""
    ground: str = ""
    surface: str = ""
    measure: str = ""
    category: str = ""
    mine: int | None = None
    """The account of the person who recorded, issued, answered or verified it."""


UNDECIDED = and_(R.outcome.is_(None), ~IS_EXCLUDED)
IN_STATE: dict[str, ColumnElement[bool]] = {
    "undecided": and_(UNANSWERED, R.delivered_at.is_not(None)),
    # The words of `UNVERIFIED`: by them the partial index is found, which holds nothing else.
    "to_verify": and_(
        R.verified_at.is_(None),
        func.coalesce(R.outcome, literal_column("''")).in_(
            [literal_column(f"'{claim.value}'") for claim in CLAIMS]
        ),
        ~IS_EXCLUDED,
    ),
    "seen_up": and_(R.verification == literal_column("'still_up'"), ~IS_EXCLUDED),
    "disputed": and_(R.dispute == literal_column("'dispute_open'"), ~IS_EXCLUDED),
    "to_agree": and_(R.exclusion.is_not(None), R.excluded_by.is_(None)),
    "to_recheck": and_(R.is_drawn == true(), R.rechecked_at.is_(None), ~IS_EXCLUDED),
    "undelivered": and_(UNDECIDED, R.delivered_at.is_(None)),
    "draft": and_(UNDECIDED, R.issued_at.is_(None), R.delivered_at.is_(None)),
    "issued": and_(UNDECIDED, R.issued_at.is_not(None), R.delivered_at.is_(None)),
    "delivered": and_(UNDECIDED, R.delivered_at.is_not(None), R.acknowledged_at.is_(None)),
    "acknowledged": and_(UNDECIDED, R.acknowledged_at.is_not(None), R.delivered_at.is_not(None)),
    "decided": and_(R.outcome.is_not(None), R.verified_at.is_(None)),
    "verified": and_(R.verified_at.is_not(None), R.rechecked_at.is_(None)),
    "closed": R.rechecked_at.is_not(None),
    "withdrawn": IS_WITHDRAWN,
}


CLOCKS = ("due_6h", "due_24h", "over_24h", "over_2d", "over_7d")
"""How long a request has waited: due within hours, or over the 24 hours by how much."""


def on_clock(clock: str, at: datetime) -> ColumnElement[bool]:
    """The condition for a word of `CLOCKS`: without a substantive answer, delivered so long ago."""
    begun = at - ANSWER_WITHIN
    return and_(
        UNANSWERED,
        {
            "due_6h": and_(R.delivered_at >= begun, R.delivered_at < begun + timedelta(hours=6)),
            "due_24h": R.delivered_at >= begun,
            "over_24h": R.delivered_at < begun,
            "over_2d": R.delivered_at < at - timedelta(days=2),
            "over_7d": R.delivered_at < at - timedelta(days=7),
        }[clock],
    )


def in_state(state: str, at: datetime) -> ColumnElement[bool]:
    """The condition for a state of the list. A withdrawn request waits for nobody."""
    if state == "overdue":
        return and_(UNANSWERED, R.delivered_at < at - ANSWER_WITHIN)
    if state == "in_time":
        return and_(UNANSWERED, R.delivered_at >= at - ANSWER_WITHIN)
    return IN_STATE[state]


def conditions(chosen: Filter, at: datetime) -> Iterator[ColumnElement[bool]]:
    if chosen.company_id is not None:
        yield R.company_id == chosen.company_id
    if chosen.platform_id is not None:
        yield R.platform_id == chosen.platform_id
    if chosen.state in STATES:
        yield in_state(chosen.state, at)
    if chosen.outcome in list(Outcome):
        yield R.outcome == Outcome(chosen.outcome)
    if chosen.month:
        yield R.month == chosen.month
    if chosen.since:
        yield R.delivered_at >= month_start(chosen.since)
    if chosen.until:
        yield R.delivered_at < month_start(next_month(chosen.until))
    if chosen.counted in list(Counted):
        yield counted(Counted(chosen.counted), at)
    if chosen.left_out in list(Exclusion):
        yield and_(R.exclusion == Exclusion(chosen.left_out), R.excluded_by.is_not(None))
    if chosen.clock in CLOCKS:
        yield on_clock(chosen.clock, at)
    if chosen.ground in list(LegalGround):
        yield R.legal_ground == LegalGround(chosen.ground)
    if chosen.surface in list(Surface):
        yield R.surface == Surface(chosen.surface)
    if chosen.measure in list(MeasureType):
        yield R.measure_type == MeasureType(chosen.measure)
    if chosen.category:
        yield R.category == chosen.category
    if chosen.mine is not None:
        yield or_(
            R.recorded_by_id == chosen.mine,
            R.issued_by_id == chosen.mine,
            R.decided_by_id == chosen.mine,
            R.verified_by_id == chosen.mine,
        )
    if chosen.number:
        # The beginning of the number, as a range: it uses the index, and % and _ mean themselves.
        yield R.request_no >= chosen.number
        yield R.request_no < chosen.number + "\uffff"


def waiting(*, at: datetime) -> dict[str, int]:
    """How many requests wait for a next step, by state; one query, counted by index."""
    row = db.session.execute(WAITING, {"late": at - ANSWER_WITHIN}).one()
    return dict(zip(("draft", "issued", "in_time", "overdue", "to_verify"), row, strict=True))


WAITING = (
    select(
        func.count(case((and_(R.issued_at.is_(None), R.delivered_at.is_(None)), 1))),
        func.count(case((and_(R.issued_at.is_not(None), R.delivered_at.is_(None)), 1))),
        func.count(case((R.delivered_at >= bindparam("late"), 1))),
        func.count(case((R.delivered_at < bindparam("late"), 1))),
        select(func.count(R.id)).where(IN_STATE["to_verify"]).scalar_subquery(),
    )
    .select_from(R)
    .where(UNANSWERED)
)


class Stamp(NamedTuple):
    """Up to where the rows are known: the last act of the log, when, and the newest request."""

    last_id: int | None
    last_at: datetime | None
    newest_id: int | None


def _stamp() -> Select[Any]:
    log, requests = AuditEvent.__table__, R.__table__
    last = select(log.c.id, log.c.at).order_by(log.c.id.desc()).limit(1).subquery()
    newest = select(func.max(requests.c.id).label("id")).subquery()
    return select(last.c.id, last.c.at, newest.c.id).select_from(newest).outerjoin(last, true())


STAMP = _stamp()
"""By the tables themselves, beyond every wall: it is shown to nobody."""


def stamp() -> Stamp:
    """Under what a thing made of requests is kept (`portal.core.kept`): every verb writes to the log
    in its own transaction."""
    return Stamp(*db.session.execute(STAMP).one())


def last_number(company_id: int, prefix: str) -> int:
    """The highest number given under a prefix such as 'TELEGRAM-2026-'; 0 where there is none."""
    with beyond_scope("a number is unique for the company, drafts included"):
        numbers = db.session.scalars(
            select(R.request_no)
            .where(
                R.company_id == company_id,
                R.request_no >= prefix + "000000",
                R.request_no <= prefix + "999999",
                func.length(R.request_no) == len(prefix) + 6,
            )
            .order_by(R.request_no.desc())
            .limit(50)
        )
        # An import may bring numbers of another kind; they count for nothing here.
        ours = (number.removeprefix(prefix) for number in numbers)
        return next((int(number) for number in ours if number.isdecimal()), 0)


def place(reference: str) -> str | None:
    """The keyed hash under which a place is found again; None where there is no reference."""
    return digest(place_text(reference)) if reference.strip() else None


def place_text(reference: str) -> str:
    """What is hashed of a reference, so that its place is found again."""
    return f"place:{references.normalised(reference)}"


def twins(request: RemovalRequest, *, most: int = 20) -> Sequence[RemovalRequest]:
    """Other requests for the same place on the same platform, the newest first.

    Found by the keyed hash, without opening a reference, and by index: the size of the table does
    not matter.
    """
    if request.place_digest is None:
        return ()
    wanted: Sequence[str] = [request.place_digest]
    if len(keys()) > 1:  # while a key is changed, a twin may be hashed with either
        wanted = digests(place_text(unseal(request.reference_encrypted)))
    return db.session.scalars(
        select(R)
        .where(
            R.place_digest.in_(wanted),
            R.platform_id == request.platform_id,
            R.id != request.id,
        )
        .order_by(R.id.desc())
        .limit(most)
    ).all()


def without_place() -> int:
    """How many requests with a reference have no place yet."""
    return (
        db.session.scalar(
            select(func.count(R.id)).where(
                R.place_digest.is_(None),
                R.erased_at.is_(None),
                R.reference_digest.not_in(digests("")),
            )
        )
        or 0
    )


_PLACES = (
    select(R.place_digest).where(R.place_digest.in_(bindparam("places", expanding=True))).distinct()
)


def places_known(digests: Iterable[str | None]) -> set[str]:
    """Which of some places stand in a request already, whoever's; by index."""
    wanted = {one for one in digests if one}
    with beyond_scope("a place is known or not, whoever imports"):
        found = db.session.scalars(_PLACES, {"places": list(wanted)})
        return {one for one in found if one}


def open_twin(platform_id: int, reference: str, measure_type: MeasureType) -> str | None:
    """The number of an open request for the same place and measure, if there is one."""
    return db.session.scalar(
        select(R.request_no)
        .where(
            R.place_digest.in_(digests(place_text(reference))),
            R.platform_id == platform_id,
            R.measure_type == measure_type,
            R.verified_at.is_(None),
            ~IS_EXCLUDED,
        )
        .limit(1)
    )


def with_platform(request_id: int) -> RemovalRequest | None:
    """A request with its company and platform, in one query."""
    return db.session.scalar(
        select(R)
        .options(joinedload(R.platform), joinedload(R.company))
        .where(R.id == request_id)
        .execution_options(populate_existing=True)
    )


def events(request_id: int) -> Sequence[RemovalRequestEvent]:
    """What was entered about a request, in the order it was entered."""
    return db.session.scalars(
        select(RemovalRequestEvent)
        .where(RemovalRequestEvent.request_id == request_id)
        .order_by(RemovalRequestEvent.id)
    ).all()


def steps_of(request_ids: Collection[int]) -> dict[int, set[Step]]:
    """Which steps the events of these requests tell of; one that has no event is missing."""
    found: dict[int, set[Step]] = {}
    if not request_ids:
        return found
    event = RemovalRequestEvent
    with beyond_scope("a step that only the regulator sees is not entered a second time"):
        rows = db.session.execute(
            select(event.request_id, event.step).where(event.request_id.in_(request_ids))
        ).all()
    for number, step in rows:
        found.setdefault(number, set()).add(step)
    return found


def names_of(request: RemovalRequest) -> dict[int, Account]:
    """Who recorded, issued, decided and verified, for readers of the regulator's side."""
    ids = {
        request.recorded_by_id,
        request.issued_by_id,
        request.decided_by_id,
        request.verified_by_id,
        request.exclusion_proposed_by_id,
    } - {None}
    found = db.session.scalars(select(Account).where(Account.id.in_(ids))) if ids else ()
    return {account.id: account for account in found}


def what_is_disputed(request: RemovalRequest) -> str | None:
    """What the company said when it disputed a request last."""
    return db.session.scalar(
        select(RemovalRequestEvent.reason)
        .where(
            RemovalRequestEvent.request_id == request.id,
            RemovalRequestEvent.step == Step.DISPUTED,
        )
        .order_by(RemovalRequestEvent.id.desc())
        .limit(1)
    )


def spells(request: RemovalRequest) -> Sequence[RemovalRequest]:
    """Every spell of a piece of content, this request among them, the first one first.

    Those that the person may not know of are left out, and what lies behind them.
    """
    found = [request]
    while found[0].previous_id is not None:
        before = db.session.scalar(select(R).where(R.id == found[0].previous_id))
        if before is None:
            break
        found.insert(0, before)
    while after := db.session.scalar(
        select(R).where(R.previous_id == found[-1].id).order_by(R.id).limit(1)
    ):
        found.append(after)
    return found


def of_intake(intake_id: int) -> Sequence[RemovalRequest]:
    """The requests made of an intake. Whoever asks may know the intake, not the requests."""
    with beyond_scope("the caller and the operator learn how far it is, nothing else"):
        return db.session.scalars(select(R).where(R.intake_id == intake_id).order_by(R.id)).all()


def newly_overdue(*, at: datetime, most: int = 500) -> Sequence[RemovalRequest]:
    """Requests whose answer is late and of which the log does not say so yet, the oldest first."""
    return db.session.scalars(
        select(R)
        .where(
            in_state("overdue", at),
            R.overdue_noted_at.is_(None),
            R.measure_type != MeasureType.BLOCK,
        )
        .order_by(R.delivered_at, R.id)
        .limit(most)
    ).all()


def undrawn(company_id: int, *, at: datetime) -> Sequence[Any]:
    """The id and number of removals of a company whose seventh day has come and of which no draw
    knows yet. What is older than a fortnight is looked at too late to say anything of seven days."""
    with beyond_scope("the clock draws for every company"):
        return db.session.execute(
            select(R.id, R.request_no)
            .where(
                R.company_id == company_id,
                R.verification == literal_column("'gone'"),
                R.is_drawn.is_(None),
                R.rechecked_at.is_(None),
                R.removed_at <= at - RECHECK_AFTER,
                R.removed_at > at - 2 * RECHECK_AFTER,
                R.measure_type != MeasureType.BLOCK,
                ~IS_EXCLUDED,
            )
            .order_by(R.id)
            .with_for_update()
        ).all()


def draw_of(request: RemovalRequest) -> RecheckDraw | None:
    """The draw that considered a request, for the regulator's side."""
    if request.drawn_at is None:
        return None
    return db.session.scalar(
        select(RecheckDraw).where(
            RecheckDraw.company_id == request.company_id, RecheckDraw.at == request.drawn_at
        )
    )


def last_draw_at(company_id: int) -> datetime | None:
    """When the removals of a company were last drawn from."""
    with beyond_scope("the clock draws for every company"):
        return db.session.scalar(
            select(func.max(RecheckDraw.at)).where(RecheckDraw.company_id == company_id)
        )


def saved_views() -> Sequence[SavedView]:
    """The views a person keeps, by name."""
    return db.session.scalars(select(SavedView).order_by(SavedView.name, SavedView.id)).all()


def many(ids: Sequence[int]) -> Sequence[RemovalRequest]:
    """Those of some requests that the person may know of, in the order of their numbers."""
    return db.session.scalars(
        select(R)
        .options(joinedload(R.platform), joinedload(R.company))
        .where(R.id.in_(ids))
        .order_by(R.company_id, R.request_no)
    ).all()


def draws() -> Select[Any]:
    """The draws of the recheck, the newest first."""
    return (
        select(RecheckDraw)
        .options(joinedload(RecheckDraw.company))
        .order_by(RecheckDraw.at.desc(), RecheckDraw.id.desc())
    )


def with_their_events(
    ids: Sequence[int],
) -> Iterator[tuple[RemovalRequest, list[RemovalRequestEvent]]]:
    """Requests with their events in the order they were entered, in two queries."""
    told: dict[int, list[RemovalRequestEvent]] = {}
    for event in db.session.scalars(
        select(RemovalRequestEvent)
        .where(RemovalRequestEvent.request_id.in_(ids))
        .order_by(RemovalRequestEvent.id)
    ):
        told.setdefault(event.request_id, []).append(event)
    for request in db.session.scalars(select(R).where(R.id.in_(ids)).order_by(R.id)):
        yield request, told.get(request.id, [])


def with_events() -> Select[Any]:
    """The ids of requests whose events tell everything, in their order."""
    return select(R.id).where(R.last_event_at.is_not(None)).order_by(R.id)


# What leaves as a file


def count_for_export(actor: Actor, chosen: Filter, *, at: datetime) -> int:
    """How many rows an export will have."""
    statement = select(func.count(R.id)).where(R.visible_to(actor), *conditions(chosen, at))
    return db.session.scalar(statement) or 0


def rows_for_export(actor: Actor | None, chosen: Filter, *, at: datetime) -> Iterator[Any]:
    """Every row of an export, fetched as it is written. The wall is named here once more,
    because the last rows are read when the request is as good as over."""
    statement = (
        select(
            R.request_no, Company.slug.label("company"), Platform.slug.label("platform"),
            R.category, R.legal_ground, R.surface, R.measure_type,
            R.reference_encrypted.label("reference"), R.issued_at, R.delivered_at,
            R.acknowledged_at, R.decided_at, R.outcome, R.refusal_reason, R.removed_at,
            R.verified_at, R.verification, R.rechecked_at, R.recheck,
        )
        .join(Company, Company.id == R.company_id)
        .join(Platform, Platform.id == R.platform_id)
        .where(*conditions(chosen, at))
        .order_by(R.id)
        .execution_options(yield_per=1000)
    )  # fmt: skip
    if actor is not None:
        statement = statement.where(R.visible_to(actor))
    yield from db.session.execute(statement)


# Counts by month


def oldest_open(company_ids: Sequence[int]) -> dict[int, datetime]:
    """By company the delivery of the oldest request without a substantive answer."""
    rows = db.session.execute(
        select(R.company_id, func.min(R.delivered_at))
        .where(
            R.company_id.in_(company_ids),
            or_(R.outcome.is_(None), R.outcome == Outcome.NEEDS_INFORMATION),
            R.delivered_at.is_not(None),
            R.measure_type != MeasureType.BLOCK,
            ~IS_EXCLUDED,
        )
        .group_by(R.company_id)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def intake_runs(since: datetime) -> list[Run]:
    """Every reference of the intakes since an instant, with its hand-over and issue; times only."""
    with beyond_scope("the regulator's own delay is counted over the intakes of the hotline"):
        rows = db.session.execute(
            select(Intake.received_at, Intake.handed_over_at, R.issued_at)
            .outerjoin(R, R.intake_id == Intake.id)
            .where(Intake.received_at >= since)
        ).all()
    return [Run(*row) for row in rows]


def drafts_of_the_hotline() -> int:
    """How many drafts came from the hotline and wait for their issue."""
    with beyond_scope("counted, not shown"):
        return (
            db.session.scalar(
                select(func.count(R.id)).where(
                    R.intake_id.is_not(None), R.issued_at.is_(None), R.exclusion.is_(None)
                )
            )
            or 0
        )


def was_issued_by(company_id: int, number: str, account_id: int | None) -> bool:
    """Whether an account issued the request of this company and number."""
    return (
        bool(
            db.session.scalar(
                select(R.id).where(
                    R.company_id == company_id, R.request_no == number, R.issued_by_id == account_id
                )
            )
        )
        and account_id is not None
    )


def open_numbers(*, most: int) -> list[str]:
    """The numbers of the delivered requests that wait for an answer, the oldest first."""
    return list(
        db.session.scalars(
            select(R.request_no)
            .where(R.delivered_at.is_not(None), UNANSWERED)
            .order_by(R.delivered_at, R.id)
            .limit(most)
        )
    )
