"""Kaplan–Meier: by hand first, then R, then laws that must hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from analytics.errors import RefusedError
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import (
    compute_limits,
    estimate_follow_up,
    estimate_group_survival,
    estimate_landmark,
    estimate_quantile,
    estimate_survival,
)

EXACT = 1e-12  # a handful of floating point operations
AS_R = 1e-9


# ---- seven patients and a pencil -------------------------------------------------------------------------

SEVEN_DAYS = [3, 5, 5, 8, 10, 12, 15]
SEVEN_HAPPENED = [True, True, False, True, False, True, False]


def test_seven_patients_by_hand():
    curve = estimate_survival(check_observations(SEVEN_DAYS, SEVEN_HAPPENED))
    #  day      0  3  5  8  10 12 15
    assert curve.time.tolist() == [0, 3, 5, 8, 10, 12, 15]
    assert curve.n_risk.tolist() == [7, 7, 6, 4, 3, 2, 1]
    assert curve.n_event.tolist() == [0, 1, 1, 1, 0, 1, 0]
    assert curve.n_censor.tolist() == [0, 0, 1, 0, 1, 0, 1]
    by_hand = np.cumprod([1, 6 / 7, 5 / 6, 3 / 4, 1, 1 / 2, 1])
    np.testing.assert_allclose(curve.survival, by_hand, rtol=EXACT)
    greenwood = np.sqrt(np.cumsum([0, 1 / (7 * 6), 1 / (6 * 5), 1 / (4 * 3), 0, 1 / (2 * 1), 0]))
    np.testing.assert_allclose(curve.std_error_log, greenwood, rtol=EXACT)


def test_seven_patients_median_and_landmark():
    curve = estimate_survival(check_observations(SEVEN_DAYS, SEVEN_HAPPENED))
    assert estimate_quantile(curve).value == 12
    at_nine = estimate_landmark(curve, 9)
    assert at_nine.survival.value == pytest.approx(15 / 28, abs=EXACT)
    assert at_nine.n_risk == 3
    assert estimate_landmark(curve, 8).n_risk == 4  # those of day 8 are still at risk just before it


def test_beyond_the_last_follow_up_nothing_is_said():
    beyond = estimate_landmark(estimate_survival(check_observations(SEVEN_DAYS, SEVEN_HAPPENED)), 16)
    assert (beyond.survival.value, beyond.survival.low, beyond.survival.high, beyond.n_risk) == (None, None, None, 0)


def test_a_median_not_reached_is_none():
    curve = estimate_survival(check_observations([4, 5, 6, 7], [True, False, False, False]))
    assert estimate_quantile(curve).value is None


def test_a_group_is_told_whole():
    told = estimate_group_survival(
        check_observations(SEVEN_DAYS, SEVEN_HAPPENED, cluster=list("aabcdef")), "PRRT", months=(12,)
    )
    assert (told.n_lines, told.n_patients, told.n_events) == (7, 6, 4)
    assert told.landmarks[0].days == 365
    assert told.median.value == 12


# ---- R -----------------------------------------------------------------------------------------------------


def split_by_stratum(values):
    sizes = list(dict(values["strata"]).values()) or [len(values["time"])]
    medians = np.reshape(values["median"], (len(sizes), 3)) if len(sizes) > 1 else [np.ravel(values["median"])]
    start = 0
    for size, median in zip(sizes, medians, strict=True):
        rows = slice(start, start + size)
        yield {name: np.array(values[name], dtype=object)[rows] for name in
               ("time", "n_risk", "survival", "std_error_log", "low", "high")}, median  # fmt: skip
        start += size


@pytest.mark.parametrize(
    ("entry", "interval", "columns"),
    [
        ("lung_loglog", "log-log", {}),
        ("lung_log", "log", {}),
        ("lung_plain", "plain", {}),
        ("lung_weights", "log-log", {"weights": "w"}),
        ("lung_persons", "log-log", {"cluster": "person"}),
        ("lung_weights_persons", "log-log", {"weights": "w", "cluster": "person"}),
    ],
)
def test_lung_curves_are_r_s(entry, interval, columns, from_r, data, agree):
    lung = data("lung")
    for sex, (values, median) in zip((1, 2), split_by_stratum(from_r("survival", entry)), strict=True):
        part = lung.filter(sex=sex)
        observations = check_observations(
            part["time"], part["happened"].cast(bool), **{key: part[name] for key, name in columns.items()}
        )
        curve = estimate_survival(observations, interval=interval)
        check_curve(curve, values, median, agree, weighted="weights" in columns)


@pytest.mark.parametrize(
    ("entry", "name", "group", "columns"),
    [("ties_entry", "ties", "g", ("entry", "time", "happened")),
     ("heart_entry", "heart", "transplant", ("start", "stop", "event"))],
)  # fmt: skip
def test_late_entry_curves_are_r_s(entry, name, group, columns, from_r, data, agree):
    table = data(name)
    start, stop, event = columns
    labels = table[group].unique().sort().to_list()
    for label, (values, median) in zip(labels, split_by_stratum(from_r("survival", entry)), strict=True):
        part = table.filter(**{group: label})
        observations = check_observations(part[stop], part[event].cast(bool), entry=part[start])
        check_curve(estimate_survival(observations), values, median, agree)


def check_curve(curve, values, median, agree, weighted=False):
    times = values["time"].astype(float)
    rows = np.searchsorted(curve.time, times)
    assert (curve.time[rows] == times).all()
    if not weighted:  # ours stay counts of lines, R's become sums of weights
        assert curve.n_risk[rows].tolist() == values["n_risk"].tolist()
    agree(curve.survival[rows], values["survival"], AS_R)
    known = curve.survival[rows] > 0
    agree(curve.std_error_log[rows][known], values["std_error_log"][known], AS_R)
    agree(curve.low[rows], values["low"], AS_R)
    agree(curve.high[rows], values["high"], AS_R)
    estimate = estimate_quantile(curve)
    agree([estimate.value, estimate.low, estimate.high], median, AS_R)


@pytest.mark.parametrize(
    ("entry", "days", "happened", "interval"),
    [
        ("flat_median", range(1, 9), [1, 1, 1, 1, 0, 0, 0, 1], "log-log"),
        ("flat_to_the_end", range(1, 5), [1, 1, 0, 0], "log-log"),
        ("all_events", [1, 2, 2, 4, 5], [1, 1, 1, 1, 1], "log-log"),
        ("all_censored", [1, 2, 3, 4], [0, 0, 0, 0], "log"),
    ],
)
def test_edges_are_r_s(entry, days, happened, interval, from_r, agree):
    ((values, median),) = split_by_stratum(from_r("survival", entry))
    observations = check_observations(list(days), np.array(happened, dtype=bool))
    check_curve(estimate_survival(observations, interval=interval), values, median, agree)


def test_landmarks_and_follow_up_are_r_s(from_r, data, agree):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    values = from_r("survival", "lung_landmarks")
    curve = estimate_survival(observations)
    marks = [estimate_landmark(curve, int(day)) for day in values["time"]]
    agree([mark.survival.value for mark in marks], values["survival"], AS_R)
    agree([mark.survival.low for mark in marks], values["low"], AS_R)
    agree([mark.survival.high for mark in marks], values["high"], AS_R)
    assert [mark.n_risk for mark in marks] == values["n_risk"]
    follow_up = estimate_follow_up(observations)
    agree([follow_up.value, follow_up.low, follow_up.high], from_r("survival", "lung_follow_up"), AS_R)


# ---- laws ----------------------------------------------------------------------------------------------------

lines = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(lines)
def test_survival_falls_from_one_and_order_is_nothing(rows):
    days, happened = (np.array(column) for column in zip(*rows, strict=True))
    curve = estimate_survival(check_observations(days, happened))
    assert curve.survival[0] == 1
    assert (np.diff(curve.survival) <= 0).all()
    turned = estimate_survival(check_observations(days[::-1], happened[::-1]))
    np.testing.assert_array_equal(curve.survival, turned.survival)
    assert curve.n_event.sum() == happened.sum()
    assert curve.n_censor.sum() == (~happened).sum()


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(2, 5))
def test_scaling_time_scales_the_median(rows, factor):
    days, happened = (np.array(column) for column in zip(*rows, strict=True))
    median = estimate_quantile(estimate_survival(check_observations(days, happened))).value
    scaled = estimate_quantile(estimate_survival(check_observations(days * factor, happened))).value
    assert scaled == (None if median is None else median * factor)


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(1, 30))
def test_a_patient_censored_later_changes_nothing_earlier(rows, longer):
    days, happened = (np.array(column) for column in zip(*rows, (40, False), strict=True))
    before = estimate_survival(check_observations(days, happened))
    days[-1] += longer
    after = estimate_survival(check_observations(days, happened))
    earlier = before.time < 40
    np.testing.assert_array_equal(before.survival[earlier], after.survival[after.time < 40])


@settings(max_examples=60, deadline=None)
@given(lines)
def test_robust_errors_of_single_lines_are_greenwood_s(rows):
    days, happened = (np.array(column) for column in zip(*rows, strict=True))
    plain = estimate_survival(check_observations(days, happened))
    weighted = estimate_survival(check_observations(days, happened, weights=np.full(len(days), 2.5)))
    np.testing.assert_allclose(weighted.survival, plain.survival, atol=EXACT)
    np.testing.assert_allclose(weighted.std_error_log, plain.std_error_log, atol=AS_R)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.0, 3.0), st.sampled_from(["log-log", "log", "plain"]))
def test_limits_hold_the_estimate_and_stay_probabilities(survival, error, interval):
    low, high = compute_limits(np.array([survival]), np.array([error]), interval, 0.95)
    assert 0 <= low[0] <= survival + EXACT
    assert survival - EXACT <= high[0] <= 1


# ---- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": [1, 2, -3]}, "below 1"),
        ({"days": [1, 2, np.nan]}, "missing or infinite"),
        ({"days": [1, 2, np.inf]}, "missing or infinite"),
        ({"days": [1, 2, None]}, "missing or infinite"),
        ({"days": [1, 2, 2.5]}, "whole number"),
        ({"days": ["a", 2, 2]}, "not a number"),
        ({"happened": [1, 0, 1]}, "truth values"),
        ({"happened": [True, False]}, "2 values where days has 3"),
        ({"entry": [0, 2, 0]}, "not before the end"),
        ({"entry": [0, -1, 0]}, "negative"),
        ({"weights": [1, 0, 1]}, "not positive"),
        ({"weights": [1, np.nan, 1]}, "missing or infinite"),
        ({"cluster": ["a", None, "b"]}, "missing"),
        ({"cluster": ["a", "b"]}, "2 values"),
    ],
)  # fmt: skip
def test_impossible_follow_up_is_refused_in_words(changes, words):
    good = {"days": [1, 2, 3], "happened": [True, False, True]}
    with pytest.raises(RefusedError, match=words) as caught:
        check_observations(**{**good, **changes})
    assert caught.value.hint


def test_nobody_is_refused():
    with pytest.raises(RefusedError, match="nobody"):
        estimate_survival(check_observations([], np.array([], dtype=bool)))


def test_everybody_present_dying_before_the_next_enters_is_told_as_r_tells_it():
    # survfit(Surv(c(0, 0, 5), c(2, 3, 9), c(1, 1, 1)) ~ 1)$surv is 0.5 0 0; lifelines refuses these data
    curve = estimate_survival(check_observations([2, 3, 9], np.array([True] * 3), entry=[0, 0, 5]))
    assert curve.time.tolist() == [0, 2, 3, 5, 9]
    assert curve.survival.tolist() == [1, 0.5, 0, 0, 0]
    assert curve.n_risk.tolist() == [2, 2, 1, 0, 1]
    assert curve.n_enter.tolist() == [2, 0, 0, 1, 0]


@pytest.mark.parametrize("has_entry", [False, True], ids=["from the start", "late entry"])
def test_curves_are_lifelines_where_it_answers(data, has_entry: bool):
    ties = data("ties")
    entry = ties["entry"].to_numpy() if has_entry else None
    curve = estimate_survival(check_observations(ties["time"], ties["happened"].cast(bool), entry=entry))
    theirs = KaplanMeierFitter().fit(ties["time"].to_numpy(), ties["happened"].to_numpy(), entry=entry)
    np.testing.assert_allclose(curve.survival, theirs.survival_function_.iloc[:, 0], atol=EXACT)
