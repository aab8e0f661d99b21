"""Limits of Turnbull's estimate by resampling persons: what they hold, how wide they are, how often they are right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.estimation.interval_bootstrap import estimate_interval_limits
from analytics.estimation.intervals import check_intervals
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import estimate_survival
from analytics.estimation.turnbull import estimate_interval_survival, find_interval_quantile

RECORDED = Path(__file__).parents[1] / "truth" / "interval_limits.json"
REPEATS = 300
AT_LEAST = 0.94  # of a conservative method
LEVEL = 365
TRUE_SURVIVAL, TRUE_MEDIAN = 0.5 ** (365 / 500), 500.0


def visits(stream, n=120, every=120):
    """Event-free time with median 500 days, visits every 120 days give or take a fortnight, for three years."""
    event = stream.exponential(500 / np.log(2), n)
    plan = np.cumsum(np.round(stream.uniform(every - 14, every + 14, (n, 9))), axis=1)
    number = (plan < event[:, None]).sum(axis=1)
    low = np.where(number > 0, plan[np.arange(n), np.maximum(number - 1, 0)], 0)
    high = np.where(number < 9, plan[np.arange(n), np.minimum(number, 8)], np.nan)
    return check_intervals(low, high)


def limits_of(intervals, n_replicates=100, cluster=None, seed=1):
    days = np.where(intervals.is_open, intervals.low, intervals.high).astype(np.int64)
    observations = check_observations(np.maximum(days, 1), ~intervals.is_open, cluster=cluster)
    curve = estimate_interval_survival(intervals)
    return curve, estimate_interval_limits(intervals, observations, curve, seed, n_replicates)


def test_limits_lie_around_the_curve_and_fall_with_it():
    curve, limits = limits_of(visits(np.random.default_rng(4)))
    seen = np.isfinite(curve.right)
    assert (limits.low[seen] <= curve.survival[seen] + 0.02).all()
    assert (limits.high[seen] >= curve.survival[seen] - 0.02).all()
    assert (np.diff(limits.low[seen]) <= 0).all()
    assert (np.diff(limits.high[seen]) <= 0).all()
    median = find_interval_quantile(curve)
    assert limits.median.low <= median[0]
    assert limits.median.high >= median[1]


def test_where_days_are_known_they_are_near_greenwood_s(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    intervals = check_intervals(lung["time"].to_numpy(), np.where(lung["happened"] == 1, lung["time"], np.nan))
    curve = estimate_interval_survival(intervals)
    limits = estimate_interval_limits(intervals, observations, curve, 1, 200)
    meier = estimate_survival(observations, interval="plain")
    at = np.searchsorted(meier.time, curve.right[np.isfinite(curve.right)])
    middle = slice(20, 120)
    np.testing.assert_allclose(limits.low[middle], meier.low[at][middle], atol=0.03)
    np.testing.assert_allclose(limits.high[middle], meier.high[at][middle], atol=0.03)
    # by the day and by the interval are the same curve: detection shifts nothing
    assert (limits.shift.low, limits.shift.high) == (0, 0)


def test_detection_is_late_by_part_of_a_visit_s_distance():
    _, limits = limits_of(visits(np.random.default_rng(6), 400))
    assert 0 <= limits.shift.high <= 150
    assert limits.shift.high - limits.shift.low < 200


def test_people_are_drawn_with_all_their_lines():
    """Every line twice: drawn by person the limits spread as one line a person does."""
    intervals = visits(np.random.default_rng(7))
    twice = check_intervals(np.tile(intervals.low, 2), np.tile(intervals.high, 2))
    _, alone = limits_of(intervals, 200)
    _, by_person = limits_of(twice, 200, cluster=np.tile(np.arange(120), 2))
    middle = len(alone.low) // 2
    width = alone.high[middle] - alone.low[middle]
    assert by_person.high[middle] - by_person.low[middle] == pytest.approx(width, rel=0.25)


def test_a_median_that_is_seldom_reached_has_no_upper_limit_and_no_shift():
    low = np.arange(40) * 10 + 1
    intervals = check_intervals(low, np.where(np.arange(40) < 12, low + 20.0, np.nan))
    _, limits = limits_of(intervals)
    assert limits.median.high is None
    assert limits.shift.low is None


def test_the_seed_decides():
    intervals = visits(np.random.default_rng(1), 60)
    one, same, other = (limits_of(intervals, 40, seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.low, same.low)
    assert (one.low != other.low).any()


def judge(stream):
    """Whether the limits of one study hold the true survival at a year and the true median."""
    curve, limits = limits_of(visits(stream), 200)
    before = np.searchsorted(curve.right, LEVEL, side="right") - 1
    after = before + 1
    # Within an interval survival lies between that before and that after it.
    holds = limits.low[after] <= TRUE_SURVIVAL <= (limits.high[before] if before >= 0 else 1.0)
    median = limits.median
    return holds, (median.low or 0) <= TRUE_MEDIAN <= (np.inf if median.high is None else median.high)


@pytest.mark.slow
def test_limits_hold_the_truth():
    stream = np.random.default_rng(1979)
    shares = np.mean([judge(stream) for _ in range(REPEATS)], axis=0)
    assert (shares >= AT_LEAST).all()


def test_the_recorded_run_held_the_truth():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert recorded["repeats"] == REPEATS
    assert recorded["survival_at_a_year"] >= AT_LEAST
    assert recorded["median"] >= AT_LEAST
