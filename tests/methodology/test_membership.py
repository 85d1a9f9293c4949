"""Which case counts how: the lists add up to the figures, whatever the facts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from portal.methodology.computing import compute
from portal.methodology.facts import ActionFact, PoliceFact, RequestFact
from portal.methodology.membership import Part, members
from portal.methodology.method import VERSION_1_0

MONTH = "2026-03"
START = datetime(2026, 3, 1, 3, tzinfo=UTC)


def some_request(source: random.Random, number: int) -> RequestFact:
    delivered = START + timedelta(hours=source.randint(-30, 780))
    decided = source.choice((None, delivered + timedelta(hours=source.choice((1, 24, 25, 60)))))
    outcome = source.choice(
        ("removed", "restricted", "refused", "needs_information", "partial", "account_action")
    )
    checked = source.choice((None, decided and decided + timedelta(hours=source.randint(0, 200))))
    return RequestFact(
        number=f"R-{number:06d}",
        issued_at=delivered - timedelta(hours=1),
        delivered_at=source.choice((delivered, delivered, None)),
        decided_at=decided,
        outcome=outcome if decided else None,
        removed_at=source.choice((None, decided)),
        verified_at=checked,
        verification=source.choice(("gone", "gone", "still_up", "unreachable"))
        if checked
        else None,
        rechecked_at=checked and checked + timedelta(hours=170),
        recheck=source.choice(("gone", "reappeared", "unreachable", None)),
        measure_type=source.choice(("removal", "removal", "account", "block")),
        surface="public_post",
        legal_ground="voluntary_request",
        excluded=source.choice((None, None, None, "duplicate", "withdrawn")),
        excluded_by=None,
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_lists_add_up_to_x_and_n(seed: int) -> None:
    source = random.Random(seed)
    given = {
        "requests": tuple(some_request(source, number) for number in range(source.randint(0, 40))),
        "police": tuple(
            PoliceFact(
                f"P-{number}",
                START,
                START + timedelta(days=source.randint(0, 40)),
                source.choice((None, START + timedelta(days=source.randint(0, 45)))),
                source.choice(("answered", "needs_information", None)),
            )
            for number in range(8)
        ),
        "actions": tuple(
            ActionFact(
                f"A-{number}",
                START + timedelta(days=source.randint(0, 40)),
                source.choice((None, START + timedelta(days=source.randint(0, 45)))),
                source.random() < 0.6,
            )
            for number in range(8)
        ),
    }
    as_of = START + timedelta(hours=source.choice((10, 300, 800, 1100)))

    score = compute(company="x", month=MONTH, as_of=as_of, method=VERSION_1_0, **given)
    found = members(month=MONTH, as_of=as_of, method=VERSION_1_0, **given)

    counted = {id: sum(one.part is Part.COUNTED for one in every) for id, every in found.items()}
    missed = {id: sum(one.part is Part.MISSED for one in every) for id, every in found.items()}
    assert counted == {id: measure.x for id, measure in score.measures.items()}
    assert {id: counted[id] + missed[id] for id in found} == {
        id: measure.n for id, measure in score.measures.items()
    }
    assert all(len({one.number for one in every}) == len(every) for every in found.values())
