"""Rates under the pooled mix: by hand, against statsmodels, and where there is nothing to say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from portal.methodology.standardisation import pooled_mix, standardise

Z = 1.959964


def test_by_hand():
    # 60 posts and 40 channels in the pool. A: 9/10 and 10/30; B: 40/50 and 2/10.
    counts = {
        "a": {"post": (9, 10), "channel": (10, 30)},
        "b": {"post": (40, 50), "channel": (2, 10)},
    }

    found = standardise(counts, Z)

    assert pooled_mix(counts) == {"channel": Fraction(2, 5), "post": Fraction(3, 5)}
    # Crude, B looks far better; asked for the same things, A is.
    assert (found["a"].crude, found["b"].crude) == (Fraction(19, 40), Fraction(7, 10))
    assert found["a"].rate == Fraction(3, 5) * Fraction(9, 10) + Fraction(2, 5) * Fraction(1, 3)
    assert found["b"].rate == Fraction(3, 5) * Fraction(4, 5) + Fraction(2, 5) * Fraction(1, 5)
    assert found["a"].rate > found["b"].rate


def test_one_stratum_is_wilson_and_the_standard_error_is_the_delta_one():
    one = standardise({"a": {"post": (7, 12)}}, Z)["a"]
    low, high = proportion_confint(7, 12, alpha=0.05, method="wilson")

    assert (one.interval.low, one.interval.high) == pytest.approx((low, high), abs=1e-7)

    counts = {"a": {"s": (3, 10), "t": (9, 20)}, "b": {"s": (1, 5), "t": (2, 15)}}
    weights, p, n = np.array([15, 35]) / 50, np.array([0.3, 0.45]), np.array([10, 20])
    # The gradient of sum(w p) is w; the covariance of the rates is diagonal.
    delta = np.sqrt(weights @ np.diag(p * (1 - p) / n) @ weights)
    assert standardise(counts, Z)["a"].se == pytest.approx(delta)


def test_all_and_nothing_keep_an_interval():
    found = standardise({"a": {"s": (10, 10), "t": (8, 8)}, "b": {"s": (0, 5), "t": (0, 9)}}, Z)

    assert (found["a"].rate, found["a"].se, found["a"].interval.high) == (1, 0.0, 1.0)
    assert 0 < found["a"].interval.low < 1
    assert (found["b"].rate, found["b"].interval.low) == (0, 0.0)
    assert 0 < found["b"].interval.high < 1


@pytest.mark.parametrize(
    ("elsewhere", "is_standardisable"),
    [(10, True), (11, False)],  # 10 of 100 is not more than a tenth; 11 of 101 is
)
def test_absent_from_more_than_a_tenth_of_the_pool_is_not_standardisable(
    elsewhere, is_standardisable
):
    found = standardise({"a": {"s": (20, 40)}, "b": {"s": (30, 50), "t": (1, elsewhere)}}, Z)["a"]

    assert found.is_standardisable is is_standardisable
    assert found.missing == ("t",)
    assert found.rate == (Fraction(1, 2) if is_standardisable else None)
    assert (found.interval is None) is not is_standardisable


def test_without_cases():
    found = standardise({"a": {}, "b": {"s": (1, 2)}}, Z)

    assert (found["a"].crude, found["a"].rate, found["a"].n) == (None, None, 0)
    assert standardise({}, Z) == {}
    with pytest.raises(ValueError, match="no share"):
        standardise({"a": {"s": (3, 2)}}, Z)


cells = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.dictionaries(
    st.sampled_from("abcd"), st.dictionaries(st.sampled_from("stuv"), cells, max_size=4)
)


@given(tables, st.randoms())
def test_the_order_never_matters_and_the_interval_holds_the_rate(counts, source):
    def shuffled(rows):
        items = list(rows.items())
        source.shuffle(items)
        return dict(items)

    found = standardise(counts, Z)
    again = standardise(shuffled({name: shuffled(rows) for name, rows in counts.items()}), Z)

    assert again == found
    for one in found.values():
        if one.rate is not None:
            assert 0 <= one.interval.low <= float(one.rate) + 1e-12
            assert float(one.rate) - 1e-12 <= one.interval.high <= 1
