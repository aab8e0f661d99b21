"""The actuarial life table, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimation.life_table import (
    estimate_life_table,
    estimate_life_table_landmark,
    estimate_life_table_median,
)
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import estimate_survival
from analytics.tables.survival_results import SurvivalCurve

ROUNDING = 1e-14
"""A few products and square roots of numbers near one."""


@pytest.fixture
def curve() -> SurvivalCurve:
    """Ten lines: 2 events and 2 censored by day 100, 3 events by day 300, 1 event and 1 censored by day 400."""
    return estimate_life_table("all", 10, np.array([100, 300, 400]), np.array([2, 3, 1]), np.array([2, 0, 1]))


def test_the_censored_count_for_half_their_interval(curve: SurvivalCurve) -> None:
    assert curve.n_risk.tolist() == [10, 10, 6, 3]
    # exposed: 10 - 2/2 = 9; 6; 3 - 1/2 = 2.5
    assert curve.survival.tolist() == pytest.approx([1, 7 / 9, 7 / 18, 7 / 18 * 1.5 / 2.5], abs=ROUNDING)


def test_greenwoods_variance_uses_the_exposed(curve: SurvivalCurve) -> None:
    first, second = 2 / (9 * 7), 3 / (6 * 3)
    assert curve.std_error_log[1:3].tolist() == pytest.approx([np.sqrt(first), np.sqrt(first + second)], abs=ROUNDING)


def test_the_median_lies_on_the_straight_line_between_two_rows(curve: SurvivalCurve) -> None:
    # from 7/9 at day 100 to 7/18 at day 300: 1/2 is (7/9 - 1/2) / (7/18) = 5/7 of the way
    assert estimate_life_table_median(curve).value == pytest.approx(100 + 200 * 5 / 7, abs=1e-11)


def test_limits_of_the_median_are_ends_of_intervals_since_more_is_not_known(curve: SurvivalCurve) -> None:
    median = estimate_life_table_median(curve)
    # the lower limit of the curve is at or below one half by day 100 or 300, the upper one by day 400 or never
    assert curve.low[1] <= 0.5
    assert curve.high[3] > 0.5
    assert (median.low, median.high) == (0.0, None)


def test_a_median_beyond_the_table_is_not_reached() -> None:
    curve = estimate_life_table("all", 10, np.array([100]), np.array([2]), np.array([0]))
    assert estimate_life_table_median(curve).value is None


def test_a_landmark_lies_on_the_line_too_and_nothing_is_said_beyond(curve: SurvivalCurve) -> None:
    mark = estimate_life_table_landmark(curve, 200)
    assert mark.survival.value == pytest.approx((7 / 9 + 7 / 18) / 2, abs=ROUNDING)
    assert mark.n_risk == 6
    assert estimate_life_table_landmark(curve, 401).survival.value is None


def test_without_censoring_it_is_kaplan_meier() -> None:
    days = [100] * 3 + [200] * 4 + [300] * 3
    exact = estimate_survival(check_observations(days, [True] * 10))
    table = estimate_life_table("all", 10, np.array([100, 200, 300]), np.array([3, 4, 3]), np.array([0, 0, 0]))
    assert table.survival.tolist() == pytest.approx(exact.survival.tolist(), abs=ROUNDING)
    assert table.low[1:3].tolist() == pytest.approx(exact.low[1:3].tolist(), abs=ROUNDING)
