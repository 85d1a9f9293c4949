"""Both counts of a month, and where they differ: in the database, whatever their length."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from portal.core.db import db
from portal.reconciliations.models import (
    TOLERANCE,
    ClosedMonth,
    CompanyCount,
    Correction,
    CountDifference,
    CountLine,
    DifferenceKind,
    Right,
)
from portal.removal_requests.models import MeasureType, Outcome, RemovalRequest
from portal.removal_requests.queries import CLAIMS, IS_EXCLUDED

R, L, D = RemovalRequest, CountLine, CountDifference
UNANSWERED = "unanswered"
IN_TIME = {"answered_24h": timedelta(hours=24), "removed_48h": timedelta(hours=48)}
OUTCOMES = tuple(outcome for outcome in Outcome if outcome is not Outcome.NEEDS_INFORMATION)
TOTALS = ("requests", *(outcome.value for outcome in OUTCOMES), UNANSWERED, *IN_TIME)
"""What is counted of a month, in order. A question back is no answer, so such a request is unanswered.
In time: answered within 24 hours, said to be removed within 48 hours, each of delivery."""
IS_COUNTED = and_(
    R.measure_type != MeasureType.BLOCK,
    or_(R.issued_at.is_not(None), R.delivered_at.is_not(None)),
    ~IS_EXCLUDED,
)
"""What the company can have counted: issued to it, and not taken out by two persons."""
OUR_ANSWER = func.coalesce(R.answered_at, R.decided_at, type_=R.decided_at.type)
"""As R1 takes it: the first substantive answer."""


# Counts


def of_month(company_id: int, month: str) -> CompanyCount | None:
    """The latest version of a company's count of a month."""
    return db.session.scalar(
        select(CompanyCount)
        .where(CompanyCount.company_id == company_id, CompanyCount.month == month)
        .order_by(CompanyCount.version.desc())
        .limit(1)
    )


def versions(count: CompanyCount) -> Sequence[CompanyCount]:
    """All versions of the month, the newest first."""
    return db.session.scalars(
        select(CompanyCount)
        .where(CompanyCount.company_id == count.company_id, CompanyCount.month == count.month)
        .order_by(CompanyCount.version.desc())
    ).all()


def is_closed(company_id: int, month: str) -> bool:
    """Whether the card of the month was frozen."""
    return db.session.get(ClosedMonth, (company_id, month)) is not None


def _tallied() -> tuple[Any, ...]:
    """How many differences there are, and how they were decided."""
    return (
        func.count(D.id).label("differences"),
        *(func.count(case((D.right == right, 1))).label(right.value) for right in Right),
        func.count(case((and_(D.id.is_not(None), D.right.is_(None)), 1))).label("open"),
    )


def _is_superseded() -> ColumnElement[bool]:
    later = aliased(CompanyCount)
    return (
        select(later.id)
        .where(
            later.company_id == CompanyCount.company_id,
            later.month == CompanyCount.month,
            later.version > CompanyCount.version,
        )
        .exists()
    )


def decided(since: datetime, until: datetime) -> Sequence[Any]:
    """What was decided of counts after one instant and up to another, by company and month.

    Rows of `company_id`, `month`, how many differences were decided, by each `Right`, and how many
    corrections our record follows (`entered`, `by_hand`). A decision that a later version took over
    is told once, of the latest.
    """
    return db.session.execute(
        select(
            CompanyCount.company_id, CompanyCount.month, func.count(D.id).label("differences"),
            *(func.count(case((D.right == right, 1))).label(right.value) for right in Right),
            func.count(case((D.correction == Correction.ENTERED, 1))).label("entered"),
            func.count(case((D.correction == Correction.BY_HAND, 1))).label("by_hand"),
        )
        .join(D, D.count_id == CompanyCount.id)
        .where(D.decided_at > since, D.decided_at <= until, ~_is_superseded())
        .group_by(CompanyCount.company_id, CompanyCount.month)
        .order_by(CompanyCount.company_id, CompanyCount.month)
    ).all()  # fmt: skip


def latest() -> Select[Any]:
    """The latest count of each company and month that the person may know of, the newest first."""
    return (
        select(CompanyCount, *_tallied())
        .outerjoin(D, D.count_id == CompanyCount.id)
        .options(joinedload(CompanyCount.company))
        .where(~_is_superseded())
        .group_by(CompanyCount.id)
        .order_by(CompanyCount.month.desc(), CompanyCount.company_id)
    )


