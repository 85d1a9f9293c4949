"""What was hidden must not be what is left when the rest is taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from portal.methodology.computing import compute
from portal.methodology.method import VERSION_1_0
from portal.methodology.score import Score
from portal.methodology.small_cells import (
    OUTCOMES,
    counted,
    outcomes,
    parts,
    tells_half_answered,
)
from tests.methodology.test_score import FREEZE, HOUR, MONTH, ZERO, request

FACTS = {
    "restrictions": {"outcome": "restricted", "answered": 1},
    "refusals": {"outcome": "refused", "answered": 1},
    "still_up": {
        "outcome": "removed",
        "answered": 1,
        "verification": "still_up",
        "verified_at": ZERO + 2 * HOUR,
    },
    "open": {},
}
OTHER = {"outcome": "not_found", "answered": 1}
HIDDEN = ("<5", "–")


def score(removed: int, others: int, *numbers: int) -> Score:
    facts = [request(2) for _n in range(removed)] + [request(**OTHER) for _n in range(others)]
    for id, number in zip(OUTCOMES, numbers, strict=True):
        facts += [request(**FACTS[id]) for _n in range(number)]
    return compute(
        company="x", month=MONTH, as_of=FREEZE, method=VERSION_1_0, requests=facts, police=[],
        actions=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("others", "numbers", "cells"),
    [
        (0, (6, 2, 1, 0), ("6", "<5", "<5", "0")),
        (0, (0, 2, 0, 9), ("0", "<5", "0", "9")),
        (1, (7, 1, 0, 0), ("7", "<5", "0", "0")),
        # Fewer than five were not removed: not even that there was none of a kind is told.
        (1, (0, 2, 0, 0), ("–", "–", "–", "–")),
        (0, (0, 0, 0, 1), ("–", "–", "–", "–")),
        # 8 less 7 leaves one for the one that is hidden, what is open as well.
        (0, (7, 1, 0, 0), ("–", "–", "–", "–")),
        (0, (0, 7, 0, 1), ("–", "–", "–", "–")),
        (0, (0, 0, 0, 0), ("0", "0", "0", "0")),
        (0, (7, 6, 5, 8), ("7", "6", "5", "8")),
    ],
)
def test_outcomes_are_told_as_far_as_no_small_one_is_left_over(
    others: int, numbers: tuple[int, ...], cells: tuple[str, ...]
) -> None:
    assert tuple(outcomes(score(20, others, *numbers)).values()) == cells


def test_few_requests_tell_no_outcome() -> None:
    assert set(outcomes(score(0, 0, 1, 2, 1, 0)).values()) == {"–"}


def told_apart(printed: Sequence[tuple[tuple[object, ...], tuple[int, ...]]]) -> list[object]:
    """Of all that can be printed what could have come of one number only in a hidden place: for a
    reader who knows the rule, and every number there may be."""
    by_print = defaultdict(list)
    for cells, numbers in printed:
        by_print[cells].append(numbers)
    return [
        (cells, found)
        for cells, found in by_print.items()
        for place, cell in enumerate(cells[1:])
        if cell in HIDDEN and len({numbers[place] for numbers in found}) < 2
    ]


def test_no_hidden_outcome_can_be_worked_out_by_who_knows_the_rule() -> None:
    empty = score(5, 0, 0, 0, 0, 0)
    printed = []
    for left, *numbers in product(range(13), *[range(13)] * len(OUTCOMES)):
        if sum(numbers) > left:  # there may be others
            continue
        beside = dict(zip(OUTCOMES, numbers, strict=True), requests=5 + left)
        cells = outcomes(replace(empty, beside=empty.beside | beside)).values()
        printed.append(((left, *cells), tuple(numbers)))

    assert told_apart(printed) == []


def test_that_half_were_not_answered_does_not_tell_how_many_are_open() -> None:
    """More than half of six and of seven are four at least; of eight they are five and no secret."""
    told = {n: tells_half_answered(score(n - 4, 0, 0, 0, 0, 4)) for n in (4, 5, 6, 7, 8, 9)}

    assert told == {4: False, 5: False, 6: False, 7: False, 8: True, 9: True}


def test_no_hidden_part_of_a_told_count_can_be_worked_out_by_who_knows_the_rule() -> None:
    printed = [
        ((counted(sum(numbers)), *parts(numbers)), numbers)
        for numbers in product(range(12), repeat=3)
    ]

    assert told_apart(printed) == []


@pytest.mark.parametrize(
    ("numbers", "cells"),
    [
        ((5, 1, 0, 0), ["–", "–", "–", "–"]),
        ((4, 4, 0, 0), ["–", "–", "–", "–"]),
        ((6, 2, 1, 0), ["6", "<5", "<5", "0"]),
        ((0, 2, 0, 0), ["0", "<5", "0", "0"]),
        ((6, 0, 0, 0), ["6", "0", "0", "0"]),
    ],
)
def test_parts_are_told_as_far_as_their_count_leaves_none_over(
    numbers: tuple[int, ...], cells: list[str]
) -> None:
    assert parts(numbers) == cells
