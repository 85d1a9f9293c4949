"""Erlang C against its own definition, and the people an hour needs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import factorial

import pytest

from portal.shifts import erlang

F = Fraction


def by_definition(n: int, a: Fraction) -> Fraction:
    """Erlang C as it is written: a^n/n! n/(n-a) over the sum of a^k/k! and that same term."""
    last = a**n / factorial(n) * F(n) / (n - a)
    return last / (sum((a**k / factorial(k) for k in range(n)), F(0)) + last)


@pytest.mark.parametrize(
    ("n", "a", "share"),
    # One server: the share of time it is busy. Two at one erlang: one in three, by hand.
    [(1, F(1, 2), F(1, 2)), (1, F(9, 10), F(9, 10)), (2, F(1), F(1, 3)), (3, F(2), F(4, 9))],
)
def test_the_share_that_waits_is_exact(n: int, a: Fraction, share: Fraction) -> None:
    assert erlang.waiting_share(n, a) == share == by_definition(n, a)


@pytest.mark.parametrize("n", [1, 2, 5, 14, 30])
@pytest.mark.parametrize("use", [F(1, 10), F(1, 2), F(9, 10), F(99, 100)])
def test_the_recursion_is_the_definition(n: int, use: Fraction) -> None:
    assert erlang.waiting_share(n, n * use) == by_definition(n, n * use)


def test_with_no_more_people_than_erlangs_everybody_waits_for_ever() -> None:
    assert erlang.waiting_share(2, F(2)) == 1
    assert erlang.answered_within(2, F(2), seconds=20, handling_minutes=15) == 0
    assert erlang.waiting_share(1, F(0)) == 0


def test_who_is_answered_in_time_by_hand() -> None:
    # n = 2, a = 1, t = T: 1 - 1/3 e^-1 = 0.87737351961951855...
    share = erlang.answered_within(2, F(1), seconds=900, handling_minutes=15)

    assert str(share)[:12] == "0.8773735196"


@pytest.mark.parametrize(
    ("per_hour", "people"),
    [(F(0), 1), (F(1, 2), 1), (F(1), 2), (F(4), 3), (F(20), 8), (F(80), 25)],
)
def test_the_people_needed_are_the_fewest_with_whom_the_target_is_reached(
    per_hour: Fraction, people: int
) -> None:
    asked = {"handling_minutes": 15, "share_percent": 80, "within_seconds": 20}
    offered = erlang.load(per_hour, 15)

    assert erlang.needed(per_hour, **asked, least=1) == people  # type: ignore[arg-type]
    assert erlang.answered_within(people, offered, seconds=20, handling_minutes=15) >= Decimal(
        "0.8"
    )
    if people > 1:
        fewer = erlang.answered_within(people - 1, offered, seconds=20, handling_minutes=15)
        assert fewer < Decimal("0.8")


def test_however_few_call_there_are_never_fewer_than_the_least() -> None:
    asked = {"handling_minutes": 15, "share_percent": 80, "within_seconds": 20}

    assert erlang.needed(F(0), **asked, least=2) == 2  # type: ignore[arg-type]
