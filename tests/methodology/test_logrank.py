"""The log-rank test against lifelines, scipy and cases that can be reckoned by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import chi2

from portal.methodology.logrank import chi_square_above, log_rank


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_lifelines(seed):
    source = random.Random(seed)
    names = "abcd"[: 2 + seed % 3]
    groups = {
        name: [
            (source.randrange(0, 40 + 20 * place), source.random() < 0.7)
            for _n in range(source.randrange(5, 40))
        ]
        for place, name in enumerate(names)
    }
    flat = [(seconds, name, gone) for name in names for seconds, gone in groups[name]]
    durations, labels, events = zip(*flat, strict=True)

    reference = multivariate_logrank_test(durations, labels, events)
    found = log_rank(groups)

    assert found.freedom == len(names) - 1
    assert found.statistic == pytest.approx(reference.test_statistic, rel=1e-9)
    assert found.p == pytest.approx(reference.p_value, rel=1e-9)


@pytest.mark.parametrize("freedom", range(1, 9))
@pytest.mark.parametrize("statistic", [0, 0.01, 0.5, 3.84, 11.1, 60.0])
def test_the_tail_agrees_with_scipy(statistic, freedom):
    assert chi_square_above(statistic, freedom) == pytest.approx(chi2.sf(statistic, freedom))


def test_by_hand():
    # At 1 h one of two in each group is at risk; a goes: O - E = 1/2, V = 1/4. At 2 h b is alone.
    found = log_rank({"a": [(1, True)], "b": [(2, True)]})

    assert (found.statistic, found.freedom) == (pytest.approx(1.0), 1)
    assert found.p == pytest.approx(0.3173105)


def test_a_removal_comes_before_a_censoring_at_the_same_time():
    censored_with = log_rank({"a": [(5, True), (9, True)], "b": [(5, False), (9, False)]})
    censored_before = log_rank({"a": [(5, True), (9, True)], "b": [(4, False), (9, False)]})

    assert censored_with.statistic != censored_before.statistic


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"a": [(1, True)]},
        {"a": [(1, True)], "b": []},
        {"a": [(1, False)], "b": [(2, False)]},  # nothing was removed
        {"a": [(1, False)], "b": [(2, True)]},  # a was gone before anything was removed
    ],
)
def test_nothing_to_compare(groups):
    assert log_rank(groups) is None


def test_the_same_curve_twice_is_no_difference():
    cases = [(1, True), (3, True), (4, False), (9, True)]

    assert log_rank({"a": cases, "b": cases}).p == pytest.approx(1.0)


def test_a_negative_duration_is_an_error():
    with pytest.raises(ValueError, match="negative"):
        log_rank({"a": [(-1, True)], "b": [(1, True)]})


cases = st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from("abcd"), cases, min_size=2), st.randoms())
def test_the_order_never_matters(groups, source):
    found = log_rank(groups)
    assume(found is not None)
    items = [(name, source.sample(rows, len(rows))) for name, rows in groups.items()]
    source.shuffle(items)

    again = log_rank(dict(items))

    assert again.statistic == pytest.approx(found.statistic, abs=1e-9)
    assert found.statistic >= -1e-9
    assert 0 <= found.p <= 1
