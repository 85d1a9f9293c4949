"""The score of one company for one month: facts in, `Score` out (method, sections "Cohort and
clock" to "Uncertainty and sensitivity").

Access blocks are executed by Korean providers, not asked of the company: requests whose
`measure_type` is "block" are in no cohort and are counted beside. A geo-restriction is an answer
(R1) but no removal (R2, R3). What lies after `as_of` has not happened yet, so that a card
computed again for the same instant has the same digits.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, exp, floor, log, sqrt
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from portal.methodology import estimators
from portal.methodology.method import MEASURES, VERSION_1_0, Method

SEOUL = ZoneInfo("Asia/Seoul")
HOUR = 3600
SECOND = timedelta(seconds=1)
# "Still looking" and silence are no answers; "duplicate" and "not found" are, and can be disputed.
ANSWERS = frozenset(
    {"removed", "restricted", "account_action", "partial", "refused", "not_found", "duplicate"}
)
REMOVAL_OUTCOMES = {"removal": ("removed",), "account": ("removed", "account_action")}
DIGITS = 9  # where no exact fraction exists, an edge is decided on the rounded float


@dataclass(frozen=True, slots=True)
class RequestFact:
    """One request to a company, with all that is known about it, whenever it became known."""

    number: str
    issued_at: datetime
    delivered_at: datetime | None
    decided_at: datetime | None
    outcome: str | None  # one of ANSWERS, or needs_information
    removed_at: datetime | None  # claimed by the company
    verified_at: datetime | None
    verification: str | None  # gone still_up unreachable
    rechecked_at: datetime | None
    recheck: str | None  # gone reappeared unreachable
    measure_type: str  # removal block account
    surface: str
    legal_ground: str
    excluded: str | None  # withdrawn duplicate malformed already_gone
    excluded_by: str | None
    is_disputed: bool = False
    platform: str = ""  # its slug; what was frozen before it was kept has none


@dataclass(frozen=True, slots=True)
class PoliceFact:
    """One police information request; `due_at` is the last instant that is in time."""

    number: str
    delivered_at: datetime | None
    due_at: datetime
    answered_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class ActionFact:
    """One agreed action item; `reported_at` is the report whose evidence was accepted."""

    number: str
    due_at: datetime
    reported_at: datetime | None
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class BesideFact:
    """What is printed beside the index and cannot be derived from requests."""

    consultations_held: int = 0
    consultations_attended: int = 0
    regulator_median_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """x of n, and the value with its bounds in 0..100; weights in points of 100."""

    id: str
    x: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    assessed: bool
    weight: int
    effective_weight: float = 0.0


class CurvePoint(NamedTuple):
    """Share removed (0..1) from this hour on, with its interval, for the chart."""

    hours: float
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class RemovalFigures:
    """Details of R2 and R3: shares 0..1, times in hours; None throughout if nothing was asked."""

    f24: float | None = None
    f24_low: float | None = None
    f24_high: float | None = None
    f48: float | None = None
    f48_low: float | None = None
    f48_high: float | None = None
    f48_se: float | None = None  # Greenwood, plain scale; None where F is 0 or 1
    median_hours: float | None = None
    rmst_hours: float | None = None
    se: float | None = None
    tau_hours: float | None = None  # below the horizon if nobody was followed that long
    curve: tuple[CurvePoint, ...] = ()


class Exclusion(NamedTuple):
    number: str
    reason: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """One card's figures. `label` is "", provisional, insufficient_data or not_graded."""

    company: str
    month: str
    as_of: datetime
    methodology: str
    measures: dict[str, Measure]
    removal: RemovalFigures
    score: float | None
    letter: str | None
    cap: str | None  # named only where it lowered the letter
    label: str
    excluded: tuple[Exclusion, ...]
    flagged: tuple[str, ...]  # clock zero from the issue, for want of proof of delivery
    beside: dict[str, float | int | None]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values in full precision."""
        values = asdict(self)
        values["as_of"] = _utc_text(self.as_of)
        values["removal"]["curve"] = [list(point) for point in self.removal.curve]
        values["excluded"] = [exclusion._asdict() for exclusion in self.excluded]
        values["flagged"] = list(self.flagged)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Score:
        curve = tuple(CurvePoint(*point) for point in values["removal"]["curve"])
        return cls(
            **{
                **values,
                "as_of": datetime.fromisoformat(values["as_of"]),
                "measures": {id: Measure(**row) for id, row in values["measures"].items()},
                "removal": RemovalFigures(**{**values["removal"], "curve": curve}),
                "excluded": tuple(Exclusion(**row) for row in values["excluded"]),
                "flagged": tuple(values["flagged"]),
                "beside": dict(values["beside"]),
            }
        )

    def public_json(self) -> dict[str, Any]:
        """What everybody may read, by exactly these names."""
        measures: dict[str, dict[str, Any]] = {
            id: {
                "x": measure.x,
                "n": measure.n,
                "value": measure.value,
                "low": measure.low,
                "high": measure.high,
                "assessed": measure.assessed,
            }
            for id, measure in self.measures.items()
        }
        measures["R2"] |= {
            "f24": self.removal.f24,
            "f48": self.removal.f48,
            "median_hours": self.removal.median_hours,
        }
        measures["R3"] |= {"rmst_hours": self.removal.rmst_hours, "se": self.removal.se}
        return {
            "company": self.company,
            "month": self.month,
            "as_of": _utc_text(self.as_of),
            "methodology": self.methodology,
            "measures": measures,
            "score": self.score,
            "letter": self.letter,
            "cap": self.cap,
            "label": self.label,
            "excluded": [exclusion._asdict() for exclusion in self.excluded],
        }


def _utc_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


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


class Cohort(NamedTuple):
    """The cohort of a month as it stood, and what is told of it beside.

    `cases` are not excluded and asked of the company; `excluded` and `flagged` may be in any order.
    """

    cases: Sequence[Case | Standing]
    excluded: Sequence[Exclusion]
    flagged: Sequence[str]
    blocks: int
    disputed: int


# The measures


class _Assessed(NamedTuple):
    """A measure, and its value in 0..100 as a fraction for decisions at an edge."""

    measure: Measure
    exact: Fraction | None
    is_rounded: bool = False


def _share(id: str, hits: Sequence[bool], method: Method) -> _Assessed:
    x, n = sum(hits), len(hits)
    bounds = estimators.wilson(x, n, method.z)
    if bounds is None:
        return _Assessed(_not_assessed(id, method), None)
    value = Fraction(100 * x, n)
    low, high = 100 * bounds.low, 100 * bounds.high
    return _Assessed(Measure(id, x, n, float(value), low, high, True, method.points(id)), value)


def _not_assessed(id: str, method: Method, n: int = 0) -> Measure:
    return Measure(id, 0, n, None, None, None, False, method.points(id))


def _decidable(value: float) -> Fraction:
    return Fraction(str(round(value, DIGITS)))


def _removals(
    cases: Sequence[Case | Standing], method: Method
) -> tuple[_Assessed, _Assessed, RemovalFigures]:
    """R2 and R3 from one curve; whoever has had no event is censored at the as-of instant."""
    n = len(cases)
    if n == 0:
        nothing = _Assessed(_not_assessed("R2", method), None)
        return nothing, _Assessed(_not_assessed("R3", method), None), RemovalFigures()
    curve = estimators.kaplan_meier(
        (case.removed for case in cases if case.removed is not None),
        (case.followed for case in cases if case.removed is None),
    )
    first, mark = curve.at(method.answer_hours * HOUR), curve.at(method.removal_hours * HOUR)
    f24, f48 = (estimators.removed_interval(step, n, method.z) for step in (first, mark))
    assert f24 is not None and f48 is not None  # n > 0
    share = None if mark.exact is None else 100 * (1 - mark.exact)
    value = 100 * (1 - mark.survival) if share is None else float(share)
    r2 = _Assessed(
        Measure(
            id="R2",
            x=mark.removed_so_far,
            n=n,
            value=value,
            low=100 * f48.low,
            high=100 * f48.high,
            assessed=True,
            weight=method.points("R2"),
        ),
        _decidable(value) if share is None else share,
        share is None,
    )
    half = estimators.median(curve)
    tau = min(method.horizon_hours * HOUR, max(case.followed for case in cases))
    figures = RemovalFigures(
        f24=_removed_share(first),
        f24_low=f24.low,
        f24_high=f24.high,
        f48=_removed_share(mark),
        f48_low=f48.low,
        f48_high=f48.high,
        f48_se=mark.survival * sqrt(mark.greenwood) if 0 < mark.survival < 1 else None,
        median_hours=None if half is None else half / HOUR,
        curve=_chart(curve, method),
    )
    if tau == 0:
        return r2, _Assessed(_not_assessed("R3", method, n), None), figures
    mean = estimators.rmst(curve, tau)
    figures = replace(
        figures,
        rmst_hours=mean.seconds / HOUR if mean.exact is None else float(mean.exact / HOUR),
        se=mean.se / HOUR,
        tau_hours=tau / HOUR,
    )
    return r2, _speed(mean, tau, curve.at(tau).removed_so_far, n, method), figures


def _removed_share(step: estimators.Step) -> float:
    return 1 - step.survival if step.exact is None else float(1 - step.exact)


def _speed(mean: estimators.Rmst, tau: int, x: int, n: int, method: Method) -> _Assessed:
    """R3, with bounds z standard errors of the mean away, clipped to 0..100."""
    if mean.exact is None:
        value = 100 * (1 - mean.seconds / tau)
        exact = _decidable(value)
    else:
        exact = 100 * (1 - mean.exact / tau)
        value = float(exact)
    half = 100 * method.z * mean.se / tau
    low, high = max(0.0, value - half), min(100.0, value + half)
    return _Assessed(
        Measure("R3", x, n, value, low, high, True, method.points("R3")), exact, mean.exact is None
    )


def _chart(curve: estimators.Curve, method: Method) -> tuple[CurvePoint, ...]:
    """The curve up to the horizon. A step needs a removal, so each of them has an interval."""
    last = bisect_right(curve.steps, method.horizon_hours * HOUR, key=itemgetter(0))
    steps = curve.steps[:last]
    bounds = estimators.removed_intervals(steps, curve.n, method.z)
    rows = [
        (seconds / HOUR, 1 - survival, low, high, at_risk)
        for (seconds, at_risk, _removed, _so_far, survival, *_rest), (low, high) in zip(
            steps, bounds, strict=True
        )
    ]
    return tuple(estimators.tuples_of(CurvePoint, rows))


# The letter


class _Graded(NamedTuple):
    letter: str
    cap: str | None


def _grade(score: Fraction | float, capping: Mapping[str, Any], method: Method) -> _Graded:
    """The band's letter, lowered by the harshest cap that bites; values in 0..100."""
    letters = [band.letter for band in method.bands]
    place = next(i for i, band in enumerate(method.bands) if score >= band.at_least)
    for cap in method.caps:
        value = capping.get(cap.measure)
        if value is not None and value < cap.below and place < letters.index(cap.at_most):
            return _Graded(cap.at_most, cap.code)
    return _Graded(letters[place], None)


