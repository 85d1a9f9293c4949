"""Chances of letters in whole per cent add up to a hundred."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.methodology.chances import in_whole


def test_two_halves_of_a_per_cent_are_not_both_rounded_up() -> None:
    assert in_whole({"D": 0.425, "E": 0.575}) == {"D": 42, "E": 58}


def test_at_equal_remainders_the_likelier_letter_gets_what_is_missing() -> None:
    assert in_whole({"C": 0.335, "B": 0.445, "A": 0.22}) == {"A": 22, "B": 45, "C": 33}


def test_what_would_be_nought_is_left_out() -> None:
    assert in_whole({"A": 0.004, "B": 0.996}) == {"B": 100}
    assert in_whole({}) == {}


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=5).filter(any))
def test_they_add_up_and_each_is_a_neighbour_of_its_chance(draws: list[int]) -> None:
    chances = {letter: n / sum(draws) for letter, n in zip("ABCDE", draws, strict=False)}
    told = in_whole(chances)

    assert sum(told.values()) == 100
    assert all(abs(told.get(letter, 0) - 100 * chance) < 1 for letter, chance in chances.items())
