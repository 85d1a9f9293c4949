"""The score of one company for one month: facts in, `Score` out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import NamedTuple

from portal.methodology import grading
from portal.methodology.cohort import Cohort, cohort, has_happened, month_bounds, standing
from portal.methodology.facts import ActionFact, BesideFact, PoliceFact, RequestFact
from portal.methodology.measures import removals, share
from portal.methodology.method import HOUR, Method
from portal.methodology.score import RemovalFigures, Score


def compute(
    *,
    company: str,
    month: str,
    as_of: datetime,
    method: Method,
    requests: Sequence[RequestFact],
    police: Sequence[PoliceFact],
    actions: Sequence[ActionFact],
    beside: BesideFact | None = None,
) -> Score:
    """The score of a company for a Korean month "YYYY-MM", as it stood at `as_of`.

    Facts outside the month or after `as_of` are left out here, so too many may be passed in.
    """
    return of_cohort(
        standing(requests, month, as_of.astimezone(UTC)), company=company, month=month, as_of=as_of,
        method=method, police=police, actions=actions, beside=beside,
    )  # fmt: skip


def of_cohort(
    found: Cohort,
    *,
    company: str,
    month: str,
    as_of: datetime,
    method: Method,
    police: Sequence[PoliceFact],
    actions: Sequence[ActionFact],
    beside: BesideFact | None = None,
) -> Score:
    """`compute` for a cohort that was told apart before, by the database or by `standing`."""
    start, end = month_bounds(month)
    as_of, cases = as_of.astimezone(UTC), found.cases
    limit = method.answer_hours * HOUR
    r1 = [
        case.answered is not None and case.answered <= limit
        for case in cases
        if case.followed >= limit
    ]
    r4 = [
        case.recheck == "gone"
        for case in cases
        if case.removed is not None and case.recheck in ("gone", "reappeared")
    ]
    r5 = [
        request.answered_at is not None
        and request.answered_at <= request.due_at
        and request.outcome != "needs_information"
        for request in police
        if start <= request.due_at < end and request.due_at <= as_of
    ]
    r6 = [
        item.is_accepted and item.reported_at is not None and item.reported_at <= item.due_at
        for item in actions
        if start <= item.due_at < end and item.due_at <= as_of
    ]
    r2, r3, figures = removals(cases, method)
    assessed = {
        "R1": share("R1", r1, method),
        "R2": r2,
        "R3": r3,
        "R4": share("R4", r4, method),
        "R5": share("R5", r5, method),
        "R6": share("R6", r6, method),
    }
    measures = {id: row.measure for id, row in assessed.items()}
    exact = {id: row.exact for id, row in assessed.items() if row.exact is not None}
    is_gradable = grading.is_gradable(measures, method)
    label = grading.label_of(len(cases), is_gradable, measures["R2"], method)
    score, graded = None, None
    if is_gradable:
        total = sum(measures[id].weight for id in exact)
        score = sum((measures[id].weight * exact[id] for id in exact), Fraction(0)) / total
        if any(row.is_rounded for row in assessed.values()):
            score = grading.decidable(float(score))
        if label != "insufficient_data":
            graded = grading.grade(score, exact, method)
    return Score(
        company=company,
        month=month,
        as_of=as_of,
        methodology=method.version,
        measures=grading.with_effective_weights(measures, is_gradable),
        removal=figures,
        score=None if score is None else float(score),
        letter=graded.letter if graded else None,
        cap=graded.cap if graded else None,
        label=label,
        excluded=tuple(sorted(found.excluded)),
        flagged=tuple(sorted(found.flagged)),
        beside=_beside(found, figures, beside or BesideFact()),
    )


def _beside(
    found: Cohort, figures: RemovalFigures, given: BesideFact
) -> dict[str, float | int | None]:
    """Printed beside, never in the index; open means without a substantive answer."""
    cases = found.cases
    open_for = [case.followed for case in cases if case.answered is None]
    return {
        "requests": len(cases),
        "excluded": len(found.excluded),
        "blocks": found.blocks,
        "restrictions": sum(case.outcome == "restricted" for case in cases),
        "refusals": sum(case.outcome == "refused" for case in cases),
        "still_up": sum(case.is_still_up for case in cases),
        "open": len(open_for),
        "oldest_open_hours": max(open_for) / HOUR if open_for else None,
        "median_hours": figures.median_hours,
        "share_disputed": found.disputed / len(cases) if cases else None,
        "consultations_held": given.consultations_held,
        "consultations_attended": given.consultations_attended,
        "regulator_median_hours": given.regulator_median_hours,
    }


class Timely(NamedTuple):
    """What was due: done in time, done late, and not done by the as-of instant."""

    in_time: int
    late: int
    open: int


def timely(
    *,
    month: str,
    as_of: datetime,
    method: Method,
    requests: Sequence[RequestFact],
    police: Sequence[PoliceFact],
    actions: Sequence[ActionFact],
) -> dict[str, Timely]:
    """R1, R5 and R6 in three parts, for the chart; the first part is the measure's x."""
    start, end = month_bounds(month)
    as_of = as_of.astimezone(UTC)
    limit = method.answer_hours * HOUR
    answers = [
        None if case.answered is None else case.answered <= limit
        for case in cohort(requests, month, as_of)[2]
        if case.followed >= limit
    ]
    police_answers = [
        None
        if not has_happened(request.answered_at, as_of) or request.outcome == "needs_information"
        else request.answered_at is not None and request.answered_at <= request.due_at
        for request in police
        if start <= request.due_at < end and request.due_at <= as_of
    ]
    done = [
        None
        if not item.is_accepted or not has_happened(item.reported_at, as_of)
        else item.reported_at is not None and item.reported_at <= item.due_at
        for item in actions
        if start <= item.due_at < end and item.due_at <= as_of
    ]
    return {
        id: Timely(parts.count(True), parts.count(False), parts.count(None))
        for id, parts in (("R1", answers), ("R5", police_answers), ("R6", done))
    }
