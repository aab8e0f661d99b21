"""Runs of rows: smallest values so far and lowest rows agree with the plain way of saying it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.longitudinal.runs import as_index, compute_running_minimum, differs_from_before, find_lowest

RUNS = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=9), max_size=5)


@settings(deadline=None)
@given(RUNS)
def test_the_smallest_value_of_a_run_so_far(runs: list[list[int]]):
    opening = np.cumsum([0, *(len(run) for run in runs)])[:-1].astype(np.int64)
    values = np.array([float(value) for run in runs for value in run], dtype=np.float64)
    expected = [float(min(run[: place + 1])) for run in runs for place in range(len(run))]
    assert compute_running_minimum(values, opening).tolist() == expected


def test_a_value_that_is_no_number_is_passed_over():
    found = compute_running_minimum(np.array([np.nan, 3.0, np.nan, 2.0, 1.0]), np.array([0, 4]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [3.0, 3.0, 2.0, 1.0]


@settings(deadline=None)
@given(st.lists(st.none() | st.lists(st.integers(0, 3), min_size=1, max_size=6), max_size=5))
def test_the_first_row_with_the_smallest_key_of_each_run(runs: list[list[int] | None]):
    """A run without rows has none."""
    expected: list[int | None] = []
    n_before = 0
    for run in runs:
        expected.append(None if run is None else n_before + run.index(min(run)))
        n_before += len(run or ())
    numbers = [number for number, run in enumerate(runs) for _ in run or ()]
    keys = [key for run in runs for key in run or ()]
    found = find_lowest(np.array(numbers, dtype=np.int64), np.array(keys, dtype=np.int64), len(runs))
    assert as_index(found).to_list() == expected


@pytest.mark.parametrize(("values", "expected"), [([], []), ([4], [True]), ([4, 4, 7, 4], [True, False, True, True])])
def test_a_run_begins_where_a_value_differs_from_the_one_before(values: list[int], expected: list[bool]):
    assert differs_from_before(np.array(values, dtype=np.int64)).tolist() == expected
