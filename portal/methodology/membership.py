"""Which case counts how in which measure: the rows behind each x and n, and what is left out.

The same rules as the arithmetic of `score`, read case by case. For every measure the cases that are
`COUNTED` are its x, and these with the `MISSED` ones its n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from portal.methodology.cohort import SECOND, Case, cohort, has_happened, month_bounds
from portal.methodology.facts import ActionFact, PoliceFact, RequestFact
from portal.methodology.method import HOUR, MEASURES, Method


class Part(StrEnum):
    """How a case counts in a measure."""

    COUNTED = "counted"
    MISSED = "missed"
    LEFT_OUT = "left_out"


class Member(NamedTuple):
    """One case in one measure; `seconds` is how long it took, where it was done."""

    number: str
    part: Part
    why: str
    seconds: int | None = None


COUNTED, MISSED, LEFT_OUT = Part
UNANSWERED = "no_answer"


def members(
    *,
    month: str,
    as_of: datetime,
    method: Method,
    requests: Sequence[RequestFact],
    police: Sequence[PoliceFact],
    actions: Sequence[ActionFact],
) -> dict[str, tuple[Member, ...]]:
    """By measure every case with its part and why, in the order of the facts.

    Removal requests that were excluded, and access blocks (not asked of the company), are left out
    of R1 to R4. Facts outside the month or after `as_of` are in no part.
    """
    as_of = as_of.astimezone(UTC)
    delivered, _asked, cases = cohort(requests, month, as_of)
    out = tuple(
        Member(fact.number, LEFT_OUT, fact.excluded or "block")
        for fact in delivered
        if fact.excluded is not None or fact.measure_type == "block"
    )
    # Without a second of follow-up there is no speed: R3 is then not assessed, and nobody counts.
    tau = min(method.horizon_hours * HOUR, max((case.followed for case in cases), default=0))
    found = {
        "R1": (*(_answered(case, method) for case in cases), *out),
        "R2": (*(_removed(case, method.removal_hours * HOUR) for case in cases), *out),
        "R3": (*(_removed(case, tau if tau else -1) for case in cases), *out),
        "R4": (*(_rechecked(case) for case in cases), *out),
        "R5": tuple(_police(police, month, as_of)),
        "R6": tuple(_done(actions, month, as_of)),
    }
    assert tuple(found) == MEASURES
    return found


def _answered(case: Case, method: Method) -> Member:
    number, limit = case.fact.number, method.answer_hours * HOUR
    if case.followed < limit:
        return Member(number, LEFT_OUT, "followed_too_short", case.answered)
    if case.answered is None:
        return Member(number, MISSED, UNANSWERED)
    if case.answered > limit:
        return Member(number, MISSED, "answered_late", case.answered)
    return Member(number, COUNTED, "answered_in_time", case.answered)


def _removed(case: Case, limit: int) -> Member:
    number = case.fact.number
    if case.removed is not None:
        part, why = (COUNTED, "gone_in_time") if case.removed <= limit else (MISSED, "gone_late")
        return Member(number, part, why, case.removed)
    if case.is_still_up:
        return Member(number, MISSED, "still_up")
    if case.outcome in ("removed", "account_action"):
        return Member(number, MISSED, "not_verified")
    return Member(number, MISSED, case.outcome or UNANSWERED)


def _rechecked(case: Case) -> Member:
    number = case.fact.number
    if case.removed is None:
        return Member(number, LEFT_OUT, "never_gone")
    if case.recheck == "gone":
        return Member(number, COUNTED, "still_gone")
    if case.recheck == "reappeared":
        return Member(number, MISSED, "reappeared")
    return Member(number, LEFT_OUT, case.recheck or "not_rechecked")


def _police(police: Iterable[PoliceFact], month: str, as_of: datetime) -> Iterable[Member]:
    start, end = month_bounds(month)
    for asked in police:
        if not start <= asked.due_at < end:
            continue
        took = None
        if has_happened(asked.answered_at, as_of) and asked.answered_at and asked.delivered_at:
            took = (asked.answered_at - asked.delivered_at) // SECOND
        if asked.due_at > as_of:
            yield Member(asked.number, LEFT_OUT, "not_due", took)
        elif not has_happened(asked.answered_at, as_of) or asked.answered_at is None:
            yield Member(asked.number, MISSED, UNANSWERED)
        elif asked.outcome == "needs_information":
            yield Member(asked.number, MISSED, "needs_information", took)
        elif asked.answered_at > asked.due_at:
            yield Member(asked.number, MISSED, "answered_late", took)
        else:
            yield Member(asked.number, COUNTED, "answered_in_time", took)


def _done(actions: Iterable[ActionFact], month: str, as_of: datetime) -> Iterable[Member]:
    start, end = month_bounds(month)
    for item in actions:
        if not start <= item.due_at < end:
            continue
        if item.due_at > as_of:
            yield Member(item.number, LEFT_OUT, "not_due")
        elif item.is_accepted and item.reported_at is not None and item.reported_at <= item.due_at:
            yield Member(item.number, COUNTED, "done_in_time")
        elif item.is_accepted and has_happened(item.reported_at, as_of):
            yield Member(item.number, MISSED, "done_late")
        else:
            yield Member(item.number, MISSED, "not_done")
