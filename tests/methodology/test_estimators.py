"""The estimators against the worked example, exact fractions and three statistical packages."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import CensoredData, binomtest, ecdf
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from portal.methodology import estimators
from portal.methodology.estimators import Interval, difference, kaplan_meier, wilson

Z = 1.959964
HOUR = 3600
REMOVED = [2, 5, 5, 9, 20, 24, 48]
CENSORED = [12, 30, 72, 100, 168]

times = st.lists(st.integers(min_value=0, max_value=200), max_size=40)


def hours(values):
    return [value * HOUR for value in values]


@pytest.fixture
def worked():
    return kaplan_meier(hours(REMOVED), hours(CENSORED))


def by_hand(removed, censored):
    """The definition, in fractions, with nothing clever."""
    survival, curve = Fraction(1), {}
    for t in sorted(set(removed)):
        r = sum(v >= t for v in [*removed, *censored])
        survival *= Fraction(r - removed.count(t), r)
        curve[t] = survival
    return curve


def test_worked_example_survival_and_interval(worked):
    step = worked.at(24 * HOUR)

    assert step.exact == Fraction(10, 21)
    assert worked.at(48 * HOUR).exact == Fraction(5, 14)
    bounds = estimators.removed_interval(step, 12, Z)
    assert [round(v, 6) for v in (1 - step.survival, *bounds)] == [0.523810, 0.276313, 0.817710]


def test_worked_example_median_and_mean(worked):
    mean = estimators.rmst(worked, 168 * HOUR)

    assert estimators.median(worked) == 24 * HOUR
    assert round(mean.seconds / HOUR, 6) == 71.654762
    assert round(mean.se / HOUR, 6) == 22.614059
    assert mean.exact / HOUR == (
        2 + Fraction(11, 4) + 3 + Fraction(22, 3) + Fraction(16, 7)
        + Fraction(240, 21) + Fraction(600, 14)
    )  # fmt: skip


def test_a_removal_at_exactly_the_mark_counts(worked):
    assert worked.at(24 * HOUR).seconds == 24 * HOUR
    assert worked.at(24 * HOUR - 1).seconds == 20 * HOUR


@pytest.mark.parametrize(("x", "n"), [(0, 7), (148, 148), (1, 3), (17, 40), (99_000, 100_000)])
def test_wilson_agrees_with_statsmodels_and_scipy(x, n):
    bounds = wilson(x, n, Z)

    assert bounds == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-7)
    theirs = binomtest(x, n).proportion_ci(method="wilson")
    assert bounds == pytest.approx((theirs.low, theirs.high), abs=1e-7)


def test_wilson_at_the_ends():
    assert wilson(0, 0, Z) is None
    assert wilson(0, 7, Z).low == 0.0
    assert wilson(148, 148, Z).high == 1.0
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2, Z)


@given(
    st.integers(0, 200), st.integers(0, 200), st.integers(0, 200), st.integers(0, 200)
)  # fmt: skip
def test_the_difference_of_shares_agrees_with_statsmodels(x1, more1, x2, more2):
    n1, n2 = max(x1 + more1, 1), max(x2 + more2, 1)

    found = difference(x1 / n1, wilson(x1, n1, Z), x2 / n2, wilson(x2, n2, Z))

    theirs = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    assert found == pytest.approx(theirs, abs=1e-6)
    # The same, the other way round.
    back = difference(x2 / n2, wilson(x2, n2, Z), x1 / n1, wilson(x1, n1, Z))
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_curve_agrees_with_lifelines_statsmodels_and_scipy(seed):
    source = random.Random(seed)
    removed = [source.randint(1, 150) for _ in range(60)]
    censored = [source.randint(1, 200) for _ in range(40)]
    curve = kaplan_meier(removed, censored)
    observed = np.array(removed + censored)
    events = np.array([1] * 60 + [0] * 40)

    fitter = KaplanMeierFitter().fit(observed, events)
    statsmodels = SurvfuncRight(observed, events)
    scipy = ecdf(CensoredData(uncensored=removed, right=censored)).sf
    bounds = fitter.confidence_interval_survival_function_
    assert [s.seconds for s in curve.steps] == list(statsmodels.surv_times)
    assert [s.survival for s in curve.steps] == pytest.approx(statsmodels.surv_prob, abs=1e-12)
    for step, se in zip(curve.steps, statsmodels.surv_prob_se, strict=True):
        assert step.survival == pytest.approx(fitter.predict(step.seconds), abs=1e-12)
        assert step.survival == pytest.approx(float(scipy.evaluate(step.seconds)), abs=1e-12)
        if 0 < step.survival < 1:
            assert step.survival * step.greenwood**0.5 == pytest.approx(se, abs=1e-12)
            low, high = estimators.removed_interval(step, 100, Z)
            theirs = bounds.loc[step.seconds]
            assert (1 - high, 1 - low) == pytest.approx(tuple(theirs), abs=1e-6)
    assert estimators.rmst(curve, 120).seconds == pytest.approx(
        restricted_mean_survival_time(fitter, t=120), abs=1e-9
    )
    assert estimators.median(curve) == fitter.median_survival_time_


@given(times, times)
def test_the_curve_is_exact(removed, censored):
    curve = kaplan_meier(removed, censored)
    truth = by_hand(removed, censored)

    assert {step.seconds: step.exact for step in curve.steps} == truth
    assert estimators.median(curve) == next(
        (t for t, survival in truth.items() if survival <= Fraction(1, 2)), None
    )


@given(times, times, st.integers(min_value=1, max_value=250))
def test_the_area_is_exact(removed, censored, tau):
    mean = estimators.rmst(kaplan_meier(removed, censored), tau)
    survival, area, truth = Fraction(1), Fraction(0), by_hand(removed, censored)
    for t in range(tau):
        survival = truth.get(t, survival)
        area += survival

    assert mean.exact == area
    assert mean.seconds == float(area)


@given(times, times, st.randoms())
def test_the_order_of_facts_never_matters(removed, censored, source):
    curve = kaplan_meier(removed, censored)
    source.shuffle(removed)
    source.shuffle(censored)

    assert kaplan_meier(removed, censored) == curve


def test_a_median_that_floats_get_wrong():
    # 6/7 x 5/6 x ... telescopes to exactly 1/2, which a product of floats may miss.
    for n in range(2, 400, 2):
        assert estimators.median(kaplan_meier(range(1, n // 2 + 1), [n] * (n // 2))) == n // 2


def test_removals_come_before_censorings_at_equal_times():
    assert kaplan_meier([5], [5]).at(5).exact == Fraction(1, 2)


def test_where_everything_or_nothing_was_removed_wilson_stands_in():
    gone, kept = kaplan_meier([1] * 7, []), kaplan_meier([], [9] * 7)

    assert estimators.removed_interval(gone.at(48), 7, Z) == wilson(7, 7, Z)
    assert estimators.removed_interval(kept.at(48), 7, Z) == wilson(0, 7, Z)
    assert estimators.median(kept) is None
    assert estimators.rmst(kept, 168) == (168.0, 0.0, Fraction(168))


@settings(max_examples=30)
@given(st.integers(min_value=0, max_value=2**32))
def test_giving_up_the_exact_ratio_costs_less_than_the_tolerance(seed):
    source = random.Random(seed)
    removed = [source.randint(1, 10**6) for _ in range(300)]
    censored = [source.randint(1, 10**6) for _ in range(300)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimators, "EXACT_BITS", 64)
        curve = kaplan_meier(removed, censored)
    truth = by_hand_fast(removed, censored)

    assert any(step.exact is None for step in curve.steps)
    assert all(abs(step.survival - truth[step.seconds]) < 1e-12 for step in curve.steps)
    assert estimators.rmst(curve, 10**6).exact is None


def by_hand_fast(removed, censored):
    ordered, survival, curve = sorted([(t, 0) for t in removed] + [(t, 1) for t in censored]), 1, {}
    for place, (t, is_censored) in enumerate(ordered):
        if not is_censored:
            at_risk = len(ordered) - place
            survival = survival * Fraction(at_risk - 1, at_risk)
            curve[t] = float(survival)
    return curve


def test_a_hundred_thousand_rows_without_censoring_are_the_plain_share():
    source = random.Random(1)
    removed = [source.randint(1, 600_000) for _ in range(80_000)]

    curve = kaplan_meier(removed, [604_800] * 20_000)

    for seconds in (1, 86_400, 172_800, 600_000):
        share = 1 - sum(t <= seconds for t in removed) / 100_000
        assert abs(curve.at(seconds).survival - share) < 1e-12


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [(0.7, 0.9, "met"), (2 / 3, 0.9, "met"), (0.5, 0.6, "not_met"), (0.5, 0.7, "not_shown")],
)
def test_the_verdict_needs_the_whole_interval(low, high, code):
    assert estimators.verdict(Interval(low, high), Fraction(2 / 3)) == code


def test_ranks_are_parted_only_by_parted_intervals():
    rows = [("a", 80, 90), ("b", 70, 85), ("c", 10, 20), ("d", 20, 30)]

    assert estimators.rank_interval(rows) == {"a": (1, 2), "b": (1, 2), "c": (3, 4), "d": (3, 4)}
    assert estimators.rank_interval([]) == {}
