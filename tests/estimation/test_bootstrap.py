"""Bootstrap of medians: the rule, the spread, and the same numbers wherever it runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import RefusedError
from analytics.estimation.bootstrap import compute_medians, estimate_bootstrap_medians
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import estimate_quantile, estimate_survival


@pytest.fixture
def lung(data):
    return data("lung")


def observed(table, **columns):
    return check_observations(table["time"], table["happened"].cast(bool), **columns)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30))
def test_many_medians_at_once_are_the_median_of_the_curve(rows):
    days, happened = (np.array(column) for column in zip(*rows, strict=True))
    time, place = np.unique(days, return_inverse=True)
    deaths, leaving = np.bincount(place, happened, len(time)), np.bincount(place, None, len(time)).astype(float)
    median = compute_medians(time, np.stack([deaths, deaths]), np.stack([leaving, leaving]))
    one = estimate_quantile(estimate_survival(check_observations(days, happened))).value
    assert median.tolist() == [np.inf if one is None else one] * 2


def test_limits_are_near_those_of_the_curve(lung):
    result = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=1, n_replicates=1000)
    assert result.groups == ("1", "2")
    # Brookmeyer–Crowley limits of the same curves: 210 to 306, and 345 to 524
    (men, women) = result.medians
    assert (men.value, women.value) == (270, 426)
    assert abs(men.low - 210) < 20 and abs(men.high - 306) < 20
    assert abs(women.low - 345) < 30 and abs(women.high - 524) < 40


def test_the_same_seed_gives_the_same_numbers_in_threads_and_in_any_chunking(lung, monkeypatch):
    plain = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    with ThreadPoolExecutor(3) as pool:
        spread = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120, run=pool.map)
    np.testing.assert_array_equal(plain.replicates, spread.replicates)
    monkeypatch.setattr("analytics.estimation.bootstrap.CHUNK", 7)
    chunked = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    np.testing.assert_array_equal(plain.replicates, chunked.replicates)
    other = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=6, n_replicates=120)
    assert (plain.replicates != other.replicates).any()


def test_people_are_drawn_with_all_their_lines(lung):
    # Every line twice: drawn by person it must spread as one line a person does, not as twice the people would.
    twice = check_observations(
        np.tile(lung["time"], 2), np.tile(lung["happened"].cast(bool), 2), cluster=np.tile(np.arange(228), 2)
    )
    alone = estimate_bootstrap_medians(observed(lung), ["all"] * 228, seed=1, n_replicates=600).replicates
    by_person = estimate_bootstrap_medians(twice, ["all"] * 456, seed=1, n_replicates=600).replicates
    assert by_person.std() == pytest.approx(alone.std(), rel=0.1)


def test_a_median_seldom_reached_has_no_upper_limit():
    observations = check_observations(np.arange(1, 21), np.arange(20) < 11)
    (median,) = estimate_bootstrap_medians(observations, ["all"] * 20, seed=1, n_replicates=300).medians
    assert median.value is not None
    assert median.high is None


def test_weights_and_late_entry_are_refused(lung):
    weighted = observed(lung, weights=np.full(228, 2.0))
    with pytest.raises(RefusedError, match="unweighted"):
        estimate_bootstrap_medians(weighted, lung["sex"], seed=1)
