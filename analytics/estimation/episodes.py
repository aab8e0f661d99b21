"""Values that change during follow-up: one row for each interval in which a value held, (entry, days]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.estimation.observations import Observations, finite_numbers
from analytics.tables.results import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Changes:
    """c measurements: ``line`` (c,) positions among the lines, ``day`` (c,) date − start + 1, ``value`` (c,).

    Sorted by line and day; a value holds after its day, so it cannot explain an event of its own day.
    """

    line: IntArray
    day: IntArray
    value: FloatArray


@dataclass(frozen=True, slots=True)
class Episodes:
    """r intervals with a known ``value`` (r,), of ``line`` (r,): ``observations`` (r,) clustered by line or person.

    ``n_never_known`` lines had no value before they ended; ``n_unknown_days`` of follow-up lie before a first value.
    """

    line: IntArray
    value: FloatArray
    observations: Observations
    n_never_known: int
    n_unknown_days: int

    @property
    def has_one_line_a_person(self) -> bool:
        """Whether the rows of a person are all of one line, so that they need no robust errors."""
        cluster = self.observations.cluster
        return cluster is not None and len(np.unique(cluster)) == len(np.unique(self.line))


def check_changes(n_lines: int, line: ArrayLike, day: ArrayLike, value: ArrayLike) -> Changes:
    """Check measurements, in any order, and sort them.

    Raises
    ------
    RefusedError
        When a number is missing, a line does not exist, or a line has two values on one day.
    """
    lines, days = (finite_numbers(name, numbers) for name, numbers in (("line", line), ("day", day)))
    values = finite_numbers("value", value)
    if not len(lines) == len(days) == len(values):
        raise RefusedError("line, day and value differ in length.", "changes", "Give one of each a measurement.")
    if ((lines < 0) | (lines >= n_lines) | (lines != np.rint(lines)) | (days != np.rint(days))).any():
        raise RefusedError("A measurement has no line, or no whole day.", "changes", "Count lines from 0, and days.")
    order = np.lexsort((days, lines))
    changes = Changes(lines[order].astype(np.int64), days[order].astype(np.int64), values[order])
    if ((np.diff(changes.line) == 0) & (np.diff(changes.day) == 0)).any():
        raise RefusedError(
            "A line has two values on one day.", "changes", "Join them first, by their geometric mean for a marker."
        )
    return changes


def split_episodes(observations: Observations, changes: Changes, initial: ArrayLike | None = None) -> Episodes:
    """Cut follow-up where a value changes; the last value is carried forward.

    Parameters
    ----------
    observations
        Follow-up of n lines.
    changes
        From `check_changes`; a value of day d holds from d on in (d, …], those of day 0 or before hold from the start.
    initial
        Values known from the start, (n,), NaN where not known; until a line's first value its follow-up is left out
        and counted.

    Raises
    ------
    RefusedError
        When ``initial`` has another length.
    """
    n = len(observations.days)
    first = np.full(n, np.nan) if initial is None else np.asarray(initial, dtype=np.float64)
    if first.shape != (n,):
        raise RefusedError(f"initial has shape {first.shape} where ({n},) is needed.", "initial", "One value a line.")
    line = np.concatenate([np.arange(n), changes.line])
    day = np.concatenate([np.full(n, np.iinfo(np.int64).min), changes.day])
    value = np.concatenate([first, changes.value])
    order = np.lexsort((day, line))
    line, day, value = line[order], day[order], value[order]
    start = np.maximum(day, observations.entry[line])
    is_last = np.append(line[1:] != line[:-1], True)
    end = observations.days[line]
    stop = np.where(is_last, end, np.minimum(np.append(start[1:], 0), end))
    lives = stop > start
    known = lives & ~np.isnan(value)
    unknown_days = int((stop - start)[lives & ~known].sum())
    line, start, stop, value = line[known], start[known], stop[known], value[known]
    happened = observations.happened[line] & (stop == observations.days[line])
    cluster = line if observations.cluster is None else observations.cluster[line]
    weights = None if observations.weights is None else observations.weights[line]
    return Episodes(
        line, value, Observations(stop, happened, start, weights, cluster),
        n - len(np.unique(line)), unknown_days,
    )  # fmt: skip


def compute_running_slopes(changes: Changes) -> FloatArray:
    """Compute the least-squares slope of each line's values up to and including each, per month; shape (c,).

    NaN where a line has one value so far. Only what was known by then is used.
    """
    starts = np.flatnonzero(np.diff(changes.line, prepend=-1))
    length = np.diff(np.append(starts, len(changes.line)))
    first = np.repeat(starts, length)
    months = (changes.day - changes.day[first]) / DAYS_PER_MONTH
    rise = changes.value - changes.value[first]
    count = np.arange(len(first)) - first + 1.0

    def so_far(numbers: FloatArray) -> FloatArray:
        sums = np.cumsum(numbers)
        return sums - (sums - numbers)[first]

    sum_months = so_far(months)
    spread = count * so_far(months**2) - sum_months**2
    joint = count * so_far(months * rise) - sum_months * so_far(rise)
    return np.divide(joint, spread, out=np.full(len(first), np.nan), where=count > 1)
