"""Targets against outcomes: equality, the window of a month, and what is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.methodology import estimators
from portal.methodology.facts import ActionFact, PoliceFact, RequestFact
from portal.methodology.method import VERSION_1_0
from portal.methodology.promises import PromiseFact, assess, share_verdict, window
from portal.minutes.targets import Target
from tests.methodology.test_score import END, FREEZE, HOUR, MONTH, SECOND, START, request

Z = VERSION_1_0.z
SQUARE = Fraction("1.959964") ** 2
CRUMB = Fraction(1, 10**15)
NINETY = Target("R1", Fraction(9, 10), date(2026, 10, 1))


def promise(target: Target = NINETY, **changes: object) -> PromiseFact:
    values = {
        "item_id": 7, "number": "Telegram A-2026-001", "agreed_at": START - 30 * 24 * HOUR,
        "ended_at": None, "agreed_in": "Telegram 2026-09", "minutes_id": 3,
        "target": target.words(),
    }  # fmt: skip
    return PromiseFact(**(values | changes))


def row(target=NINETY, requests=(), police=(), actions=(), *, as_of=FREEZE, **changes):
    return assess(
        promise(target, **changes), month=MONTH, as_of=as_of, method=VERSION_1_0,
        requests=requests, police=police, actions=actions,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("x", "n", "target", "z", "verdict"),
    [
        # With z = 2 the interval of 4 of 16 is exactly 1/10 to 1/2.
        (4, 16, Fraction(1, 10), 2.0, "met"),
        (4, 16, Fraction(1, 10) + CRUMB, 2.0, "not_shown"),
        (4, 16, Fraction(1, 2), 2.0, "not_shown"),
        (4, 16, Fraction(1, 2) + CRUMB, 2.0, "not_met"),
        # All of n: the lower bound is n/(n + z^2). None of n: the upper one is z^2/(n + z^2).
        (16, 16, Fraction(4, 5), 2.0, "met"),
        (16, 16, Fraction(4, 5) + CRUMB, 2.0, "not_shown"),
        (30, 30, 30 / (30 + SQUARE), Z, "met"),
        (30, 30, 30 / (30 + SQUARE) + CRUMB, Z, "not_shown"),
        (0, 30, SQUARE / (30 + SQUARE), Z, "not_shown"),
        (0, 30, SQUARE / (30 + SQUARE) + CRUMB, Z, "not_met"),
        # A promise of everything is never shown as met, and is broken by one.
        (1000, 1000, Fraction(1), Z, "not_shown"),
        (999, 1000, Fraction(1), Z, "not_met"),
        (0, 0, Fraction(1, 2), Z, "not_assessed"),
    ],
)
def test_a_share_is_compared_exactly(x, n, target, z, verdict):
    assert share_verdict(x, n, target, z) == verdict


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 100))
def test_the_exact_verdict_is_that_of_the_interval(n, x, percent):
    x, target = min(x, n), Fraction(percent, 100)
    bounds = estimators.wilson(x, n, Z)
    if min(abs(bounds.low - target), abs(bounds.high - target)) > 1e-9:
        assert share_verdict(x, n, target, Z) == estimators.verdict(bounds, target)


def test_answers_in_time_against_ninety_per_cent():
    kept = [request(answered=24, outcome="refused") for _n in range(50)]
    broken = [request(answered=24, outcome="refused") for _n in range(9)]
    broken += [request(answered=25, outcome="refused") for _n in range(9)]
    assert (row(requests=kept).x, row(requests=kept).n, row(requests=kept).verdict) == (
        50, 50, "met",
    )  # fmt: skip
    found = row(requests=broken)
    assert (found.x, found.n, found.value, found.verdict) == (9, 18, 50.0, "not_met")
    assert (found.low, found.high) == tuple(100 * b for b in estimators.wilson(9, 18, Z))
    assert row(requests=kept[:5]).verdict == "not_shown"
    assert row().verdict == "not_assessed"


def test_a_mark_of_its_own_is_counted_to_the_second():
    requests = [
        request(answered=6, outcome="refused"),
        request(answered=(6 * HOUR + SECOND) / HOUR, outcome="refused"),
        request(removed=6),
        request(removed=(6 * HOUR + SECOND) / HOUR),
    ]
    answered = row(Target("answered", Fraction(1, 2), date(2026, 10, 1), hours=6), requests)
    removed = row(Target("removed", Fraction(1, 2), date(2026, 10, 1), hours=6), requests)
    assert (answered.x, answered.n, answered.value) == (2, 4, 50.0)
    assert (removed.x, removed.n, removed.value) == (1, 4, 25.0)


def test_one_platform_and_one_surface():
    ours = Target(
        "R1", Fraction(1, 2), date(2026, 10, 1),
        platform={"slug": "facebook", "ko": "페이스북", "en": "Facebook"}, surface="account",
    )  # fmt: skip
    requests = [
        request(answered=1, outcome="refused", platform="facebook", surface="account"),
        request(answered=1, outcome="refused", platform="instagram", surface="account"),
        request(answered=1, outcome="refused", platform="facebook"),
    ]
    found = row(ours, requests)
    assert (found.x, found.n) == (1, 1)


def test_police_and_action_items_count_by_their_due_time():
    due = START + 10 * 24 * HOUR
    police = [
        PoliceFact("I-1", START, due, due, "answered"),
        PoliceFact("I-2", START, due, None, None),
    ]
    actions = [ActionFact("A-1", due, due, True), ActionFact("A-2", due, due + SECOND, True)]
    half = Target("R5", Fraction(1, 2), date(2026, 10, 1))
    later = Target("R6", Fraction(1, 2), date(2026, 10, 20))
    assert (row(half, police=police).x, row(half, police=police).n) == (1, 2)
    assert row(Target("R6", Fraction(1, 2), date(2026, 10, 1)), actions=actions).n == 2
    assert row(later, actions=actions).verdict == "not_assessed"


@pytest.mark.parametrize(
    ("target", "ended_at", "expected"),
    [
        (NINETY, None, (START, END)),
        (Target("R1", Fraction(1, 2), date(2026, 9, 15)), None, (START, END)),
        # Midnight of 15 October in Korea is 15:00 UTC of the 14th.
        (
            Target("R1", Fraction(1, 2), date(2026, 10, 15)), None,
            (datetime(2026, 10, 14, 15, tzinfo=UTC), END),
        ),
        (
            Target("R1", Fraction(1, 2), date(2026, 9, 1), date(2026, 10, 1)), None,
            (START, START + 24 * HOUR),
        ),
        (NINETY, START + HOUR, (START, START + HOUR)),
        (NINETY, START, None),
        (Target("R1", Fraction(1, 2), date(2026, 11, 1)), None, None),
        (Target("R1", Fraction(1, 2), date(2026, 9, 1), date(2026, 9, 30)), None, None),
    ],
)  # fmt: skip
def test_what_of_a_month_it_holds_for(target, ended_at, expected):
    assert window(promise(target, ended_at=ended_at), MONTH) == expected


def test_only_what_was_delivered_while_it_held_counts():
    begin = datetime(2026, 10, 14, 15, tzinfo=UTC)
    requests = [
        request(answered=1, outcome="refused", zero=begin - SECOND),
        request(answered=1, outcome="refused", zero=begin),
        request(answered=1, outcome="refused", zero=begin + 2 * HOUR),
    ]
    target = Target("R1", Fraction(1, 2), date(2026, 10, 15))
    assert row(target, requests).n == 2
    assert row(target, requests, ended_at=begin + 2 * HOUR).n == 1


def test_what_was_not_agreed_by_then_is_not_there():
    assert row(agreed_at=FREEZE).n == 0
    assert row(agreed_at=FREEZE + SECOND) is None
    assert row(as_of=START - SECOND) is None


def test_the_curve_decides_removals():
    requests: list[RequestFact] = [request(removed=1) for _n in range(40)]
    target = Target("R2", Fraction(80, 100), date(2026, 10, 1))
    assert row(target, requests).verdict == "met"
    speed = Target("R3", Fraction(99, 100), date(2026, 10, 1))
    found = row(speed, requests)
    # Each was up for exactly one of 168 hours, so the interval is one point: 100 (1 - 1/168).
    assert found.value == pytest.approx(100 * (1 - 1 / 168))
    assert found.verdict == "met"
    assert row(Target("R3", Fraction(995, 1000), date(2026, 10, 1)), requests).verdict == "not_met"


def test_a_row_is_stored_as_plain_values():
    found = row().to_dict()
    assert found["target"] == {
        "measure": "R1", "hours": None, "share": "9/10", "from": "2026-10-01", "until": None,
        "platform": None, "surface": None,
    }  # fmt: skip
    assert (found["from_at"], found["until_at"]) == (START.isoformat(), END.isoformat())
    assert timedelta(days=31) == END - START
