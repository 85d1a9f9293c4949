"""Lists that stay as quick at a million requests as at ten thousand.

A page begins after the last line of the page before it (keyset), so that the hundredth costs what the
first costs. What stands beside a filter is counted among the newest `COUNTED` requests the person
may know of, and says so: up to that many it is exact, and beyond it costs no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Alias,
    ColumnClause,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Bundle
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter

from portal.access.actor import Actor
from portal.companies.models import Company
from portal.core.db import EPOCH, db, microseconds
from portal.core.kept import kept
from portal.removal_requests import queries
from portal.removal_requests.models import RemovalRequest
from portal.removal_requests.queries import Filter, conditions

R = RemovalRequest
SIZE = 50
COUNTED = 1_000
BY_DELIVERY = ("undecided", "overdue", "in_time", "delivered", "acknowledged")
"""States of which each request was delivered: they stand in the order of their clocks."""
BY_AGE = (
    "seen_up", "disputed", "to_agree", "to_verify", "to_recheck", "undelivered", "draft", "issued",
)  # fmt: skip
"""States that wait for somebody: the one that was recorded first stands first."""

LINE: Bundle[Any] = Bundle(
    "line",
    R.id, R.request_no, R.company_id, R.platform_id, R.category, R.measure_type, R.issued_at,
    R.delivered_at, R.acknowledged_at, R.outcome, R.verification, R.recheck, R.exclusion,
    R.excluded_by, R.is_synthetic, R.dispute,
)  # fmt: skip
IS_OF_SANDBOX = R.company_id.in_(select(Company.id).where(Company.is_sandbox.is_(True)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands in its list: the end of a page, from which the next one begins."""

    id: int
    delivered_at: datetime | None = None

    def __str__(self) -> str:
        if self.delivered_at is None:
            return str(self.id)
        return f"{microseconds(self.delivered_at)}.{self.id}"


def place(text: str) -> Place | None:
    """The place that an address names; None where it names none."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 2 or not all(p.isdecimal() and len(p) < 19 for p in parts):
        return None
    if len(parts[-1]) > 9:  # larger than any number of a record
        return None
    try:
        at = EPOCH + timedelta(microseconds=int(parts[0])) if len(parts) == 2 else None
    except OverflowError:
        return None
    return Place(int(parts[-1]), at)


def is_by_delivery(chosen: Filter) -> bool:
    """Whether the list stands in the order of delivery, the oldest first."""
    return chosen.state in BY_DELIVERY or bool(chosen.clock or chosen.since or chosen.until)


def _order(chosen: Filter, *, is_back: bool) -> tuple[Any, ...]:
    if is_by_delivery(chosen):
        keys = (R.delivered_at, R.id)
        return tuple(key.desc() for key in keys) if is_back else keys
    is_down = chosen.state not in BY_AGE
    return (R.id.desc() if is_down is not is_back else R.id.asc(),)


def _beyond(chosen: Filter, where: Place, *, is_back: bool) -> ColumnElement[bool]:
    """What stands behind a place, or before it."""
    if is_by_delivery(chosen):
        at = where.delivered_at or EPOCH
        if is_back:
            return and_(R.delivered_at <= at, or_(R.delivered_at < at, R.id < where.id))
        return and_(R.delivered_at >= at, or_(R.delivered_at > at, R.id > where.id))
    is_down = chosen.state not in BY_AGE
    return R.id < where.id if is_down is not is_back else R.id > where.id


def lines(
    chosen: Filter, *, at: datetime, after: Place | None = None, before: Place | None = None
) -> Select[Any]:
    """The lines of a list, those behind a place, or (in reverse) those before it."""
    statement = select(LINE).where(*conditions(chosen, at))
    if chosen.company_id is None:
        statement = statement.where(~IS_OF_SANDBOX)
    where = before or after
    if where is not None:
        statement = statement.where(_beyond(chosen, where, is_back=before is not None))
    return statement.order_by(*_order(chosen, is_back=before is not None))


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list, and from where the ones beside it begin; None where there is none."""

    rows: Sequence[Any]
    previous: Place | None
    next: Place | None
    is_first: bool


def page(
    chosen: Filter,
    *,
    at: datetime,
    after: Place | None = None,
    before: Place | None = None,
    size: int = SIZE,
) -> Slice:
    """One page. A place that is none of this order shows the first."""
    if any((p is not None and p.delivered_at is not None) is not is_by_delivery(chosen)
           for p in (after, before) if p is not None):  # fmt: skip
        after = before = None
    found = [
        row.line
        for row in db.session.execute(
            lines(chosen, at=at, after=after, before=before).limit(size + 1)
        )
    ]
    has_more = len(found) > size
    rows = found[:size]
    if before is not None:
        rows.reverse()
        if not has_more:  # the first page: whole, however many lines stood before the place
            return page(chosen, at=at, size=size)
    is_first = before is None and after is None
    return Slice(
        rows,
        None if is_first or not rows else _place_of(chosen, rows[0]),
        _place_of(chosen, rows[-1]) if rows and (has_more or before is not None) else None,
        is_first,
    )


