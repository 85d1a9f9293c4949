"""Promises against outcomes: a measurable target in, whether the month kept it out.

The row stands beside the index and never in it. A share is compared with its target exactly: the
bounds of Wilson's interval are roots of n (p - q)^2 = z^2 q (1 - q), so that which side of them the
target lies on is decided in whole numbers, without a root (method, section "Formulas", verdict).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from portal.methodology import estimators
from portal.methodology.cohort import SEOUL, month_bounds
from portal.methodology.computing import compute
from portal.methodology.facts import ActionFact, PoliceFact, RequestFact
from portal.methodology.grading import DIGITS
from portal.methodology.method import Method
from portal.methodology.score import Measure
from portal.minutes.targets import Target

CURVES = ("R2", "R3")
"""Measures that are read off a curve; their bounds are floats and are compared to nine digits."""
COMPARED = DIGITS - 2
"""Digits of a value in 0..100 that has nine as a share."""


@dataclass(frozen=True, slots=True)
class PromiseFact:
    """An agreed action item with its target, as `Target.words` writes it."""

    item_id: int
    number: str
    agreed_at: datetime
    ended_at: datetime | None
    """When it was superseded or withdrawn by both."""
    agreed_in: str
    """The serial of the consultation, or the named source; empty where there is neither."""
    minutes_id: int | None
    target: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One target in one month: x of n, the value with its bounds in 0..100, and the verdict.

    `verdict` is met, not_met, not_shown, or not_assessed where n is 0.
    """

    item_id: int
    number: str
    agreed_in: str
    minutes_id: int | None
    target: Mapping[str, Any]
    from_at: datetime
    until_at: datetime
    """What of the month it held for: the first instant, and the first after it."""
    x: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; instants in UTC."""
        values = asdict(self)
        for name in ("from_at", "until_at"):
            values[name] = values[name].isoformat()
        return values


def share_verdict(x: int, n: int, target: Fraction, z: float) -> str:
    """Whether Wilson's interval of x of n (z standard deviations) shows a share (0..1) as met.

    "met" when the lower bound reaches it, "not_met" when the upper one does not, else "not_shown";
    exact at equality. Without cases "not_assessed".
    """
    if n == 0:
        return "not_assessed"
    p, square = Fraction(x, n), Fraction(repr(z)) ** 2
    # Negative between the two bounds, 0 on them, positive outside.
    outside = n * (p - target) ** 2 - square * target * (1 - target)
    centre = (p + square / (2 * n)) / (1 + square / n)
    if target <= centre:
        return "met" if outside >= 0 else "not_shown"
    return "not_met" if outside > 0 else "not_shown"


def window(promise: PromiseFact, month: str) -> tuple[datetime, datetime] | None:
    """What of a Korean month a target holds for, in UTC; None where it does not."""
    start, end = month_bounds(month)
    target = Target.of(promise.target)
    start = max(start, _midnight(target.from_on))
    if target.until_on is not None:
        end = min(end, _midnight(target.until_on + timedelta(days=1)))
    if promise.ended_at is not None:
        end = min(end, promise.ended_at.astimezone(UTC))
    return (start, end) if start < end else None


def _midnight(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, tzinfo=SEOUL).astimezone(UTC)


def assess(
    promise: PromiseFact,
    *,
    month: str,
    as_of: datetime,
    method: Method,
    requests: Sequence[RequestFact],
    police: Sequence[PoliceFact],
    actions: Sequence[ActionFact],
) -> PromiseRow | None:
    """What became of one target in a Korean month "YYYY-MM", as it stood at `as_of`.

    Facts are those of the card. Requests count by their delivery (else issue), answers to the
    police and action items by their due time, each within what of the month the target held for.
    None where it does not hold in the month, or was agreed or begins after `as_of`.
    """
    held = window(promise, month)
    if held is None or promise.agreed_at > as_of or held[0] > as_of:
        return None
    start, end = held
    target = Target.of(promise.target)
    id, marks = _marked(target, method)
    measures = compute(
        company="",
        month=month,
        as_of=as_of,
        method=marks,
        requests=[
            fact
            for fact in requests
            if start <= (fact.delivered_at or fact.issued_at) < end and _is_there(fact, target)
        ],
        police=[fact for fact in police if start <= fact.due_at < end],
        actions=[fact for fact in actions if start <= fact.due_at < end],
    ).measures
    one = measures[id]
    return PromiseRow(
        item_id=promise.item_id,
        number=promise.number,
        agreed_in=promise.agreed_in,
        minutes_id=promise.minutes_id,
        target=promise.target,
        from_at=start,
        until_at=end,
        x=one.x,
        n=one.n,
        value=one.value,
        low=one.low,
        high=one.high,
        verdict=_verdict(one, target, method),
    )


def _marked(target: Target, method: Method) -> tuple[str, Method]:
    """The measure that gives a figure, and the method with the mark that was agreed."""
    if target.measure == "answered":
        return "R1", replace(method, answer_hours=target.hours or method.answer_hours)
    if target.measure == "removed":
        return "R2", replace(method, removal_hours=target.hours or method.removal_hours)
    return target.measure, method


def _is_there(fact: RequestFact, target: Target) -> bool:
    if target.platform is not None and fact.platform != target.platform["slug"]:
        return False
    return target.surface is None or fact.surface == target.surface


def _verdict(measure: Measure, target: Target, method: Method) -> str:
    if measure.low is None or measure.high is None:
        return "not_assessed"
    if measure.id not in CURVES:
        return share_verdict(measure.x, measure.n, target.share, method.z)
    bounds = estimators.Interval(*(round(b, COMPARED) for b in (measure.low, measure.high)))
    return estimators.verdict(bounds, 100 * target.share)
