"""What was hidden must not be what is left when the rest is taken away."""

from __future__ import annotations

from itertools import product

import pytest

from portal.methodology.method import VERSION_1_0
from portal.methodology.score import Score, compute
from portal.methodology.small_cells import OUTCOMES, outcomes
from tests.methodology.test_score import FREEZE, HOUR, MONTH, ZERO, request

OTHERS = {
    "restrictions": {"outcome": "restricted", "answered": 1},
    "refusals": {"outcome": "refused", "answered": 1},
    "still_up": {
        "outcome": "removed",
        "answered": 1,
        "verification": "still_up",
        "verified_at": ZERO + 2 * HOUR,
    },
}


def score(removed: int, open_ones: int, *numbers: int) -> Score:
    facts = [request(2) for _n in range(removed)] + [request() for _n in range(open_ones)]
    for id, number in zip(OUTCOMES, numbers, strict=True):
        facts += [request(**OTHERS[id]) for _n in range(number)]
    return compute(
        company="x", month=MONTH, as_of=FREEZE, method=VERSION_1_0, requests=facts, police=[],
        actions=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("open_ones", "numbers", "cells"),
    [
        (0, (6, 2, 1), ("6", "<5", "<5")),
        (9, (0, 2, 0), ("0", "<5", "0")),
        # Fewer than five were not removed: not even that there was none of a kind is told.
        (1, (0, 2, 0), ("–", "–", "–")),
        # 8 less 7 leaves one for the one that is hidden.
        (0, (7, 1, 0), ("–", "<5", "0")),
        (0, (0, 0, 0), ("0", "0", "0")),
        (0, (7, 6, 5), ("7", "6", "5")),
    ],
)
def test_outcomes_are_told_as_far_as_no_small_one_is_left_over(
    open_ones: int, numbers: tuple[int, ...], cells: tuple[str, ...]
) -> None:
    assert tuple(outcomes(score(20, open_ones, *numbers)).values()) == cells


def test_few_requests_tell_no_outcome() -> None:
    assert set(outcomes(score(0, 0, 1, 2, 1)).values()) == {"–"}


def test_no_hidden_outcome_can_be_worked_out_from_the_others() -> None:
    """By trying every number: each hidden cell could be at least two."""
    for numbers in product(range(8), repeat=3):
        left = sum(numbers)
        cells = list(outcomes(score(5, 0, *numbers)).values())
        known = {"<5": range(1, 5), "–": range(left + 1)}
        could_be = [
            one
            for one in product(*(known.get(cell) or [int(cell)] for cell in cells))
            if sum(one) <= left
        ]
        for place, cell in enumerate(cells):
            if cell in known and left:
                assert len({one[place] for one in could_be}) > 1, (numbers, cells)
