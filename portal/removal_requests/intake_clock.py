"""The regulator's own clock: from the intake to the hand-over and to the issue. Pure and exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from portal.core.clock import local_date

WEEKS = 12


class Run(NamedTuple):
    """One reference of an intake: when it came, was handed over, and its request issued."""

    received_at: datetime
    handed_over_at: datetime | None
    issued_at: datetime | None


class Span(NamedTuple):
    """How long something took over `n` cases, in hours; None where there is none."""

    n: int
    median: Fraction | None
    nine_in_ten: Fraction | None
    """Nine in ten took no longer than this: the smallest case of which that is true."""


class Week(NamedTuple):
    """The intakes that came in a week, from its Monday in Seoul on."""

    monday: date
    received: int
    hand_over: Span
    issue: Span


def span(hours: Iterable[Fraction]) -> Span:
    """The median (the mean of the middle two, if there are two) and the nearest-rank 90 %."""
    ordered = sorted(hours)
    n = len(ordered)
    if not n:
        return Span(0, None, None)
    return Span(n, (ordered[(n - 1) // 2] + ordered[n // 2]) / 2, ordered[-(-9 * n // 10) - 1])


def _hours(begin: datetime, end: datetime) -> Fraction:
    return Fraction((end - begin) // timedelta(seconds=1), 3600)


def spans(runs: Sequence[Run]) -> tuple[Span, Span]:
    """To the hand-over and to the issue. A time before the intake is a slip and is left out."""
    return (
        span(
            _hours(run.received_at, run.handed_over_at)
            for run in runs
            if run.handed_over_at is not None and run.handed_over_at >= run.received_at
        ),
        span(
            _hours(run.received_at, run.issued_at)
            for run in runs
            if run.issued_at is not None and run.issued_at >= run.received_at
        ),
    )


def first_monday(at: datetime) -> date:
    """The Monday with which the weeks begin that are shown at an instant."""
    today = local_date(at)
    return today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))


def by_week(runs: Sequence[Run], *, at: datetime) -> list[Week]:
    """The last twelve weeks, the present one last; a week without an intake has no figures."""
    first = first_monday(at)
    held: list[list[Run]] = [[] for _n in range(WEEKS)]
    for run in runs:
        week = (local_date(run.received_at) - first).days // 7
        if 0 <= week < WEEKS:
            held[week].append(run)
    return [
        Week(first + timedelta(days=7 * n), len(week), *spans(week)) for n, week in enumerate(held)
    ]
