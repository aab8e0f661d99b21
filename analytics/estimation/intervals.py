"""Times known only between two visits: after the last negative one, not after the first positive one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.observations import Observations, finite_numbers
from analytics.tables.results import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Intervals:
    """The event of each of n lines lies in (``low``, ``high``], days, shape (n,).

    ``high`` is infinite where the event was not seen; ``low`` equals ``high`` where its day is known. A line is under
    observation after ``entry``.
    """

    low: FloatArray
    high: FloatArray
    entry: FloatArray

    @property
    def is_exact(self) -> BoolArray:
        """Where the day is known, shape (n,)."""
        return self.low == self.high

    @property
    def is_open(self) -> BoolArray:
        """Where the event was not seen, shape (n,)."""
        return np.isinf(self.high)

    @property
    def n_events(self) -> int:
        """Number of lines whose event was seen."""
        return int(np.count_nonzero(~self.is_open))


def check_intervals(last_negative: ArrayLike, first_positive: ArrayLike) -> Intervals:
    """Check visits and return intervals.

    Parameters
    ----------
    last_negative
        Day of the last visit without the event, shape (n,), 0 when there was none.
    first_positive
        Day of the first visit with it, shape (n,), missing where it was never seen; equal days mean a known day.

    Raises
    ------
    RefusedError
        When a day is negative or missing, or an interval ends before it begins.
    """
    low = finite_numbers("last_negative", last_negative)
    high = np.array([np.nan if day is None else day for day in np.asarray(first_positive, dtype=object)], dtype=float)
    if len(low) != len(high):
        raise RefusedError(
            f"first_positive has {len(high)} values where last_negative has {len(low)}.",
            "first_positive",
            "Give one value a line.",
        )
    high = np.where(np.isnan(high), np.inf, high)
    bad = (low < 0) | (high < low) | (high <= 0)
    if bad.any():
        raise RefusedError(
            f"{int(bad.sum())} intervals end before they begin or lie before day 0.",
            f"row {int(np.flatnonzero(bad)[0])}",
            "Give 0 ≤ last_negative ≤ first_positive, and first_positive above 0.",
        )
    return Intervals(low, high, np.zeros(len(low)))


def intervals_of(observations: Observations) -> Intervals:
    """Return follow-up with known event days as intervals.

    Raises
    ------
    RefusedError
        When lines are weighted or persons have several: the plain errors of these models would be wrong.
    """
    if observations.needs_robust_errors:
        raise RefusedError(
            "A parametric model needs one unweighted line a person.",
            "cluster",
            "Choose the first line of each patient, or use the Cox model, which allows both.",
        )
    days = observations.days.astype(np.float64)
    return Intervals(
        days,
        np.where(observations.happened, days, np.inf),
        observations.entry.astype(np.float64),
    )
