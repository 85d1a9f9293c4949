"""Questions to the removal requests, each answered by one SELECT whatever there is.

Every count is made by the database over an index that holds all it needs; a number of rows comes
back that hangs on the months and kinds and not on the requests. The conditions are those of
`removal_requests.counted`, by which the list shows the rows behind a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, select, true
from sqlalchemy.orm import join

from portal.access.actor import Role
from portal.access.scope import acting, beyond_scope
from portal.core.calendar import next_month
from portal.core.db import SecondsBetween, db
from portal.hotline.models import Intake
from portal.methodology import estimators
from portal.removal_requests import counted as defined
from portal.removal_requests.counted import OPEN_BANDS, Counted, counted, told_apart
from portal.removal_requests.models import ANSWER_WITHIN, Exclusion, MeasureType, RemovalRequest

R = RemovalRequest
HOUR = 3600
HORIZON = 168 * HOUR
"""Seconds for which a request is followed, as in the method."""
EXACT_UP_TO = 2_000
"""Up to so many requests times are kept to the second, beyond it to the minute, rounded up."""
MINUTE = 60
MOST_SPELLS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose figures, of which months (both included) and as of when."""

    company_ids: Sequence[int]
    since: str
    until: str
    at: datetime
    platform_id: int | None = None

    def months(self) -> list[str]:
        """Every month of the period."""
        months = [self.since]
        while months[-1] < self.until:
            months.append(next_month(months[-1]))
        return months

    @property
    def is_narrowed(self) -> bool:
        """Whether one platform was chosen."""
        return self.platform_id is not None

    def values(self) -> dict[str, Any]:
        """What is filled into a statement. One that needs less leaves the rest."""
        return {
            "company_ids": list(self.company_ids), "since": self.since, "until": self.until,
            "platform_id": self.platform_id, "before_0": self.at,
            **{_before(delta): self.at - delta for delta in LOOKED_BACK},
        }  # fmt: skip


LOOKED_BACK = (ANSWER_WITHIN, defined.GONE_WITHIN, *defined.AGES, timedelta(seconds=HORIZON))


def _before(delta: timedelta) -> str:
    return f"before_{int(delta.total_seconds())}"


class _Instant:
    """Stands for the instant of a count while a statement is put together, which is done once."""

    def __sub__(self, delta: timedelta) -> Any:
        return bindparam(_before(delta), type_=R.issued_at.type)


INSTANT: Any = _Instant()


def _narrowed(is_narrowed: bool) -> Iterator[ColumnElement[bool]]:
    """The requests of the companies, months and platform that are asked for."""
    yield R.company_id.in_(bindparam("company_ids", expanding=True))
    yield R.month >= bindparam("since")
    yield R.month <= bindparam("until")
    if is_narrowed:
        yield R.platform_id == bindparam("platform_id")


@contextmanager
def _counting() -> Iterator[None]:
    """A commissioner reads figures of every company, and no request: the counts alone are taken
    from beyond the wall. Everybody else counts what they may read."""
    me = acting()
    if me is not None and me.role is Role.COMMISSIONER:
        with beyond_scope("a commissioner reads counts, never a request"):
            yield
    else:
        yield


# How many


class Tally(NamedTuple):
    """Counts of requests that were delivered, by what became of them. Blocks are none of these."""

    delivered: int = 0
    followed_24h: int = 0
    answered_24h: int = 0
    followed_48h: int = 0
    gone_48h: int = 0
    gone: int = 0
    restricted: int = 0
    came_back: int = 0
    open: int = 0


SUMMED = (
    Counted.FOLLOWED_24H, Counted.ANSWERED_24H, Counted.FOLLOWED_48H, Counted.GONE_48H,
    Counted.GONE, Counted.RESTRICTED, Counted.CAME_BACK, Counted.OPEN,
)  # fmt: skip
"""What is summed beside the number of requests, in the order of `Tally`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The tallies of a period: in all, and by each word of each way to part them."""

    total: Tally
    by_month: Mapping[str, Tally]
    by_ground: Mapping[str, Tally]
    by_surface: Mapping[str, Tally]
    by_measure: Mapping[str, Tally]
    by_company: Mapping[int, Tally]
    blocks: Mapping[str, int]
    """Access blocks by month; they are in no tally."""

    @property
    def all_blocks(self) -> int:
        """The blocks of the whole period."""
        return sum(self.blocks.values())


@cache
def counting(is_narrowed: bool) -> Select[*tuple[Any, ...]]:
    """The statement of `counts`. It parts the rows in the order of the index, so that nothing has
    to be sorted."""
    keys = (R.company_id, R.month, R.measure_type, R.legal_ground, R.surface)
    sums = [func.sum(case((told_apart(what, INSTANT), 1), else_=0)) for what in SUMMED]
    return (
        select(*keys, func.count(), *sums)
        .where(*_narrowed(is_narrowed), R.delivered_at.is_not(None), ~defined.IS_EXCLUDED)
        .group_by(*keys)
    )