def tally(count_id: int) -> Any:
    """Of one count: differences, and of these those of each decision and the open ones."""
    return db.session.execute(select(*_tallied()).where(D.count_id == count_id)).one()


def state(company_id: int, month: str) -> dict[str, Any] | None:
    """What a card says of the company's own count; None where it filed none.

    Plain values: what it counted and what we did (requests), the differences and their decisions.
    """
    count = of_month(company_id, month)
    if count is None:
        return None
    row = tally(count.id)
    return {
        "version": count.version,
        "filed_at": count.filed_at.isoformat(),
        "is_listed": count.is_listed,
        "theirs": count.totals.get("requests"),
        "ours": our_totals(company_id, month)["requests"],
        "differences": row.differences,
        "company": row.company_was_right,
        "regulator": row.regulator_was_right,
        "unclear": row.neither_or_unclear,
        "open": row.open,
    }


# Totals


def _is_within(late: Any, early: Any, span: timedelta) -> ColumnElement[bool]:
    """Whether an instant lies at most `span` after another, to the last unit that is stored."""
    if db.engine.dialect.name == "sqlite":
        most = span // timedelta(microseconds=1)
        return type_coerce(late, BigInteger) - type_coerce(early, BigInteger) <= most
    moment = DateTime(timezone=True)
    return type_coerce(late, moment) - type_coerce(early, moment) <= literal(span)


def _is_apart(one: Any, other: Any) -> ColumnElement[bool]:
    return or_(~_is_within(one, other, TOLERANCE), ~_is_within(other, one, TOLERANCE))


def _counted(outcome: Any, zero: Any, answered: Any, removed: Any, number: Any) -> Any:
    answer_in_time = _is_within(answered, zero, IN_TIME["answered_24h"])
    removed_in_time = _is_within(removed, zero, IN_TIME["removed_48h"])
    return select(
        func.count(number),
        *(func.count(case((outcome == one, 1))) for one in OUTCOMES),
        func.count(case((or_(outcome.is_(None), outcome == Outcome.NEEDS_INFORMATION), 1))),
        func.count(case((and_(outcome.in_(OUTCOMES), answer_in_time), 1))),
        func.count(case((and_(outcome.in_(CLAIMS), removed_in_time), 1))),
    )


def our_totals(company_id: int, month: str) -> dict[str, int]:
    """Our own count of a month, by code of `TOTALS`, of what the company can have counted."""
    zero = func.coalesce(R.delivered_at, R.issued_at, type_=R.issued_at.type)
    row = db.session.execute(
        _counted(R.outcome, zero, OUR_ANSWER, R.removed_at, R.id).where(
            R.company_id == company_id, R.month == month, IS_COUNTED
        )
    ).one()
    return dict(zip(TOTALS, row, strict=True))


def listed_totals(count_id: int) -> dict[str, int]:
    """What the lines of a count add up to, by code of `TOTALS`.

    In time is only what both of its times are given for; where no line gives them, the company has
    not counted what was in time, and that it was none is not said for it.
    """
    counted = _counted(L.outcome, L.delivered_at, L.answered_at, L.removed_at, L.request_no)
    given = (
        func.count(case((and_(L.delivered_at.is_not(None), late.is_not(None)), 1)))
        for late in (L.answered_at, L.removed_at)
    )
    row = db.session.execute(counted.add_columns(*given).where(L.count_id == count_id)).one()
    added = dict(zip(TOTALS, row, strict=False))
    for name, timed in zip(IN_TIME, row[len(TOTALS) :], strict=True):
        if not timed:
            del added[name]
    return added


# Differences


DIFFERING = (
    "kind", "about", "request_id", "their_outcome", "our_outcome", "their_time", "our_time",
)  # fmt: skip


