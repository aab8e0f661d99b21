"""Follow-up as arrays: checked once at the door, so that no estimator ever sees a missing or impossible value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from analytics.errors import RefusedError
from analytics.tables.results import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Observations:
    """Follow-up of n lines, every array of shape (n,).

    ``days`` is date − start + 1, so at least 1; a line is at risk in (``entry``, ``days``]. ``weights`` is
    ``None`` when every line counts once; ``cluster`` holds codes 0..c−1 (lines of one person share one) or ``None``.
    """

    days: IntArray
    happened: BoolArray
    entry: IntArray
    weights: FloatArray | None = None
    cluster: IntArray | None = None

    @property
    def n_events(self) -> int:
        """Number of lines whose event was observed."""
        return int(np.count_nonzero(self.happened))

    @property
    def n_patients(self) -> int:
        """Number of persons; of lines when no persons are named."""
        return len(self.days) if self.cluster is None else int(np.count_nonzero(np.bincount(self.cluster)))

    @property
    def needs_robust_errors(self) -> bool:
        """Whether the plain errors would be wrong: weights, or a person who is at risk twice at once or has two events.

        Rows that only cut one person's follow-up into pieces are not such a case.
        """
        if self.weights is not None:
            return True
        if self.cluster is None or np.bincount(self.cluster).max(initial=0) <= 1:
            return False
        order = np.lexsort((self.entry, self.cluster))
        person, same = self.cluster[order], np.diff(self.cluster[order]) == 0
        overlaps = (same & (self.entry[order][1:] < self.days[order][:-1])).any()
        return bool(overlaps or np.bincount(person, self.happened[order]).max(initial=0) > 1)

    def take(self, rows: BoolArray | IntArray) -> Observations:
        """Return the observations of some rows; cluster codes keep their meaning."""
        return Observations(
            self.days[rows],
            self.happened[rows],
            self.entry[rows],
            None if self.weights is None else self.weights[rows],
            None if self.cluster is None else self.cluster[rows],
        )


def check_observations(
    days: ArrayLike,
    happened: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> Observations:
    """Check arrays of follow-up and give them their types.

    Parameters
    ----------
    days
        Time to event or censoring, shape (n,), whole days of at least 1.
    happened
        Whether the event was seen, shape (n,), boolean.
    entry
        Day after which the line is under observation, shape (n,), at least 0 and before ``days``.
    weights
        Positive finite weights, shape (n,).
    cluster
        Labels of persons, shape (n,).

    Raises
    ------
    RefusedError
        When a value is missing, infinite, not whole, out of range, or when lengths differ.
    """
    checked_days = _whole_days("days", days)
    events = _truth_values(happened)
    n = len(checked_days)
    starts = np.zeros(n, dtype=np.int64) if entry is None else _whole_days("entry", entry)
    _same_length(n, happened=events, entry=starts)
    _refuse_where("days", checked_days < 1, "is below 1", "Days count from 1: date − start + 1.")
    _refuse_where("entry", starts < 0, "is negative", "Entry is 0 for lines observed from their start.")
    _refuse_where(
        "entry", starts >= checked_days, "is not before the end of follow-up", "Observation is (entry, days]."
    )
    checked_weights: FloatArray | None = None
    if weights is not None:
        checked_weights = finite_numbers("weights", weights)
        _same_length(n, weights=checked_weights)
        _refuse_where("weights", checked_weights <= 0, "is not positive", "Leave lines of weight 0 out.")
    codes: IntArray | None = None
    if cluster is not None:
        codes = label_codes(cluster)[1]
        _same_length(n, cluster=codes)
    return Observations(checked_days, events, starts, checked_weights, codes)


def describe_sampling(observations: Observations) -> dict[str, str]:
    """Return what a `Method` must say of weights and late entry; nothing where there are none."""
    options = {} if observations.weights is None else {"weights": "each line counts with its own"}
    return options | ({"entry": "late: at risk from the day of entry"} if observations.entry.any() else {})


def label_codes(labels: ArrayLike | Sequence[Any]) -> tuple[list[Any], IntArray]:
    """Return the distinct labels in sorted order and the code of each row, shape (n,).

    Raises
    ------
    RefusedError
        When a label is missing.
    """
    values: NDArray[Any] = np.asarray(labels)
    if values.dtype == object:
        listed = pl.Series(values.tolist(), strict=False)
        series = listed if listed.dtype == pl.String else listed.cast(pl.String)
    else:
        series = pl.Series(values, nan_to_null=True)
    _refuse_where("labels", series.is_null().to_numpy(), "is missing", "Give every line a group and a person.")
    if series.dtype == pl.String:
        distinct = series.unique().sort().cast(pl.String)
        return distinct.to_list(), series.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int64)
    return series.unique().sort().to_list(), (series.rank("dense") - 1).to_numpy().astype(np.int64)


def finite_numbers(name: str, values: ArrayLike) -> FloatArray:
    """Return ``values`` as float64 after refusing missing and infinite ones; shape is kept."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise RefusedError(f"{name} holds something that is not a number.", name, "Give numbers only.") from problem
    is_bad: BoolArray = np.logical_not(np.isfinite(numbers))
    if is_bad.ndim == 2:
        is_bad = np.logical_or.reduce(is_bad, axis=1)
    _refuse_where(name, is_bad, "is missing or infinite", "Leave incomplete lines out, and count them.")
    return numbers


def _whole_days(name: str, values: ArrayLike) -> IntArray:
    numbers = finite_numbers(name, values)
    whole = np.rint(numbers)
    is_broken: BoolArray = np.abs(numbers - whole) > 0
    _refuse_where(name, is_broken, "is not a whole number of days", "Count in days.")
    return whole.astype(np.int64)


def _truth_values(happened: ArrayLike) -> BoolArray:
    values = np.asarray(happened)
    if values.dtype != np.bool_:
        raise RefusedError(
            "happened is not made of truth values.",
            "happened",
            "Use True for an event and False for censoring.",
        )
    return values


def _same_length(n: int, **arrays: NDArray[Any]) -> None:
    for name, values in arrays.items():
        if len(values) != n:
            raise RefusedError(f"{name} has {len(values)} values where days has {n}.", name, "Give one value a line.")


def _refuse_where(name: str, bad: NDArray[np.bool_], problem: str, hint: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise RefusedError(f"{name} {problem} in {int(bad.sum())} of {len(bad)} lines.", f"row {row}", hint)