def _is_gradable(measures: Mapping[str, Measure], method: Method) -> bool:
    remaining = sum(measure.weight for measure in measures.values() if measure.assessed)
    return remaining >= method.minimum_weight and all(
        measures[id].assessed for id in method.required
    )


def _label(n: int, is_gradable: bool, r2: Measure, method: Method) -> str:
    if n < method.insufficient_below:
        return "insufficient_data"
    if not is_gradable:
        return "not_graded"
    if r2.low is None or r2.high is None:
        return "provisional"
    is_wide = _decidable(r2.high - r2.low) > 2 * method.provisional_half_width
    return "provisional" if n < method.provisional_below or is_wide else ""


def _with_effective_weights(
    measures: Mapping[str, Measure], is_gradable: bool
) -> dict[str, Measure]:
    total = sum(measure.weight for measure in measures.values() if measure.assessed)
    if not is_gradable:
        return dict(measures)
    return {
        id: replace(measure, effective_weight=100 * measure.weight / total)
        if measure.assessed
        else measure
        for id, measure in measures.items()
    }


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
    r2, r3, figures = _removals(cases, method)
    assessed = {
        "R1": _share("R1", r1, method),
        "R2": r2,
        "R3": r3,
        "R4": _share("R4", r4, method),
        "R5": _share("R5", r5, method),
        "R6": _share("R6", r6, method),
    }
    measures = {id: row.measure for id, row in assessed.items()}
    exact = {id: row.exact for id, row in assessed.items() if row.exact is not None}
    is_gradable = _is_gradable(measures, method)
    label = _label(len(cases), is_gradable, measures["R2"], method)
    score, graded = None, None
    if is_gradable:
        total = sum(measures[id].weight for id in exact)
        score = sum((measures[id].weight * exact[id] for id in exact), Fraction(0)) / total
        if any(row.is_rounded for row in assessed.values()):
            score = _decidable(float(score))
        if label != "insufficient_data":
            graded = _grade(score, exact, method)
    return Score(
        company=company,
        month=month,
        as_of=as_of,
        methodology=method.version,
        measures=_with_effective_weights(measures, is_gradable),
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


# The second page of the card


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Where 95 per cent of the drawn scores (0..100) lie, and how often each letter came."""

    low: float
    high: float
    letters: dict[str, float]
    seed: str | int
    draws: int


def uncertainty(
    score: Score, seed: str | int, draws: int = 20_000, *, method: Method = VERSION_1_0
) -> Uncertainty | None:
    """Seeded draws, measure by measure and independent of each other; None without a score.

    Where censoring came before the mark, R2 is no x of n; then the counts that have the same
    value and the same Greenwood variance are used, which are x and n again without censoring.
    """
    _check_version(score, method)
    if score.score is None:
        return None
    source = random.Random(seed)
    drawn = {id: _draws(score, id, draws, source) for id in MEASURES if score.measures[id].assessed}
    shares = [score.measures[id].effective_weight / 100 for id in drawn]
    totals = [
        sum(share * value for share, value in zip(shares, row, strict=True))
        for row in zip(*drawn.values(), strict=True)
    ]
    letters: dict[str, float] = {}
    if score.letter is not None:
        counts = dict.fromkeys((band.letter for band in method.bands), 0)
        capping = {cap.measure for cap in method.caps} & drawn.keys()
        for index, total in enumerate(totals):
            values = {id: drawn[id][index] for id in capping}
            counts[_grade(total, values, method).letter] += 1
        letters = {letter: count / draws for letter, count in counts.items()}
    totals.sort()
    return Uncertainty(_quantile(totals, 0.025), _quantile(totals, 0.975), letters, seed, draws)


def _draws(score: Score, id: str, draws: int, source: random.Random) -> list[float]:
    """Values in 0..100: normal for R3, else Beta(x + 1/2, n - x + 1/2)."""
    measure, figures = score.measures[id], score.removal
    if id == "R3":
        assert measure.value is not None and figures.se is not None and figures.tau_hours
        mean, spread = measure.value, 100 * figures.se / figures.tau_hours
        return [min(100.0, max(0.0, source.gauss(mean, spread))) for _ in range(draws)]
    x, n = float(measure.x), float(measure.n)
    if id == "R2" and figures.f48 is not None and figures.f48_se:
        n = figures.f48 * (1 - figures.f48) / figures.f48_se**2
        x = n * figures.f48
    return [100 * source.betavariate(x + 0.5, n - x + 0.5) for _ in range(draws)]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours, as most statistical software does by default."""
    place = share * (len(ordered) - 1)
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return below + (above - below) * (place - floor(place))


@dataclass(frozen=True, slots=True)
class Run:
    """What one other choice of weights gives, by company; None where no letter was given."""

    name: str
    scores: dict[str, float | None]
    letters: dict[str, str | None]
    ranks: dict[str, tuple[int, int]]
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Low and high of each score, composed from its measures; they decide the ranks."""


def reweighted(
    scores: Sequence[Score],
    weights: Mapping[str, Fraction],
    *,
    method: Method = VERSION_1_0,
    name: str = "what_if",
    is_geometric: bool = False,
) -> Run:
    """The same cards under other weights: scores, letters, bounds and rank intervals.

    The mean is arithmetic, or geometric with a floor of 1. Weights are relative; a negative one, or
    none above 0, is refused. As on a card, R1 and R2 (the required measures) must be assessed, and the
    assessed measures must hold the least weight out of 100 that the method asks for: else there is no
    letter.
    """
    total = sum((weights.get(id, Fraction(0)) for id in MEASURES), Fraction(0))
    if total <= 0 or min(weights.values()) < 0:
        raise ValueError("weights must be 0 or more, and one of them above 0")
    for score in scores:
        _check_version(score, method)
    run = _run(name, scores, weights, is_geometric, method)
    letters = {
        score.company: run.letters[score.company]
        if 100 * sum(weights.get(id, 0) for id in MEASURES if score.measures[id].assessed)
        >= method.minimum_weight * total
        else None
        for score in scores
    }
    return replace(run, letters=letters)


def sensitivity(scores: Sequence[Score], *, method: Method = VERSION_1_0) -> list[Run]:
    """The card under other weights: no draws, so the same answer every time.

    Score bounds for the ranks are composed from the measures' own bounds (Zou and Donner 2008,
    variance estimates recovery). The caps stay, except where R2 itself is left out.
    """
    for score in scores:
        _check_version(score, method)
    base = {id: Fraction(method.points(id)) for id in MEASURES}
    plans: list[tuple[str, dict[str, Fraction], bool]] = [("base", base, False)]
    for id in MEASURES:
        plans.append((f"{id}_x0.75", base | {id: base[id] * Fraction(3, 4)}, False))
        plans.append((f"{id}_x1.25", base | {id: base[id] * Fraction(5, 4)}, False))
    plans.append(("equal", dict.fromkeys(MEASURES, Fraction(1)), False))
    plans.extend((f"without_{id}", base | {id: Fraction(0)}, False) for id in MEASURES)
    plans.append(("geometric", base, True))
    return [_run(name, scores, weights, geometric, method) for name, weights, geometric in plans]


def _run(
    name: str,
    scores: Sequence[Score],
    weights: Mapping[str, Fraction],
    is_geometric: bool,
    method: Method,
) -> Run:
    values: dict[str, float | None] = {}
    letters: dict[str, str | None] = {}
    bounds: list[tuple[str, float, float]] = []
    for score in scores:
        values[score.company], letters[score.company] = None, None
        if score.score is None:
            continue
        used = {
            id: weight for id, weight in weights.items() if weight and score.measures[id].assessed
        }
        if not used:
            continue
        low, value, high = _composite(score, used, is_geometric)
        values[score.company] = value
        bounds.append((score.company, low, high))
        if score.letter is not None:
            capping = {id: _decidable(score.measures[id].value or 0.0) for id in used}
            letters[score.company] = _grade(_decidable(value), capping, method).letter
    return Run(
        name,
        values,
        letters,
        estimators.rank_interval(bounds),
        {company: (low, high) for company, low, high in bounds},
    )


def _composite(
    score: Score, weights: Mapping[str, Fraction], is_geometric: bool
) -> tuple[float, float, float]:
    """Low, value, high of the weighted mean, arithmetic or geometric with a floor of 1."""
    onto: Callable[[float], float] = (lambda v: log(max(v, 1.0))) if is_geometric else float
    back: Callable[[float], float] = exp if is_geometric else float
    total = sum(weights.values())
    value = below = above = 0.0
    for id, weight in weights.items():
        measure, share = score.measures[id], float(weight / total)
        assert measure.value is not None and measure.low is not None and measure.high is not None
        middle = onto(measure.value)
        value += share * middle
        below += (share * (middle - onto(measure.low))) ** 2
        above += (share * (onto(measure.high) - middle)) ** 2
    return back(value - sqrt(below)), back(value), back(value + sqrt(above))


def _check_version(score: Score, method: Method) -> None:
    if score.methodology != method.version:
        raise ValueError(f"score by method {score.methodology}, not {method.version}")