def counts(asked: Asked) -> Counts:
    """Every tally of the period, from one pass over the requests."""
    with _counting():
        rows = db.session.execute(counting(asked.is_narrowed), asked.values()).all()
    parts: tuple[dict[Any, list[list[int]]], ...] = ({}, {}, {}, {}, {})
    blocks: dict[str, int] = {}
    for company_id, month, measure, ground, surface, *numbers in rows:
        if measure is MeasureType.BLOCK:
            blocks[month] = blocks.get(month, 0) + numbers[0]
            continue
        for part, word in zip(parts, (month, ground, surface, measure, company_id), strict=True):
            part.setdefault(word, []).append(numbers)
    by_month, by_ground, by_surface, by_measure, by_company = (
        {word: _sum(several) for word, several in part.items()} for part in parts
    )
    total = _sum(list(by_company.values()))
    return Counts(total, by_month, by_ground, by_surface, by_measure, by_company, blocks)


def _sum(several: Sequence[Sequence[int]]) -> Tally:
    return Tally(*map(sum, zip(*several, strict=True)))


@dataclass(frozen=True, slots=True)
class Ages:
    """The requests that wait for an answer now, by how long they wait, and the oldest delivery."""

    bands: Mapping[Counted, int]
    oldest: datetime | None

    @property
    def open(self) -> int:
        """All that wait."""
        return sum(self.bands.values())


@cache
def ageing(is_narrowed: bool) -> Select[*tuple[Any, ...]]:
    """The statement of `ages`: found by the partial index of what waits, whatever the period."""
    bands = [func.count(case((told_apart(band, INSTANT), 1))) for band in OPEN_BANDS]
    statement = select(R.company_id, func.min(R.delivered_at), *bands).where(
        R.company_id.in_(bindparam("company_ids", expanding=True)),
        defined.IS_WAITING,
        defined.IS_DELIVERED,
    )
    if is_narrowed:
        statement = statement.where(R.platform_id == bindparam("platform_id"))
    return statement.group_by(R.company_id)


def ages(asked: Asked) -> dict[int, Ages]:
    """By company what waits for an answer as of now, of any month."""
    with _counting():
        rows = db.session.execute(ageing(asked.is_narrowed), asked.values()).all()
    return {
        company_id: Ages(dict(zip(OPEN_BANDS, numbers, strict=True)), oldest)
        for company_id, oldest, *numbers in rows
    }


def together(found: Mapping[int, Ages]) -> Ages:
    """The ages of several companies as one."""
    return Ages(
        {band: sum(one.bands[band] for one in found.values()) for band in OPEN_BANDS},
        min((one.oldest for one in found.values() if one.oldest), default=None),
    )


@cache
def _excluding(is_narrowed: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(R.exclusion, func.count())
        .where(
            *_narrowed(is_narrowed),
            R.exclusion.is_not(None),
            counted(Counted.EXCLUDED, INSTANT),
        )
        .group_by(R.exclusion)
    )


def excluded(asked: Asked) -> dict[Exclusion, int]:
    """What two persons took out of every figure, by the reason."""
    with _counting():
        rows = db.session.execute(_excluding(asked.is_narrowed), asked.values()).all()
    return {reason: number for reason, number in rows if reason}


@cache
def _following_back(is_narrowed: bool) -> Select[*tuple[Any, ...]]:
    """A spell leads to the one before it; the chain is followed back by the key to the first of the
    same company (see `defined.IS_AGAIN`). It begins with what the reader may know of, and nothing
    but its length is taken from the rest."""
    before = RemovalRequest.__table__.alias("before")
    chain = (
        select(
            R.id.label("start"), R.company_id.label("company_id"),
            R.previous_id.label("previous_id"), literal(1).label("spell"),
        )
        .where(*_narrowed(is_narrowed), defined.IS_DELIVERED, R.previous_id.is_not(None))
        .cte("chain", recursive=True)
    )  # fmt: skip
    chain = chain.union_all(
        select(chain.c.start, chain.c.company_id, before.c.previous_id, chain.c.spell + 1).join(
            before,
            and_(
                before.c.id == chain.c.previous_id,
                before.c.company_id == chain.c.company_id,
                chain.c.spell < MOST_SPELLS,
            ),
        )
    )
    longest = (
        select(func.max(chain.c.spell).label("spell"))
        .where(chain.c.spell > 1)
        .group_by(chain.c.start)
        .subquery()
    )
    return select(longest.c.spell, func.count()).group_by(longest.c.spell)


