"""The requests of a company's month as they stood at an instant, for the scorecard.

What was entered after the instant does not show: a request whose last event is later is told again
by its events up to then. What an import brought has no entry times; its own times hold.

There are two instants. `as_of` ends what happened; `known_at` ends what was known of it. A card
that is computed a day after its follow-up knows a delivery that was entered late, a time that was
corrected and an exclusion that was agreed meanwhile, but no answer that came meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
)

from portal.access.scope import beyond_scope
from portal.companies.models import Platform
from portal.core.calendar import month_start, next_month
from portal.core.db import MicrosecondsBetween, SecondsBetween, UTCDateTime, db
from portal.hotline.models import Intake
from portal.removal_requests.models import (
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    RemovalRequestEvent,
    Step,
    Surface,
    Verification,
)
from portal.removal_requests.projection import replayed

R, E = RemovalRequest, RemovalRequestEvent
AS_OF, START, END = (bindparam(name, type_=UTCDateTime()) for name in ("as_of", "start", "end"))
# By coalesce, or the database looks in the index of the deliveries, which holds nothing else.
DELIVERED = func.coalesce(R.delivered_at, R.issued_at, type_=R.issued_at.type)
IS_PLAIN = and_(
    or_(R.last_event_at.is_(None), R.last_event_at <= AS_OF),
    R.delivered_at.is_not(None),
    DELIVERED >= START,
    DELIVERED < END,
    DELIVERED <= AS_OF,
    R.measure_type != MeasureType.BLOCK,
    R.exclusion.is_(None),
)
"""Requests of which `Plain` tells all."""
TOLD_AGAIN = ("issued_at", "delivered_at", "outcome", "removed_at", "verified_at", "verification",
              "rechecked_at", "recheck")  # fmt: skip


class Fact(NamedTuple):
    """A request of the cohort, with the names and in the order that the score knows."""

    id: int
    number: str
    issued_at: datetime
    delivered_at: datetime | None
    decided_at: datetime | None
    outcome: Outcome | None
    removed_at: datetime | None
    verified_at: datetime | None
    verification: Verification | None
    rechecked_at: datetime | None
    recheck: Recheck | None
    measure_type: MeasureType
    surface: Surface
    legal_ground: str
    excluded: str | None
    excluded_by: str | None
    is_disputed: bool
    platform: str
    asked_at: datetime
    """When the regulator knew of it: the intake, else the record."""


def facts_for(
    company_id: int,
    month: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Sequence[Any]:
    """The cohort of a company and Korean month "YYYY-MM", by id; rows with the names of `Fact`.

    An exclusion counts once the second person has agreed, a dispute once it was raised. Without
    `as_of`, as the rows stand now; without `known_at`, from what was entered by `as_of`. Two
    queries, however many requests there are.
    """
    known_at = known_at or as_of
    chosen = R.id.in_(_candidates(company_id, month, as_of, known_at))
    with beyond_scope("a company's figures are the same for whoever may ask for them"):
        return _facts_of(chosen, as_of, known_at)


def _facts_of(
    chosen: ColumnElement[bool], as_of: datetime | None, known_at: datetime | None
) -> Sequence[Any]:
    rows = db.session.execute(_facts(as_of, known_at).where(chosen).order_by(R.id)).all()
    if as_of is None:
        return rows
    if all(row.last_event_at is None or row.last_event_at <= as_of for row in rows):
        return rows
    told = dict(_told(chosen, as_of, known_at or as_of))
    return [
        fact
        for row in rows
        if (fact := row if row.last_event_at is None or row.last_event_at <= as_of
            else _as_it_stood(row, told.get(row.id)))
        is not None
    ]  # fmt: skip


class Plain(NamedTuple):
    """The cases of a month of which there is nothing else to tell, column by column.

    Delivered in the month and by the instant, asked of the company, with no exclusion, and nothing
    entered later. Nearly all cases are such, so they come without an object for each of them.
    Durations in whole seconds; `waited` as in `Counted`.
    """

    followed: Sequence[int] = ()
    outcome: Sequence[str | None] = ()
    answered: Sequence[int | None] = ()
    removed: Sequence[int | None] = ()
    is_still_up: Sequence[bool] = ()
    recheck: Sequence[str | None] = ()
    is_disputed: Sequence[bool] = ()
    waited: Sequence[int | None] = ()


class Counted(NamedTuple):
    """Another request whose row says all, told apart by the database; durations in whole seconds.

    `followed` is None outside the month, `number` where nobody asks for it, `waited` (microseconds
    from the intake to the issue) where the one did not come before the other. Rows come as plain
    tuples in this order: a name for each value of each row costs as much as the rest.
    """

    is_late: bool
    """Something was entered after the instant: its events tell it, not this row."""
    number: str | None
    followed: int | None
    outcome: str | None
    answered: int | None
    removed: int | None
    is_still_up: bool
    recheck: str | None
    is_block: bool
    excluded: str | None
    excluded_by: str | None
    is_flagged: bool
    is_disputed: bool
    waited: int | None


class Counting:
    """Counts a month in the database, for those who need no row of it.

    `answers` are the outcomes that count as an answer, `removals` those that count as a removal, by
    type of measure. The statements are built once: for a small company, building them would take
    longer than answering them.
    """

    def __init__(
        self, *, answers: Collection[str], removals: Mapping[str, Collection[str]]
    ) -> None:
        self._answers, self._removals = answers, removals

    def __call__(
        self, company_id: int, month: str, *, as_of: datetime
    ) -> tuple[Plain, Sequence[Any], Sequence[Any]]:
        """What `facts_for` tells of a company's month at `as_of`.

        First its plain cases, then its other requests in the order of the fields of `Counted`, then
        the rows of `facts_for` for those that are late or stand in another month.
        """
        given = {
            "of_company": company_id, "of_month": month, "start": month_start(month),
            "end": month_start(next_month(month)), "as_of": as_of,
        }  # fmt: skip
        with beyond_scope("a company's figures are the same for whoever may ask for them"):
            rows = db.session.execute(self._others, given).all()
            # Past the session, which would look for objects to load; the query before has flushed.
            plain = db.session.connection().execute(self._plain, given).all()
            others = list(_elsewhere(company_id, month, as_of, as_of))
            if any(row[0] for row in rows):
                others.append(
                    select(R.id).where(
                        R.company_id == company_id, R.month == month, R.last_event_at > as_of
                    )
                )
            chosen = and_(
                R.id.in_(union(*others)),
                or_(R.month.is_distinct_from(month), R.last_event_at > as_of),
            )
            return Plain(*zip(*plain, strict=True)), rows, _facts_of(chosen, as_of, as_of)

    @cached_property
    def _plain(self) -> Any:
        """The columns of `Plain`, in its order. All of them are in the index of the figures."""
        return _with_intake(
            SecondsBetween(R.delivered_at, AS_OF), *self._stood(R.delivered_at)
        ).where(IS_PLAIN)

    @cached_property
    def _others(self) -> Any:
        issued_at = func.coalesce(R.issued_at, R.delivered_at, type_=R.issued_at.type)
        is_flagged = or_(R.delivered_at.is_(None), R.delivered_at > AS_OF)
        zero = case((is_flagged, issued_at), else_=R.delivered_at)
        is_agreed = and_(
            R.excluded_by.is_not(None), or_(R.excluded_at.is_(None), R.excluded_at <= AS_OF)
        )
        *stood, is_disputed, waited = self._stood(zero)
        return _with_intake(
            and_(R.last_event_at.is_not(None), R.last_event_at > AS_OF),
            case((or_(is_flagged, R.exclusion.is_not(None)), R.request_no)),
            case((and_(zero >= START, zero < END, zero <= AS_OF), SecondsBetween(zero, AS_OF))),
            *stood,
            R.measure_type == MeasureType.BLOCK,
            cast(case((is_agreed, R.exclusion)), String),
            case((is_agreed, R.excluded_by)),
            is_flagged,
            is_disputed,
            waited,
        ).where(not_(IS_PLAIN))

    def _stood(self, zero: Any) -> Iterator[ColumnElement[Any]]:
        """What had become of a request since clock zero: from its outcome to whether it is disputed,
        and how long it had waited for its issue."""
        issued_at = func.coalesce(R.issued_at, R.delivered_at, type_=R.issued_at.type)
        decided_at = func.coalesce(R.answered_at, R.decided_at, type_=R.decided_at.type)
        removed_at = func.coalesce(R.removed_at, R.verified_at, type_=R.removed_at.type)
        asked_at = func.coalesce(Intake.received_at, R.recorded_at, type_=R.recorded_at.type)
        is_gone = and_(
            R.verified_at <= AS_OF,
            R.verification == Verification.GONE,
            removed_at <= AS_OF,
            decided_at <= AS_OF,
            or_(
                *(
                    and_(R.measure_type == kind, R.outcome.in_(some))
                    for kind, some in self._removals.items()
                )
            ),
        )
        is_answer = and_(decided_at <= AS_OF, R.outcome.in_(self._answers))
        yield cast(case((decided_at <= AS_OF, R.outcome)), String)
        yield case((is_answer, _after(zero, decided_at)))
        yield case((is_gone, _after(zero, removed_at)))
        yield func.coalesce(
            and_(R.verified_at <= AS_OF, R.verification == Verification.STILL_UP), false()
        )
        yield cast(case((R.rechecked_at <= AS_OF, R.recheck)), String)
        yield and_(R.disputed_at.is_not(None), R.disputed_at <= AS_OF)
        yield case(
            (
                and_(asked_at <= issued_at, issued_at <= AS_OF),
                MicrosecondsBetween(asked_at, issued_at),
            )
        )


def _with_intake(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(R)
        .outerjoin(Intake, Intake.id == R.intake_id)
        .where(R.company_id == bindparam("of_company"), R.month == bindparam("of_month"))
    )


def _after(zero: ColumnElement[datetime], at: ColumnElement[datetime]) -> ColumnElement[int]:
    """Seconds from clock zero; what came before it took none."""
    return case((at > zero, SecondsBetween(zero, at)), else_=0)


def _candidates(
    company_id: int, month: str, as_of: datetime | None, known_at: datetime | None
) -> Any:
    """Whatever may belong to the month: by the columns, or by what they said at the instant.

    The score itself decides by clock zero, so too many do no harm.
    """
    here = select(R.id).where(R.company_id == company_id, R.month == month)
    if as_of is None:
        return here
    return union(here, *_elsewhere(company_id, month, as_of, known_at))


def _elsewhere(
    company_id: int, month: str, as_of: datetime, known_at: datetime | None
) -> Iterator[Any]:
    """What the columns put into another month, and stood in this one at the instant."""
    start, end = month_start(month), month_start(next_month(month))
    # Delivered later than the instant: until then the issue was its clock zero.
    yield select(R.id).where(
        R.company_id == company_id,
        R.issued_at >= start,
        R.issued_at < end,
        R.month > month,
        or_(R.delivered_at > as_of, R.last_event_at > as_of),
    )
    # Its delivery was corrected since: it may have stood in this month.
    yield (
        select(R.id)
        .join(E, E.request_id == R.id)
        .where(
            R.company_id == company_id, E.corrected == literal_column("'delivered_at'"), E.at > known_at,
            E.time_from >= start, E.time_from < end,
        )
    )  # fmt: skip


def _facts(as_of: datetime | None, known_at: datetime | None) -> Any:
    is_agreed: ColumnElement[bool] = R.excluded_by.is_not(None)
    is_disputed: ColumnElement[bool] = R.disputed_at.is_not(None)
    if as_of is not None and known_at is not None:
        # An import names who agreed and not when: that counts from the beginning.
        is_agreed = and_(is_agreed, or_(R.excluded_at.is_(None), R.excluded_at <= known_at))
        is_disputed = and_(is_disputed, R.disputed_at <= as_of)
    return select(
        R.id, R.request_no.label("number"),
        func.coalesce(R.issued_at, R.delivered_at, type_=R.issued_at.type).label("issued_at"),
        R.delivered_at,
        # A refusal that became a removal was answered when it was refused.
        func.coalesce(R.answered_at, R.decided_at, type_=R.decided_at.type).label("decided_at"),
        R.outcome, R.removed_at, R.verified_at, R.verification, R.rechecked_at, R.recheck,
        R.measure_type, R.surface, R.legal_ground,
        case((is_agreed, R.exclusion)).label("excluded"),
        case((is_agreed, R.excluded_by)).label("excluded_by"),
        is_disputed.label("is_disputed"), Platform.slug.label("platform"),
        func.coalesce(Intake.received_at, R.recorded_at, type_=R.recorded_at.type).label("asked_at"),
        R.last_event_at,
    ).join(Platform, Platform.id == R.platform_id).outerjoin(Intake, Intake.id == R.intake_id)  # fmt: skip


def _told(
    chosen: ColumnElement[bool], as_of: datetime, known_at: datetime
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the events up to the instant say of each request that changed after it."""
    happened_at = func.coalesce(E.happened_at, E.at, type_=E.at.type)
    events = db.session.execute(
        select(
            E.request_id, E.step, E.at, E.happened_at, E.outcome, E.verification, E.recheck,
            E.reason, E.removed_at, E.exclusion, E.dispute, E.corrected, E.time_to,
        )
        .join(R, R.id == E.request_id)
        .where(chosen, R.last_event_at > as_of, E.at <= known_at, or_(E.step == Step.CORRECTED, happened_at <= as_of))
        .order_by(E.request_id, E.id)
    )  # fmt: skip
    for request_id, said in groupby(events, key=lambda event: event.request_id):
        yield request_id, replayed(said)


def _as_it_stood(row: Any, said: dict[str, Any] | None) -> Fact | None:
    """A row as its events told it; None where it was not out yet."""
    if said is None or (said["issued_at"] is None and said["delivered_at"] is None):
        return None
    values = {name: getattr(row, name) for name in Fact._fields}
    values |= {name: said[name] for name in TOLD_AGAIN}
    values["issued_at"] = said["issued_at"] or said["delivered_at"]
    values["decided_at"] = said["answered_at"] or said["decided_at"]
    return Fact(**values)
