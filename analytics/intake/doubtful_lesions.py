"""Whose lesions may break a rule over time: a cheap look at all of them, so that few are put in order.

A lesion is followed within a patient and a reader, called a set here. The rows of one examination mostly stand
together, so what is known of examinations is looked up once a run of rows, not once a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.settings import Settings
from analytics.coded_texts import find_run_starts, number_texts
from analytics.intake.examinations import EXAMINATION

_STAYS = ("role", "organ", "nodal")
"""What one lesion keeps."""
_NEVER = 2**40
"""A day after all days."""

Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of rows of one patient, reader and examination.

    Attributes
    ----------
    begin, lengths
        The places of their first rows and how many rows they have.
    sets
        The number of its patient and reader.
    n_sets
        How many sets there are.
    days
        Its day; before all days where it has none.
    """

    begin: Numbers
    lengths: Numbers
    sets: Numbers
    n_sets: int
    days: Numbers

    def count(self, holds: Truths) -> Numbers:
        """Return for how many rows of each run something holds."""
        return np.add.reduceat(holds, self.begin, dtype=np.int64)

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return for each row the value of its run."""
        return np.repeat(values, self.lengths)


def find_doubtful(lesions: pl.DataFrame, days: pl.Series, settings: Settings) -> pl.Series:
    """Return whether each lesion is of a patient and reader whose lesions may break a rule over time.

    True for all of those that do break one, and for few others.

    Parameters
    ----------
    lesions
        ``pid``, ``reader``, the number of the examination, ``lesion_id``, ``role``, ``organ``, ``nodal``,
        ``longest_mm``, ``short_mm`` and ``measured`` of the accepted lesions, in any order.
    days
        The day of each examination, in the order of their numbers.
    """
    if lesions.is_empty():
        return pl.Series(dtype=pl.Boolean())
    runs = _runs(lesions, days)
    is_dated = runs.spread(runs.days > -_NEVER)
    seen = lesions.select(
        has_size=(pl.col("measured") != "not_assessed").fill_null(value=True),
        is_target=(pl.col("role") == "target").fill_null(value=False),
    )
    has_size = seen.get_column("has_size").to_numpy() & is_dated
    is_target = seen.get_column("is_target").to_numpy() & has_size
    sets = runs.spread(runs.sets)
    name, n_names = number_texts(lesions.get_column("lesion_id"))
    lesion, n_lesions = _as_places((sets * n_names + name).astype(np.int64, copy=False), lesions.height)
    first_days = np.full(runs.n_sets, _NEVER)
    with_target = runs.count(is_target) > 0
    np.minimum.at(first_days, runs.sets[with_target], runs.days[with_target])
    first_days = first_days[runs.sets]
    first = np.flatnonzero(is_target & runs.spread(runs.days == first_days))
    later = (runs.days > first_days) & (runs.count(has_size) > 0)
    is_doubtful = np.zeros(runs.n_sets, dtype=np.bool_)
    is_doubtful[sets[_changed(lesions, lesion, n_lesions)]] = True
    is_doubtful[_odd_first_sets(lesions[first], sets[first], settings)] = True
    set_of = np.full(n_lesions, -1)
    set_of[lesion[first]] = sets[first]
    is_chosen = set_of >= 0
    expected = np.bincount(set_of[is_chosen], minlength=runs.n_sets)
    has_less = runs.count(is_chosen[lesion] & has_size) < expected[runs.sets]
    is_doubtful[runs.sets[later & has_less]] = True
    return pl.Series(is_doubtful[sets])


def _runs(lesions: pl.DataFrame, days: pl.Series) -> _Runs:
    begin = find_run_starts(lesions, "pid", "reader", EXAMINATION)
    heads = lesions.select("pid", "reader", EXAMINATION)[begin]
    reader, n_readers = number_texts(heads.get_column("reader"))
    pid = heads.get_column("pid").cast(pl.Int64).fill_null(-1).to_numpy()
    sets, n_sets = _as_places((pid - pid.min()) * n_readers + reader, lesions.height)
    day = days.to_physical().cast(pl.Int64).gather(heads.get_column(EXAMINATION)).fill_null(-_NEVER)
    return _Runs(begin, np.diff(begin, append=lesions.height), sets, n_sets, day.to_numpy())


def _as_places(numbers: Numbers, n_rows: int) -> tuple[Numbers, int]:
    """Return numbers that can be places in a table not much larger than there are rows, and how many places it has."""
    size = int(numbers.max()) + 1
    if size <= 4 * n_rows:
        return numbers, size
    distinct, places = np.unique(numbers, return_inverse=True)
    return places, len(distinct)


def _changed(lesions: pl.DataFrame, lesion: Numbers, n_lesions: int) -> Numbers:
    """Return the places of the rows of lesions that do not keep their role, organ and kind."""
    looks = lesions.select(_STAYS).hash_rows().to_numpy()
    last = np.zeros(n_lesions, dtype=np.uint64)
    last[lesion] = looks
    others = np.flatnonzero(last[lesion] != looks)
    suspects = np.flatnonzero(np.isin(lesion, lesion[others])) if len(others) else others
    differ = pl.any_horizontal(pl.col(name).drop_nulls().n_unique() > 1 for name in _STAYS)
    rows = lesions.select(_STAYS)[suspects].with_columns(lesion=lesion[suspects], place=suspects)
    changed = rows.group_by("lesion").agg(pl.col("place").first(), differ.alias("differ")).filter("differ")
    return changed.get_column("place").to_numpy()


def _odd_first_sets(first: pl.DataFrame, sets: Numbers, settings: Settings) -> Numbers:
    """Return the sets whose first targets are too small or too many."""
    is_node = (pl.col("nodal") == "Y").fill_null(value=False)
    is_small = pl.when(is_node).then(pl.col("short_mm") < settings.target_min_node_mm)
    is_small = is_small.otherwise(pl.col("longest_mm") < settings.target_min_mm)
    small = first.select(is_small.fill_null(value=False).alias("small")).to_series().to_numpy()
    organ, n_organs = number_texts(first.get_column("organ"))
    places = sets * n_organs + organ
    is_many = np.bincount(sets)[sets] > settings.max_targets
    is_crowded = np.bincount(places)[places] > settings.max_targets_per_organ
    return sets[small | is_many | is_crowded]