def spells(asked: Asked) -> dict[int, int]:
    """How many requests of the period were the second, third, ... spell of the same content."""
    with _counting():
        rows = db.session.execute(_following_back(asked.is_narrowed), asked.values()).all()
    return dict(sorted((spell, number) for spell, number in rows))


# How long


class Clock(StrEnum):
    """From what to what a time is measured: two of the regulator, two of the company."""

    INTAKE_TO_ISSUE = "clock_intake_to_issue"
    ISSUE_TO_DELIVERY = "clock_issue_to_delivery"
    DELIVERY_TO_ANSWER = "clock_delivery_to_answer"
    DELIVERY_TO_GONE = "clock_delivery_to_gone"


OF_REGULATOR = (Clock.INTAKE_TO_ISSUE, Clock.ISSUE_TO_DELIVERY)


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one clock: how many, how many came to their end, and the curve of the rest."""

    n: int
    ended: int
    curve: estimators.Curve

    @property
    def median(self) -> int | None:
        """Seconds until half had come to their end; None where that was not reached in 168 hours."""
        return estimators.median(self.curve) if self.n else None


@cache
def timing(clock: Clock, step: int, is_narrowed: bool) -> Select[*tuple[Any, ...]]:
    """The statement of `times`: how many ended, or were followed without an end, by seconds.

    Times are rounded up to `step`, so that 24:00:00 is still within 24 hours; what lasted longer
    than the horizon was followed to the horizon. In the intake's clock a request that an import
    brought does not count: it was recorded after it was issued.
    """
    now = INSTANT - timedelta(0)
    source: Any = R
    begin: ColumnElement[Any]
    end: ColumnElement[Any]
    has_ended: ColumnElement[bool]
    match clock:
        case Clock.INTAKE_TO_ISSUE:
            source = join(R, Intake, Intake.id == R.intake_id, isouter=True)
            begin = func.coalesce(Intake.received_at, R.recorded_at, type_=R.recorded_at.type)
            end, has_ended = R.issued_at.expression, true()
            counts_here = and_(defined.IS_ASKED, R.issued_at.is_not(None), begin <= R.issued_at)
        case Clock.ISSUE_TO_DELIVERY:
            begin, end = R.issued_at.expression, R.delivered_at.expression
            has_ended = R.delivered_at.is_not(None)
            counts_here = and_(defined.IS_ASKED, R.issued_at.is_not(None))
        case Clock.DELIVERY_TO_ANSWER:
            begin, end = R.delivered_at.expression, defined.ANSWERED_AT
            has_ended = and_(defined.IS_ANSWERED, end.is_not(None))
            counts_here = defined.IS_DELIVERED
        case Clock.DELIVERY_TO_GONE:
            begin, end = R.delivered_at.expression, defined.GONE_AT
            has_ended = and_(defined.IS_GONE, end.is_not(None))
            counts_here = defined.IS_DELIVERED
    # One number for each row, so that one number is sorted: even where it ended, odd where it did
    # not yet; nothing for what was followed to the horizon without an end.
    lasted, followed = (
        (SecondsBetween(begin, until) + (step - 1)) // step * 2 for until in (end, now)
    )
    is_followed = begin > INSTANT - timedelta(seconds=HORIZON)
    key = case((has_ended, lasted), (is_followed, followed + 1)).label("key")
    return (
        select(key, func.count())
        .select_from(source)
        .where(*_narrowed(is_narrowed), counts_here)
        .group_by(key)
    )


def times(asked: Asked, clock: Clock, *, most: int) -> Times:
    """The times of a clock, as a Kaplan-Meier curve; `most` is about how many requests there are."""
    step = 1 if most <= EXACT_UP_TO else MINUTE
    statement = timing(clock, step, asked.is_narrowed)
    if clock is Clock.INTAKE_TO_ISSUE:
        # What was issued and asked of the company is what a company may know of.
        with beyond_scope("seconds are taken from the hotline's intake and nothing else"):
            rows = db.session.execute(statement, asked.values()).all()
    else:
        with _counting():
            rows = db.session.execute(statement, asked.values()).all()
    ended: Counter[int] = Counter()
    censored: Counter[int] = Counter()
    for key, number in rows:
        seconds = HORIZON if key is None else (key >> 1) * step
        if key is None or key & 1 or seconds > HORIZON:
            censored[min(max(seconds, 0), HORIZON)] += number
        elif seconds > 0:
            ended[seconds] = number  # a key comes once, and only what is clamped falls together
        else:
            ended[0] += number
    curve = estimators.kaplan_meier(ended, censored)
    return Times(curve.n, ended.total(), curve)
