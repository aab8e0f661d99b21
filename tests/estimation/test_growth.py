"""Growth rates: by hand, against numpy's least squares, and where none can be given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, t

from analytics.errors import RefusedError
from analytics.estimation.growth import estimate_growth

BY_HAND = 1e-9


def test_a_marker_that_doubles_every_two_months():
    days = np.array([0, 61, 122, 183, 244])  # two months of 30.4375 days are 60.875; values are on the days
    noise = np.array([0.01, -0.01, 0.0, -0.01, 0.01])
    row = estimate_growth(1, np.zeros(5), days, 100 * 2 ** (days / 60.875) * np.exp(noise)).row(0, named=True)
    assert row["doubling_months"] == pytest.approx(2, rel=0.01)
    assert row["growth_pct_per_month"] == pytest.approx(100 * (np.sqrt(2) - 1), rel=0.01)
    assert row["halving_months"] is None
    assert row["reason"] is None


def test_slopes_and_limits_are_those_of_least_squares():
    stream = np.random.default_rng(6)
    line = np.repeat(np.arange(20), 7)
    day = np.concatenate([np.sort(stream.choice(700, 7, replace=False)) - 90 for _ in range(20)])
    value = np.exp(stream.normal(4, 1, 140))
    table = estimate_growth(20, line, day, value, shortest_span_days=0)
    for i in range(20):
        theirs = linregress(day[line == i] / 30.4375, np.log(value[line == i]))
        row = table.row(i, named=True)
        assert row["log_slope"] == pytest.approx(theirs.slope, rel=BY_HAND)
        assert row["log_slope_error"] == pytest.approx(theirs.stderr, rel=BY_HAND)
        low = 100 * np.expm1(theirs.slope - t.ppf(0.975, 5) * theirs.stderr)
        assert row["growth_pct_per_month_low"] == pytest.approx(low, rel=BY_HAND)


def test_no_doubling_time_where_no_growth_is_possible():
    """Up, down, up: the limits hold zero, so there is a rate and no doubling time."""
    row = estimate_growth(1, [0] * 4, [0, 60, 120, 180], [10.0, 14, 9, 15]).row(0, named=True)
    assert row["growth_pct_per_month_low"] < 0 < row["growth_pct_per_month_high"]
    assert row["doubling_months"] is None
    assert row["halving_months"] is None


def test_a_falling_marker_has_a_halving_time():
    row = estimate_growth(1, [0] * 4, [0, 60, 120, 180], [80.0, 41, 20, 10]).row(0, named=True)
    assert row["halving_months"] == pytest.approx(60 / 30.4375, rel=0.05)
    assert row["doubling_months"] is None


def test_too_little_is_said_to_be_too_little():
    table = estimate_growth(3, [0, 0, 1, 1, 1], [0, 300, 0, 30, 60], [1.0, 2, 1, 2, 3])
    assert table["reason"].to_list() == [
        "fewer than 3 values", "values span less than 91 days", "fewer than 3 values",
    ]  # fmt: skip
    assert table["log_slope"].to_list() == [None, None, None]
    assert table["n_values"].to_list() == [2, 3, 0]


def test_a_value_of_nought_is_refused():
    with pytest.raises(RefusedError, match="not positive"):
        estimate_growth(1, [0, 0], [0, 5], [1.0, 0.0])


def test_without_a_value_no_line_has_a_rate():
    table = estimate_growth(2, [], [], [])
    assert table["n_values"].to_list() == [0, 0]
    assert table["growth_pct_per_month"].to_list() == [None, None]
