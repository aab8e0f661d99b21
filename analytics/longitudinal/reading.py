"""The examination of each lesion row, and one reading of it: a central reader's, else the first by name."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.keys import is_first_of

_ON_SCAN = ["pid", "imaging_id"]


def find_scans(lesions: pl.DataFrame, imaging: pl.DataFrame) -> pl.Series:
    """Return as ``scan`` for each lesion row the row of its examination in ``imaging``; null where it has none.

    Lesions of one examination mostly stand together: only the first of each stretch is looked up by its text id.
    """
    stretch = lesions.select(pl.struct(_ON_SCAN).rle_id().alias("stretch")).to_series()
    starts = stretch.to_frame().select(is_first_of("stretch").arg_true()).to_series()
    firsts = lesions.select(pl.col(_ON_SCAN).gather(starts))
    rows = imaging.select(*_ON_SCAN, scan=pl.int_range(pl.len(), dtype=pl.Int64))
    return firsts.join(rows, on=_ON_SCAN, how="left", maintain_order="left")["scan"].gather(stretch)


def select_reading(lesions: pl.DataFrame, *scan: str) -> pl.DataFrame:
    """Return the lesion rows of one reader an examination (columns ``scan``); no name is before any name."""
    stretch = lesions.select(pl.struct(*scan, "reader").rle_id().alias("stretch")).to_series()
    starts = stretch.to_frame().select(is_first_of("stretch").arg_true()).to_series()
    readings = lesions.select(pl.col(*scan, "reader").gather(starts))
    if readings.n_unique(scan) == readings.height:
        return lesions
    readers = readings["reader"].unique().drop_nulls().to_list()
    in_order = sorted(readers, key=lambda name: (name.lower() != "central", name))
    n_central = sum(name.lower() == "central" for name in readers)
    # central readers, then rows without a name, then the others
    ranks = {name: place + (place >= n_central) for place, name in enumerate(in_order)}
    rank = pl.col("reader").replace_strict(ranks, default=n_central, return_dtype=pl.Int32)
    is_read = readings.select(rank == rank.min().over(scan)).to_series()
    return lesions.filter(is_read.gather(stretch))
