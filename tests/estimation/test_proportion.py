"""Shares: textbook limits, their meaning, and impossible counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from analytics.errors import RefusedError
from analytics.estimation.proportion import estimate_proportion, proportion_method


def test_exact_limits_are_r_s():
    # binom.test(7, 21)$conf.int
    share = estimate_proportion(7, 21)
    assert share.value == pytest.approx(1 / 3)
    assert (share.low, share.high) == pytest.approx((0.1458769423, 0.5696754829), abs=5e-11)


def test_wilson_limits_are_r_s():
    # prop.test(7, 21, correct = FALSE)$conf.int
    share = estimate_proportion(7, 21, method="wilson")
    assert (share.low, share.high) == pytest.approx((0.1719475261, 0.5462654803), abs=5e-11)


def test_none_and_all_have_one_open_side():
    # one-sided halves of 2.5 %: 1 − 0.025^(1/n)
    assert estimate_proportion(0, 10).low == 0
    assert estimate_proportion(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert estimate_proportion(10, 10).high == 1


@settings(deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_limits_are_where_the_tail_is_two_and_a_half_percent(counts):
    successes, n = counts
    share = estimate_proportion(successes, n)
    if successes > 0:
        assert binom.sf(successes - 1, n, share.low) == pytest.approx(0.025, abs=1e-9)
    if successes < n:
        assert binom.cdf(successes, n, share.high) == pytest.approx(0.025, abs=1e-9)


def test_a_share_of_nobody_is_not_known():
    share = estimate_proportion(0, 0)
    assert (share.value, share.low, share.high) == (None, None, None)


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2), (1, 0)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(RefusedError, match="not a share"):
        estimate_proportion(successes, n)


def test_the_method_names_its_source():
    assert "10.1093/biomet/26.4.404" in proportion_method().citation
    assert proportion_method("wilson").interval == "Wilson"
