"""A score counted by the database is that of the gathered facts, whatever they are."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.core.db import db
from portal.methodology.cohort import freeze_instant
from portal.removal_requests.models import Exclusion, MeasureType, Outcome, Recheck, Verification
from portal.scorecards import service
from tests.scorecards.conftest import MONTH, gathered

END = freeze_instant(MONTH)
START = END - timedelta(days=38)


def some_request(dice: random.Random, company: Any, request_to: Any) -> None:
    """Any times in any order, on the second, beside it or missing; any words, or none."""

    def maybe(value: Any, chance: float = 0.8) -> Any:
        return value if dice.random() < chance else None

    def moment() -> datetime:
        seconds, microseconds = dice.choice(((0, 0), (86_400, 0), (5, 1), (7, 999_999)))
        return START + timedelta(
            days=dice.randrange(40), seconds=seconds, microseconds=microseconds
        )

    delivered = maybe(moment())
    issued = maybe(moment()) if delivered else moment()
    is_agreed = dice.random() < 0.1
    request_to(
        company, recorded_at=moment(), issued_at=issued, delivered_at=delivered,
        answered_at=maybe(moment(), 0.5), decided_at=maybe(moment()),
        outcome=maybe(dice.choice((Outcome.REMOVED, Outcome.REMOVED, *Outcome))),
        removed_at=maybe(moment()), verified_at=maybe(moment()),
        verification=maybe(dice.choice((Verification.GONE, *Verification))),
        rechecked_at=maybe(moment()), recheck=maybe(dice.choice(list(Recheck))),
        measure_type=dice.choice((MeasureType.REMOVAL, *MeasureType)),
        exclusion=maybe(dice.choice(list(Exclusion)), 1 if is_agreed else 0.1),
        excluded_by="Head" if is_agreed else None,
        excluded_at=maybe(moment()) if is_agreed else None, disputed_at=maybe(moment(), 0.3),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_counted_and_gathered_are_equal(companies: Any, request_to: Any, seed: int) -> None:
    dice, company = random.Random(seed), companies["telegram"]
    for _n in range(60):
        some_request(dice, company, request_to)
    db.session.commit()
    for days in (0, 9, 17, 40):
        as_of = END - timedelta(days=days)
        every = gathered(company, MONTH, as_of)
        assert service.compute(company, MONTH, as_of) == every
        assert (every.beside["requests"] > 5) is (days < 40)
