"""Both clocks: how long a company took to answer, and what waited at the regulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.methodology import estimators
from portal.methodology.cohort import cohort
from portal.methodology.facts import RequestFact
from portal.methodology.method import HOUR


@dataclass(frozen=True, slots=True)
class ClockFact:
    """The regulator's side as it stood at the as-of instant: over how many requests its medians are
    taken, and what had come in and was not out yet."""

    intake_n: int
    delivery_n: int
    intakes: int
    """Intakes of the hotline for the company of which no request was issued or left out."""
    oldest_intake_at: datetime | None
    drafts: int
    """Requests that were recorded and neither issued nor left out."""
    oldest_draft_at: datetime | None


def both_clocks(
    clock: ClockFact, *, month: str, as_of: datetime, requests: Sequence[RequestFact]
) -> dict[str, Any]:
    """Plain JSON values; hours are exact to the second.

    The median from delivery to answer is the smallest time by which half had a substantive answer
    (Kaplan-Meier: who has none is censored at `as_of`); None where that was not reached.
    """
    cases = cohort(requests, month, as_of.astimezone(UTC))[2]
    curve = estimators.kaplan_meier(
        (case.answered for case in cases if case.answered is not None),
        (case.followed for case in cases if case.answered is None),
    )
    half = estimators.median(curve)
    return {
        "answer_n": len(cases),
        "answer_median_hours": None if half is None else half / HOUR,
        "intake_n": clock.intake_n,
        "delivery_n": clock.delivery_n,
        "intakes": clock.intakes,
        "oldest_intake_hours": _age(clock.oldest_intake_at, as_of),
        "drafts": clock.drafts,
        "oldest_draft_hours": _age(clock.oldest_draft_at, as_of),
    }


def _age(since: datetime | None, as_of: datetime) -> float | None:
    return None if since is None else (as_of - since).total_seconds() / HOUR
