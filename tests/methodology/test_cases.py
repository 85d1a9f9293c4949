"""The cases at the edges of the method, one by one, as somebody would try them."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from statsmodels.stats.proportion import proportion_confint

from portal.methodology import estimators
from portal.methodology.cohort import followed, freeze_instant, month_bounds
from portal.methodology.computing import compute
from portal.methodology.method import VERSION_1_0, Band, Weight
from portal.methodology.score import Score
from portal.methodology.sensitivity import reweighted, sensitivity, uncertainty
from tests.methodology.test_score import (
    FREEZE,
    HOUR,
    MONTH,
    SECOND,
    START,
    ZERO,
    action,
    build,
    cohorts,
    police,
    refused,
    request,
    score_of,
    values,
)


def test_all_refused_within_five_hours():
    """The answers are in time and nothing is gone: censored at the instant, not at the refusal."""
    score = score_of([refused(answered=1 + n % 5) for n in range(40)])

    assert values(score) | {} == {
        "R1": 100.0, "R2": 0.0, "R3": 0.0, "R4": None, "R5": None, "R6": None
    }  # fmt: skip
    assert score.score == float(Fraction(25 * 100, 70))
    assert (score.letter, score.removal.median_hours, score.removal.rmst_hours) == ("E", None, 168)
    assert score.beside["refusals"] == 40
    fitted = KaplanMeierFitter().fit([1] * 40, [False] * 40)
    assert fitted.predict(48) == 1  # censoring at the refusal would say the same of S ...
    # ... but with one removal among them it would make the refusals vanish from the risk set.
    one = score_of([request(20), *(refused(answered=5) for _n in range(9))])
    assert one.measures["R2"].value == 10.0


def test_none_of_seven():
    score = score_of([request() for _n in range(7)])
    low, high = proportion_confint(0, 7, method="wilson")

    measure = score.measures["R2"]
    assert (measure.x, measure.n, measure.value, measure.low) == (0, 7, 0.0, 0.0)
    assert measure.high == pytest.approx(100 * high, abs=1e-5)
    assert low == pytest.approx(0)
    assert (score.label, score.letter) == ("insufficient_data", None)
    # A score is drawn even so, because R1 and R2 are there; letters are not.
    assert uncertainty(score, 1, 500).letters == {}


def test_148_of_148_with_only_the_longest_time_known():
    """A report that says "all within 40 hours": every removal is set at the longest time."""
    score = score_of([request(40) for _n in range(148)])
    low, _high = proportion_confint(148, 148, method="wilson")

    measure = score.measures["R2"]
    assert (measure.x, measure.n, measure.value, measure.high) == (148, 148, 100.0, 100.0)
    assert measure.low == pytest.approx(100 * low, abs=1e-5)
    # The mean is then an upper bound, with nothing to tell how far it is off: no spread at all.
    assert (score.removal.median_hours, score.removal.rmst_hours, score.removal.se) == (40, 40, 0)
    assert score.measures["R3"].value == float(100 * (1 - Fraction(40, 168)))
    # Nobody was answered within a day.
    assert values(score)["R1"] == 0.0


def test_answered_at_24_hours_and_a_second_later():
    facts = [refused(decided_at=ZERO + 24 * HOUR), refused(decided_at=ZERO + 24 * HOUR + SECOND)]

    assert (score_of(facts).measures["R1"].x, score_of(facts).measures["R1"].n) == (1, 2)


@pytest.mark.parametrize(("age", "n"), [(24 * HOUR - SECOND, 0), (24 * HOUR, 1)])
def test_a_request_of_23_59_59_is_not_yet_in_r1(age, n):
    score = score_of([refused()], as_of=ZERO + age)

    assert score.measures["R1"].n == n
    assert score.measures["R2"].n == 1  # it is followed in the curve from the first second


def test_a_company_without_police_requests():
    """R5 is not assessed; its ten points are shared out, and nothing is imputed."""
    gone = {"recheck": "gone", "rechecked_at": FREEZE}
    score = score_of([request(0, **gone) for _n in range(40)], actions=[action(START)])

    assert not score.measures["R5"].assessed
    assert score.measures["R5"].effective_weight == 0
    assert score.measures["R2"].effective_weight == pytest.approx(100 * 30 / 90)
    assert (score.score, score.letter) == (100.0, "A")


def test_a_company_without_r2_is_not_graded():
    """Only blocks and police requests: nothing was asked to be removed."""
    facts = [request(1, measure_type="block") for _n in range(40)]
    score = score_of(facts, police=[police(START)], actions=[action(START)])

    assert not score.measures["R2"].assessed
    assert (score.score, score.letter, score.label) == (None, None, "insufficient_data")
    # With enough requests but no required measure it would be "not graded", whatever the weight.
    strict = replace(VERSION_1_0, required=("R1", "R2", "R4"))
    ungraded = compute(
        company="-", month=MONTH, as_of=FREEZE, method=strict,
        requests=[request(1) for _n in range(40)], police=[], actions=[],
    )  # fmt: skip
    assert (ungraded.score, ungraded.letter, ungraded.label) == (None, None, "not_graded")


def method_with(**points: int):
    weights = tuple(Weight(id, points[id]) for id in ("R1", "R2", "R3", "R4", "R5", "R6"))
    return replace(VERSION_1_0, weights=weights)


@pytest.mark.parametrize(
    ("points", "is_graded"),
    [
        ({"R1": 25, "R2": 30, "R3": 15, "R4": 10, "R5": 10, "R6": 10}, True),  # 70 remain
        ({"R1": 25, "R2": 30, "R3": 14, "R4": 11, "R5": 10, "R6": 10}, False),  # 69 remain
    ],
)
def test_exactly_70_of_100_points(points, is_graded):
    score = compute(
        company="-", month=MONTH, as_of=FREEZE, method=method_with(**points),
        requests=[request(0) for _n in range(40)], police=[], actions=[],
    )  # fmt: skip

    assert (score.letter == "A") is is_graded
    assert (score.label == "not_graded") is not is_graded


@pytest.mark.parametrize(
    ("removed", "n", "value", "cap"),
    [(80, 100, 80.0, None), (7999, 10_000, 79.99, "r2_below_80")],
)
def test_80_and_79_99_in_r2(removed, n, value, cap):
    gone = {"recheck": "gone", "rechecked_at": FREEZE}
    facts = [request(0, **gone)] * removed + [request(49, answered=1, **gone)] * (n - removed)

    score = score_of(facts, police=[police(START)], actions=[action(START)])

    assert (score.measures["R2"].value, score.cap) == (value, cap)
    assert score.letter == ("A" if cap is None else "B")


@pytest.mark.parametrize(("x", "letter"), [(75, "B"), (74, "C"), (60, "C"), (59, "D"), (40, "D")])
def test_on_the_edge_of_a_band_the_better_letter(x, letter):
    """R1 = R2 = R3 = x exactly, so the score is x by fractions, where floats might miss it."""
    uncapped = replace(VERSION_1_0, caps=())
    score = compute(
        company="-", month=MONTH, as_of=FREEZE, method=uncapped,
        requests=[request(0)] * x + [request()] * (100 - x), police=[], actions=[],
    )  # fmt: skip

    assert (score.score, score.letter) == (float(x), letter)


def test_an_edge_that_floats_would_miss():
    """A score of 200/3 on thirds is compared as a fraction; the edge is a whole number beside it."""
    thirds = replace(VERSION_1_0, caps=(), bands=(Band("A", 67), Band("B", 66), Band("C", 0)))
    score = compute(
        company="-", month=MONTH, as_of=FREEZE, method=thirds,
        requests=[request(0)] * 20 + [request()] * 10, police=[], actions=[],
    )  # fmt: skip

    assert score.letter == "B"
    # A verdict at equality: two of three against two thirds is reached exactly.
    assert estimators.verdict(estimators.Interval(2 / 3, 1.0), Fraction(2, 3)) in (
        "met",
        "not_shown",
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_server_in_another_time_zone(zone, monkeypatch):
    """The month is Korean wherever the machine stands."""
    facts = [request(1, zero=START), request(1, zero=START - SECOND), request(1, zero=FREEZE)]
    at_home = score_of(facts)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert score_of(facts) == at_home
        assert month_bounds(MONTH) == (START, START + timedelta(days=31))
        assert freeze_instant(MONTH) == FREEZE
    finally:
        monkeypatch.undo()
        time.tzset()
    assert at_home.measures["R2"].n == 1
    assert os.environ.get("TZ") != "Pacific/Kiritimati"


def test_an_instant_is_the_same_in_every_zone_it_is_written_in():
    from zoneinfo import ZoneInfo

    here = score_of([request(1)], as_of=FREEZE)
    there = score_of([request(1)], as_of=FREEZE.astimezone(ZoneInfo("America/New_York")))

    assert here == there
    assert Score.from_dict(there.to_dict()) == here


# What must never change or raise a figure

OUTCOMES = ("R1", "R2", "R3")


@given(cohorts, st.integers(0, 240))
def test_a_refusal_raises_nothing_but_the_answers(cohort, hours):
    """One more request that is refused: R2, R3 and whatever is counted of removals only fall."""
    facts = build([*cohort, (1, 5)])
    before, after = score_of(facts), score_of([*facts, refused(answered=hours, zero=START + HOUR)])

    for id in ("R2", "R3"):
        assert after.measures[id].value <= before.measures[id].value + 1e-9
    assert after.measures["R2"].x == before.measures["R2"].x
    assert after.measures["R4"] == before.measures["R4"]
    # Against silence a refusal changes R1 only, and only by having been an answer.
    silent = score_of([*facts, request(zero=START + HOUR)])
    for id in ("R2", "R3"):
        assert after.measures[id] == silent.measures[id]


@given(cohorts, st.data())
def test_splitting_a_months_file_never_matters(cohort, data):
    """A file in two halves, sent in any order, with the neighbours' months in it: one card."""
    facts = build(cohort)
    others = [request(1, zero=START - HOUR), request(1, zero=FREEZE + HOUR)]
    cut = data.draw(st.integers(0, len(facts)))

    assert score_of([*facts[cut:], *others, *facts[:cut]]) == score_of(facts)