def differing(count: CompanyCount) -> Any:
    """The differences of a listed count as a subquery with the columns of `DIFFERING`.

    Where the outcomes differ, the times of answer and removal are not compared: they follow from
    them. A time is compared where the company gives it.
    """
    ours = and_(R.company_id == count.company_id, R.month == count.month, IS_COUNTED)
    mine = L.count_id == count.id
    pairs = (
        select(
            L.request_no, R.id, L.outcome.label("theirs"), R.outcome.label("ours"),
            L.delivered_at.label("their_delivered"), R.delivered_at.label("our_delivered"),
            L.answered_at.label("their_answered"), OUR_ANSWER.label("our_answered"),
            L.removed_at.label("their_removed"), R.removed_at.label("our_removed"),
        )
        .join(R, and_(ours, R.request_no == L.request_no))
        .where(mine)
        .subquery()
    )  # fmt: skip
    p = pairs.c
    asked_back = Outcome.NEEDS_INFORMATION
    same = _substantive(p.theirs, asked_back).is_not_distinct_from(_substantive(p.ours, asked_back))
    other = aliased(R)
    return union_all(
        _difference(DifferenceKind.ONLY_THEIRS, L.request_no, other.id, their_outcome=L.outcome)
        .outerjoin(R, and_(ours, R.request_no == L.request_no))
        .outerjoin(other, and_(other.request_no == L.request_no, _of(other, count.company_id)))
        .where(mine, R.id.is_(None)),
        _difference(DifferenceKind.ONLY_OURS, R.request_no, R.id, our_outcome=R.outcome)
        .outerjoin(L, and_(mine, L.request_no == R.request_no))
        .where(ours, L.request_no.is_(None)),
        _difference(DifferenceKind.OUTCOME, p.request_no, p.id, p.theirs, p.ours).where(~same),
        *(
            _difference(
                kind, p.request_no, p.id, their_time=p[f"their_{name}"], our_time=p[f"our_{name}"]
            ).where(
                p[f"their_{name}"].is_not(None),
                or_(p[f"our_{name}"].is_(None), _is_apart(p[f"their_{name}"], p[f"our_{name}"])),
                *([] if kind is DifferenceKind.DELIVERED else [same]),
            )
            for kind, name in (
                (DifferenceKind.DELIVERED, "delivered"),
                (DifferenceKind.ANSWERED, "answered"),
                (DifferenceKind.REMOVED, "removed"),
            )
        ),
    ).subquery()


def _of(request: Any, company_id: int) -> ColumnElement[bool]:
    return and_(
        request.company_id == company_id,
        request.measure_type != MeasureType.BLOCK,
        or_(request.issued_at.is_not(None), request.delivered_at.is_not(None)),
    )


def _substantive(outcome: Any, asked_back: Outcome) -> Any:
    return func.nullif(outcome, asked_back, type_=String())


def _difference(
    kind: DifferenceKind,
    about: Any,
    request_id: Any,
    their_outcome: Any = None,
    our_outcome: Any = None,
    their_time: Any = None,
    our_time: Any = None,
) -> Select[Any]:
    nothing, never = cast(null(), L.outcome.type), cast(null(), L.answered_at.type)
    given = (
        literal(kind, D.kind.type), about, request_id,
        nothing if their_outcome is None else their_outcome,
        nothing if our_outcome is None else our_outcome,
        never if their_time is None else their_time,
        never if our_time is None else our_time,
    )  # fmt: skip
    return select(*(one.label(name) for name, one in zip(DIFFERING, given, strict=True)))


def listed(count: CompanyCount, kind: DifferenceKind | None, decision: str) -> Select[Any]:
    """The differences of a count in order, with our request where there is one.

    `decision` is a code of `Right`, `open`, or empty for all.
    """
    order = case({one: place for place, one in enumerate(DifferenceKind)}, value=D.kind)
    chosen: Any = (
        select(D, R.id.label("request_id"), R.month, IS_EXCLUDED.label("is_excluded"))
        .outerjoin(R, R.id == D.request_id)
        .where(D.count_id == count.id)
        .order_by(order, D.about)
    )
    if kind is not None:
        chosen = chosen.where(D.kind == kind)
    if decision == "open":
        chosen = chosen.where(D.right.is_(None))
    elif decision:
        chosen = chosen.where(D.right == Right(decision))
    return chosen


def by_kind(count_id: int) -> dict[DifferenceKind, int]:
    """How many differences of each kind a count has."""
    rows = db.session.execute(
        select(D.kind, func.count()).where(D.count_id == count_id).group_by(D.kind)
    )
    return {row[0]: row[1] for row in rows}


def chosen(count_id: int, ids: Sequence[int]) -> Sequence[CountDifference]:
    """Of these differences those that belong to the count."""
    return db.session.scalars(
        select(D).where(D.count_id == count_id, D.id.in_(ids)).order_by(D.id)
    ).all()


def line_of(difference: CountDifference) -> CountLine | None:
    """What the company said of the request of a difference."""
    return db.session.get(CountLine, (difference.count_id, difference.about))


def numbers(company_id: int, month: str) -> Sequence[str]:
    """The numbers of a month that the company can have counted, in the order of their delivery."""
    return db.session.scalars(
        select(R.request_no)
        .where(R.company_id == company_id, R.month == month, IS_COUNTED)
        .order_by(R.delivered_at, R.id)
    ).all()
