"""Runs: rows of a sorted table that share a key and stand together, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Places = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


def find_openings(is_first: pl.Series) -> Places:
    """Return the place where each run begins; ``is_first`` says it of every row."""
    return np.flatnonzero(is_first.to_numpy())


def differs_from_before(values: npt.NDArray[np.number[Any]]) -> npt.NDArray[np.bool_]:
    """Return which values differ from the one before; the first does."""
    is_other = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=is_other[1:])
    return is_other


def measure_runs(opening: Places, height: int) -> Places:
    """Return how many rows each run has."""
    return np.diff(np.append(opening, height))


def list_places(starts: Places, lengths: Places) -> Places:
    """Return the places of the rows of runs, one run after the other."""
    place = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    place += np.arange(len(place))
    return place


def compute_running_minimum(values: Numbers, opening: Places) -> Numbers:
    """Return the smallest value of each run up to each row, in as many steps as the longest run has doublings."""
    lengths = measure_runs(opening, values.size)
    position = np.arange(values.size) - np.repeat(opening, lengths)
    lowest, reach, longest = values.copy(), 1, int(lengths.max(initial=0))
    while reach < longest:
        later = np.flatnonzero(position >= reach)
        lowest[later] = np.fmin(lowest[later], lowest[later - reach])
        reach *= 2
    return lowest


def find_lowest(run: Places, key: Places, n_runs: int) -> Places:
    """Return for each of ``n_runs`` the row with the smallest ``key``, of several the first; −1 where it has no row.

    ``run`` is in order; ``key`` is not negative.
    """
    found = np.full(n_runs, -1, dtype=np.int64)
    if run.size:
        opening = np.flatnonzero(np.append(True, run[1:] != run[:-1]))
        # the row is held beside the key, so that the smallest of a run says where it stands
        lowest = np.minimum.reduceat(key * run.size + np.arange(run.size), opening)
        found[run[opening]] = lowest % run.size
    return found


def as_index(place: Places) -> pl.Series:
    """Return places as an index into a column, null where it is −1."""
    index, is_none = pl.Series(place.astype(np.uint32)), place < 0
    return index.set(pl.Series(is_none), None) if is_none.any() else index
