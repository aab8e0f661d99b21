"""The examination of each lesion row, and one reading of it: a central reader's, else the first by name."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.coded_texts import few_texts
from analytics.longitudinal.key_lookup import find_values
from analytics.longitudinal.keys import is_first_of
from analytics.tables.results import IntArray

NO_SCAN = -1
"""Stands for no examination."""

_ON_SCAN = ("pid", "imaging_id")


def look_up_scans(asked: pl.DataFrame, scans: pl.DataFrame) -> IntArray:
    """Return the position among ``scans`` of the examination of each row ``asked``, or ``NO_SCAN``."""
    numbers, names = few_texts(pl.concat([scans["imaging_id"], asked["imaging_id"]]))
    keys = numbers.astype(np.int64)
    keys += pl.concat([scans["pid"], asked["pid"]]).to_numpy().astype(np.int64) * len(names)
    return find_values(keys[: scans.height], np.arange(scans.height), keys[scans.height :], NO_SCAN)


def find_scans(lesions: pl.DataFrame, imaging: pl.DataFrame) -> pl.Series:
    """Return as ``scan`` for each lesion row the row of its examination in ``imaging``; null where it has none.

    Lesions of one examination mostly stand together: only the first of each stretch is looked up by its text id.
    """
    starts = lesions.select(is_first_of(*_ON_SCAN).arg_true()).to_series().to_numpy().astype(np.int64)
    scan = look_up_scans(lesions.select(pl.col(_ON_SCAN).gather(starts)), imaging)
    of_row = pl.Series("scan", np.repeat(scan, np.diff(starts, append=lesions.height)))
    return of_row.set(of_row == NO_SCAN, None)


def select_reading(lesions: pl.DataFrame, *scan: str) -> pl.DataFrame:
    """Return the lesion rows of one reader an examination (columns ``scan``); no name is before any name."""
    starts = lesions.select(is_first_of(*scan, "reader").arg_true()).to_series()
    readings = lesions.select(pl.col(*scan, "reader").gather(starts))
    if readings.n_unique(scan) == readings.height:
        return lesions
    readers = readings["reader"].unique().drop_nulls().to_list()
    in_order = sorted(readers, key=lambda name: (name.lower() != "central", name))
    n_central = sum(name.lower() == "central" for name in readers)
    # central readers, then rows without a name, then the others
    ranks = {name: place + (place >= n_central) for place, name in enumerate(in_order)}
    rank = pl.col("reader").replace_strict(ranks, default=n_central, return_dtype=pl.Int32)
    is_read = readings.select(rank == rank.min().over(scan)).to_series().to_numpy()
    lengths = np.diff(starts.to_numpy().astype(np.int64), append=lesions.height)
    return lesions.filter(pl.Series(np.repeat(is_read, lengths)))