def _place_of(chosen: Filter, line: Any) -> Place:
    return Place(line.id, line.delivered_at if is_by_delivery(chosen) else None)


def next_of(chosen: Filter, request: RemovalRequest, *, at: datetime) -> int | None:
    """The id of the request that stands behind one in a list, whether or not that is in it still."""
    if is_by_delivery(chosen) and request.delivered_at is None:
        return None
    where = Place(request.id, request.delivered_at if is_by_delivery(chosen) else None)
    found = db.session.execute(lines(chosen, at=at, after=where).limit(1)).first()
    return found.line.id if found else None


# Counts


OPTIONS: dict[str, Any] = {
    "company": R.company_id, "platform": R.platform_id, "outcome": R.outcome,
    "ground": R.legal_ground, "surface": R.surface, "measure": R.measure_type,
    "category": R.category,
}  # fmt: skip
"""What a list can be narrowed to by one value of one column."""


ASKED = (
    R.id, *OPTIONS.values(), R.issued_at, R.delivered_at, R.acknowledged_at, R.verified_at,
    R.verification, R.rechecked_at, R.exclusion, R.excluded_by, R.dispute, R.is_drawn, R.month,
    R.request_no, R.recorded_by_id, R.issued_by_id, R.decided_by_id, R.verified_by_id,
    R.answered_at, R.decided_at, R.removed_at, R.recheck, R.reappeared_at, R.previous_id,
)  # fmt: skip
"""The columns by which `queries.conditions` narrows a list."""

INDEXED = (*OPTIONS.values(), R.month)
"""Those of them that stand in the index of a company's newest requests: what asks for no other is
counted there, and the table is not read."""


def _counted_by(narrowing: Sequence[ColumnElement[bool]]) -> Sequence[Any]:
    """The columns that counts under these conditions need of a request."""
    asked = {
        part.key
        for condition in narrowing
        for part in visitors.iterate(condition)
        if isinstance(part, ColumnClause) and part.table is R.__table__
    }
    return INDEXED if asked <= {column.key for column in INDEXED} else ASKED


@dataclass(frozen=True, slots=True)
class Tallies:
    """By filter and value: how many requests it would show. `total` is what is shown now."""

    total: int
    by: Mapping[str, Mapping[Any, int]]
    is_of_newest: bool
    """Whether older requests than the newest `COUNTED` were left out."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside a list: how many wait for whom, and what each filter would show."""

    waiting: Mapping[str, int]
    tallies: Tallies


def counts(chosen: Filter, *, by: Actor, at: datetime) -> Counts:
    """The counts beside a list, for whom they were made: kept while nothing is entered, and for the
    running minute, for what is overdue changes by the clock alone."""
    stamp = (queries.stamp(), at.replace(second=0, microsecond=0))
    return kept("counts").get(
        (by, chosen), stamp, lambda: Counts(queries.waiting(at=at), tallies(chosen, at=at))
    )


def _is_elsewhere(one: Any) -> bool:
    return isinstance(getattr(one, "table", None), Alias)


def tallies(chosen: Filter, *, at: datetime) -> Tallies:
    """Counts beside every value of every filter, each with the other filters as they are.

    Counted among the newest requests of the company asked for, or of all: one query that reads so
    many rows from the end of an index, whatever the size of the table.
    """
    of_company = (
        R.company_id == chosen.company_id if chosen.company_id is not None else ~IS_OF_SANDBOX
    )
    # The filters that are chosen are lifted in turn: so they are not in the statement.
    bare = replace(chosen, outcome="", ground="", surface="", measure="", category="",
                   platform_id=None, company_id=None)  # fmt: skip
    narrowing = tuple(conditions(bare, at))
    newest = (
        select(*_counted_by(narrowing))
        .where(of_company)
        .order_by(R.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    # What a condition asks of other rows is asked of the table.
    adapt = ClauseAdapter(newest, exclude_fn=_is_elsewhere).traverse
    options = [newest.c[column.key] for column in OPTIONS.values()]
    is_shown = and_(true(), *map(adapt, narrowing))
    rows = db.session.execute(
        select(*options, func.count(), func.count(case((is_shown, 1)))).group_by(*options)
    ).all()
    wanted = _wanted(chosen)
    by: dict[str, dict[Any, int]] = {}
    total = read = 0
    for *values, there, number in rows:
        read += there
        wrong = [
            name
            for name, value in zip(OPTIONS, values, strict=True)
            if name in wanted and wanted[name] != value
        ]
        if not wrong:
            total += number
        for name, value in zip(OPTIONS, values, strict=True):
            if number and (not wrong or wrong == [name]):
                held = by.setdefault(name, {})
                held[value] = held.get(value, 0) + number
    return Tallies(total, by, read == COUNTED)


def _wanted(chosen: Filter) -> dict[str, Any]:
    said = {
        "platform": chosen.platform_id, "outcome": chosen.outcome, "ground": chosen.ground,
        "surface": chosen.surface, "measure": chosen.measure, "category": chosen.category,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}
