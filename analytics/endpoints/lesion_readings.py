"""Readings of lesions: the stretches of rows one reader wrote of one scan, and which of them count."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.coded_texts import few_texts
from analytics.longitudinal.reading import NO_SCAN, look_up_scans
from analytics.longitudinal.runs import list_places
from analytics.tables.results import BoolArray, IntArray

_READING = ("pid", "imaging_id", "reader")


def find_readings(lesions: pl.LazyFrame) -> tuple[IntArray, pl.DataFrame]:
    """Return where a stretch of rows of one patient, scan and reader begins, and these.

    Read by itself: of millions of texts only those at the heads are then held at once.
    """
    is_head = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _READING)
    heads = (
        lesions.select(_READING)
        .with_row_index("start")
        .filter(is_head | (pl.col("start") == 0))
        .collect(engine="streaming")
        .rechunk()
    )
    return heads["start"].to_numpy().astype(np.int64), heads.drop("start")


def _rank_readers(readers: pl.Series) -> tuple[IntArray, int]:
    """Return the rank of each reader, a central one first, then by name, and how many there are."""
    numbers, distinct = few_texts(readers)
    name = pl.col("reader")
    is_local = (name.str.to_lowercase() != "central").fill_null(value=True)
    order = distinct.to_frame("reader").select(pl.arg_sort_by(is_local, name, nulls_last=False)).to_series()
    rank = np.zeros(len(distinct), dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(distinct))
    return rank[numbers], len(distinct)


def _is_of_other_reader(rank: IntArray, visit: IntArray, is_placed: BoolArray) -> BoolArray:
    """Return which readings are not of the reader kept at their visit, the first by ``rank``."""
    kept = np.full(1 + int(visit.max(initial=0)), len(rank))
    np.minimum.at(kept, visit[is_placed], rank[is_placed])
    return rank != kept[visit]


def find_scans_read(readings: pl.DataFrame, scans: pl.DataFrame) -> IntArray:
    """Return the scan (its position among ``scans``) of each of ``readings``, or ``NO_SCAN``.

    A reading does not count that is of no scan that measures, or of another reader than the one kept. One reader a
    visit is kept: a central one, else the first by name.
    """
    scan = look_up_scans(readings, scans)
    rank, n_readers = _rank_readers(readings["reader"])
    if n_readers > 1 and not scans.is_empty():
        scan[_is_of_other_reader(rank, scans["visit"].to_numpy()[scan], scan != NO_SCAN)] = NO_SCAN
    return scan


def order_rows(starts: IntArray, n_rows: int, scan: IntArray) -> IntArray:
    """Return the places of the rows of readings that count, in the order of their scans; whole readings are moved."""
    read = np.flatnonzero(scan != NO_SCAN)
    read = read[np.argsort(scan[read], kind="stable")]
    return list_places(starts[read], np.diff(starts, append=n_rows)[read])
