"""The requests of a month as they stood at an instant (method, section "Cohort and clock").

Access blocks are executed by Korean providers, not asked of the company: requests whose
`measure_type` is "block" are in no cohort and are counted beside. What lies after `as_of` has not
happened yet, so that a card computed again for the same instant has the same digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from portal.methodology import estimators
from portal.methodology.facts import RequestFact
from portal.methodology.method import VERSION_1_0, Method

SEOUL = ZoneInfo("Asia/Seoul")
SECOND = timedelta(seconds=1)
# "Still looking" and silence are no answers; "duplicate" and "not found" are, and can be disputed.
ANSWERS = frozenset(
    {"removed", "restricted", "account_action", "partial", "refused", "not_found", "duplicate"}
)
REMOVAL_OUTCOMES = {"removal": ("removed",), "account": ("removed", "account_action")}


# The month


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """First instant of a Korean month "YYYY-MM" and of the next one, both in UTC."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ValueError(f"not a month: {month!r}")
    year, number = int(month[:4]), int(month[5:])
    start = datetime(year, number, 1, tzinfo=SEOUL)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=SEOUL)
    return start.astimezone(UTC), end.astimezone(UTC)


def freeze_instant(month: str, method: Method = VERSION_1_0) -> datetime:
    """When the last delivered request of the month has been followed to the horizon."""
    return month_bounds(month)[1] + timedelta(hours=method.followup_hours)


# One request, as it stood


class Case(NamedTuple):
    """A request of the cohort as it stood at an instant; durations in whole seconds."""

    fact: RequestFact
    followed: int
    outcome: str | None
    answered: int | None
    removed: int | None
    is_still_up: bool
    recheck: str | None
    is_flagged: bool


def _clock_zero(fact: RequestFact, as_of: datetime) -> tuple[datetime, bool]:
    """Delivery, else issue, which is flagged."""
    if fact.delivered_at is not None and fact.delivered_at <= as_of:
        return fact.delivered_at, False
    return fact.issued_at, True


def has_happened(at: datetime | None, as_of: datetime) -> bool:
    """Whether an instant is known and not after another."""
    return at is not None and at <= as_of


def _case(fact: RequestFact, as_of: datetime) -> Case:
    zero, is_flagged = _clock_zero(fact, as_of)
    outcome = answered = removed = None
    if fact.decided_at is not None and fact.decided_at <= as_of:
        outcome = fact.outcome
        if outcome in ANSWERS:
            answered = max(0, (fact.decided_at - zero) // SECOND)
    is_verified = has_happened(fact.verified_at, as_of)
    if (
        is_verified
        and fact.verification == "gone"
        and outcome in REMOVAL_OUTCOMES.get(fact.measure_type, ())
    ):
        removed_at = fact.removed_at or fact.verified_at
        if removed_at is not None and removed_at <= as_of:
            removed = max(0, (removed_at - zero) // SECOND)
    return Case(
        fact=fact,
        followed=(as_of - zero) // SECOND,
        outcome=outcome,
        answered=answered,
        removed=removed,
        is_still_up=is_verified and fact.verification == "still_up",
        recheck=fact.recheck if has_happened(fact.rechecked_at, as_of) else None,
        is_flagged=is_flagged,
    )


class Standing(NamedTuple):
    """What the arithmetic needs of a case; durations in whole seconds."""

    followed: int
    outcome: str | None
    answered: int | None
    removed: int | None
    is_still_up: bool
    recheck: str | None


def standings(columns: Sequence[Sequence[Any]]) -> Iterator[Standing]:
    """The cases of which the database tells the fields of `Standing`, column by column."""
    return estimators.tuples_of(Standing, zip(*columns, strict=True))


class Exclusion(NamedTuple):
    number: str
    reason: str
    by: str | None


class Cohort(NamedTuple):
    """The cohort of a month as it stood, and what is told of it beside.

    `cases` are not excluded and asked of the company; `excluded` and `flagged` may be in any order.
    """

    cases: Sequence[Case | Standing]
    excluded: Sequence[Exclusion]
    flagged: Sequence[str]
    blocks: int
    disputed: int


def cohort(
    requests: Iterable[RequestFact], month: str, as_of: datetime
) -> tuple[list[RequestFact], list[RequestFact], list[Case]]:
    """Delivered in the month; of these asked of the company; of these not excluded, as they stood."""
    start, end = month_bounds(month)
    delivered = []
    for fact in requests:
        zero = _clock_zero(fact, as_of)[0]
        if start <= zero < end and zero <= as_of:
            delivered.append(fact)
    asked = [fact for fact in delivered if fact.measure_type != "block"]
    return delivered, asked, [_case(fact, as_of) for fact in asked if fact.excluded is None]


def standing(requests: Iterable[RequestFact], month: str, as_of: datetime) -> Cohort:
    """The cohort of a month as it stood at `as_of` (UTC), from the facts of its requests."""
    delivered, asked, cases = cohort(requests, month, as_of)
    return Cohort(
        cases=cases,
        excluded=[
            Exclusion(fact.number, fact.excluded, fact.excluded_by)
            for fact in asked
            if fact.excluded is not None
        ],
        flagged=[case.fact.number for case in cases if case.is_flagged],
        blocks=sum(fact.measure_type == "block" and fact.excluded is None for fact in delivered),
        disputed=sum(case.fact.is_disputed for case in cases),
    )


class Followed(NamedTuple):
    """One request of the cohort for the case mix: what it was, and how long it took."""

    surface: str
    legal_ground: str
    followed: int  # seconds from clock zero to the as-of instant
    answered: int | None  # seconds, where there was a substantive answer
    removed: int | None  # seconds, where the removal was verified


def followed(
    requests: Iterable[RequestFact], *, month: str, as_of: datetime
) -> tuple[Followed, ...]:
    """The cohort of R1 to R4 as it stood, by what was asked; excluded requests are not in it."""
    return tuple(
        Followed(
            str(case.fact.surface),
            str(case.fact.legal_ground),
            case.followed,
            case.answered,
            case.removed,
        )
        for case in cohort(requests, month, as_of.astimezone(UTC))[2]
    )
