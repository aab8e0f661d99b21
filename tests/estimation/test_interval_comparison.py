"""Groups compared by intervals: scores by hand, near the log-rank test for known days, by law, by simulation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import RefusedError
from analytics.estimation.comparison import compare_survival
from analytics.estimation.interval_comparison import compare_interval_survival, compute_interval_scores
from analytics.estimation.intervals import check_intervals, intervals_of
from analytics.estimation.observations import check_observations
from analytics.estimation.turnbull import estimate_interval_survival
from analytics.tables.results import Refusal, TestResult

STEPS_STOP = 1e-4  # the likelihood is flat at its top: a gain of 1e-9 leaves masses this near
REPEATS = 2000
SIZE_MARGIN = 0.015  # about three standard errors of a 5 % share of 2,000
RECORDED = Path(__file__).parents[1] / "truth" / "interval_comparison.json"


def compared(intervals, group, cluster=None) -> TestResult:
    found = compare_interval_survival(intervals, group, cluster)
    assert isinstance(found, TestResult), found
    return found


def test_four_lines_by_hand():
    # (0, 1] twice and (1, 2] twice, a group each: half the mass in either. With S = 1, 1/2, 0 at days 0, 1, 2 the
    # scores are (1·ln 1 − ½·ln ½) / ½ = ln 2 and (½·ln ½ − 0) / ½ = −ln 2. The sum in the second group is −2 ln 2;
    # dealt at random its variance is Σc² · Σ(z − z̄)² / 3 = 4 (ln 2)² / 3, so the chi-squared is 4 · 3 / 4 = 3.
    intervals = check_intervals([0, 0, 1, 1], [1, 1, 2, 2])
    scores = compute_interval_scores(intervals, estimate_interval_survival(intervals))
    np.testing.assert_allclose(scores, np.log(2) * np.array([1, 1, -1, -1]), atol=STEPS_STOP)
    assert compared(intervals, ["A", "A", "B", "B"]).statistic == pytest.approx(3, abs=10 * STEPS_STOP)


def test_a_line_without_the_event_scores_the_log_of_its_survival():
    intervals = check_intervals([0, 1, 1], [1, 2, None])
    curve = estimate_interval_survival(intervals)
    scores = compute_interval_scores(intervals, curve)
    assert scores[2] == pytest.approx(np.log(1 - curve.mass[0]), abs=STEPS_STOP)


def test_where_days_are_known_it_is_near_the_log_rank_test(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    by_day = compare_survival(observations, lung["sex"])
    by_score = compared(intervals_of(observations), lung["sex"])
    assert isinstance(by_day, TestResult)
    # The same scores but for ties, and the variance of dealing them instead of the hypergeometric one.
    assert by_score.statistic == pytest.approx(by_day.statistic, rel=0.05)


def seen_every(days, stream, event):
    """Visits every ``days`` with a patient's own start: the interval that holds the event, none after two years."""
    first = stream.uniform(1, days, len(event))
    number = np.ceil((event - first) / days)
    low = np.where(number < 0, 0.0, first + (number - 1) * days)
    low, high = np.round(np.maximum(low, 0)), np.round(first + np.maximum(number, 0) * days)
    seen = high <= 730
    last = np.round(first + np.floor((730 - first) / days) * days)
    return check_intervals(np.where(seen, np.minimum(low, high), last), np.where(seen, high, np.nan))


def simulate_p_value(stream, n=100, ratio=1.0):
    group = np.arange(n) % 2
    event = stream.exponential(400, n) * np.where(group == 1, ratio, 1.0)
    return compared(seen_every(90, stream, event), group).p_value


def test_a_true_difference_is_found_and_none_is_not_invented():
    stream = np.random.default_rng(8)
    assert np.mean([simulate_p_value(stream, 200, 2.5) < 0.05 for _ in range(20)]) > 0.9
    # More than 4 of 20 at the 5 % level happen once in 400 times.
    assert sum(simulate_p_value(stream) < 0.05 for _ in range(20)) <= 4


@pytest.mark.slow
def test_it_keeps_its_size():
    stream = np.random.default_rng(1986)
    share = float(np.mean([simulate_p_value(stream) < 0.05 for _ in range(REPEATS)]))
    assert abs(share - 0.05) <= SIZE_MARGIN


def test_the_recorded_run_kept_its_size():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert recorded["repeats"] == REPEATS
    assert abs(recorded["rejected"] - 0.05) <= SIZE_MARGIN


lines = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6) | st.just(None)), min_size=6, max_size=24)


@settings(max_examples=40, deadline=None)
@given(lines, st.integers(0, 1000))
def test_order_is_nothing_and_scores_sum_to_zero(rows, seed):
    intervals = check_intervals([low for low, _ in rows], [None if w is None else low + w for low, w in rows])
    scores = compute_interval_scores(intervals, estimate_interval_survival(intervals))
    assert abs(scores.sum()) < len(rows) * 1e-3
    group = np.arange(len(rows)) % 3
    order = np.random.default_rng(seed).permutation(len(rows))
    mixed = check_intervals(intervals.low[order], intervals.high[order])
    one, other = compare_interval_survival(intervals, group), compare_interval_survival(mixed, group[order])
    if isinstance(one, TestResult) and isinstance(other, TestResult):
        assert one.statistic == pytest.approx(other.statistic, rel=1e-3, abs=1e-3)
    else:
        assert one == other


def test_doubled_people_do_not_make_it_more_certain():
    """Every line twice under the same person: the sum of squares by person says what one line each says."""
    stream = np.random.default_rng(2)
    event = stream.exponential(400, 120) * np.where(np.arange(120) % 2, 1.8, 1.0)
    intervals, group = seen_every(90, stream, event), np.arange(120) % 2
    twice = check_intervals(np.tile(intervals.low, 2), np.tile(intervals.high, 2))
    alone = compared(intervals, group)
    by_person = compared(twice, np.tile(group, 2), np.tile(np.arange(120), 2))
    naive = compared(twice, np.tile(group, 2))
    assert by_person.statistic == pytest.approx(alone.statistic, rel=0.1)
    assert naive.statistic > 1.8 * alone.statistic


def test_nothing_to_compare_is_refused():
    intervals = check_intervals([0, 1], [1, None])
    assert isinstance(compare_interval_survival(intervals, ["A", "A"]), Refusal)
    assert isinstance(compare_interval_survival(check_intervals([1, 2], [None, None]), ["A", "B"]), Refusal)
    with pytest.raises(RefusedError, match="group has 1"):
        compare_interval_survival(intervals, ["A"])
