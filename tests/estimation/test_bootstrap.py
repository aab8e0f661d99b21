"""Bootstrap of medians: the rule, the spread, and the same numbers wherever it runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

from analytics.errors import RefusedError
from analytics.estimation.bootstrap import compute_medians, estimate_bootstrap_medians
from analytics.estimation.observations import check_observations
from analytics.estimation.resampling import run_replicates
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


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_the_same_seed_gives_the_same_numbers_on_every_backend(lung, backend):
    plain = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    with parallel_config(backend=backend, n_jobs=2):
        spread = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    np.testing.assert_array_equal(plain.replicates, spread.replicates)


def test_the_same_seed_gives_the_same_numbers_on_a_cluster(lung):
    distributed = pytest.importorskip("distributed", reason="dask is optional: no cluster to run on")
    plain = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    cluster = distributed.Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None)
    with cluster, parallel_config(backend="dask"):
        spread = estimate_bootstrap_medians(observed(lung), lung["sex"], seed=5, n_replicates=120)
    np.testing.assert_array_equal(plain.replicates, spread.replicates)


def test_a_replicate_keeps_its_stream_whatever_the_chunks_and_the_seed_decides():
    def work(streams):
        return np.array([stream.random(2) for stream in streams])

    whole = run_replicates(work, seed=3, n_replicates=20)
    np.testing.assert_array_equal(whole, run_replicates(work, seed=3, n_replicates=20, chunk=7))
    np.testing.assert_array_equal(whole[:5], run_replicates(work, seed=3, n_replicates=5))
    assert (whole != run_replicates(work, seed=4, n_replicates=20)).all()
    assert len(np.unique(whole)) == whole.size


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