@given(cohorts, st.integers(0, 24))
def test_a_faster_removal_never_lowers_speed(cohort, sooner):
    facts = build([*cohort, (0, 24)])
    faster = [*facts[:-1], replace(facts[-1], removed_at=facts[-1].removed_at - sooner * HOUR)]

    slow, fast = values(score_of(facts)), values(score_of(faster))

    assert fast["R3"] >= slow["R3"] - 1e-9
    assert fast["R2"] >= slow["R2"]


# Other weights


def test_the_methods_own_weights_give_the_card_again():
    score = score_of([request(2)] * 30 + [request()] * 10)
    own = {id: Fraction(VERSION_1_0.points(id)) for id in values(score)}

    run = reweighted([score], own)

    base = sensitivity([score])[0]
    assert run.scores == base.scores
    assert run.letters == base.letters == {"Telegram": score.letter}
    assert run.ranks == base.ranks
    low, high = run.bounds["Telegram"]
    assert 0 <= low <= score.score <= high <= 100
    # Weights are relative.
    assert reweighted([score], {id: 7 * value for id, value in own.items()}).scores == run.scores


@pytest.mark.parametrize("weights", [{"R1": Fraction(0)}, {"R1": Fraction(-1), "R2": Fraction(3)}])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="above 0"):
        reweighted([score_of([request(2)])], weights)


def test_the_cohort_for_the_case_mix_leaves_out_what_the_card_leaves_out():
    facts = [
        request(5, surface="search_result"),
        refused(),
        request(1, measure_type="block"),
        request(1, excluded="withdrawn", excluded_by="Second"),
        request(1, zero=START - SECOND),
    ]

    found = followed(facts, month=MONTH, as_of=FREEZE)

    assert [(one.surface, one.answered, one.removed) for one in found] == [
        ("search_result", 5 * 3600, 5 * 3600), ("public_post", 3600, None)
    ]  # fmt: skip
