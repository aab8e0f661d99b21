"""Which examination a lesion or a response belongs to, as a number that is found once and used by all checks."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.intake.parse import STATUS

EXAMINATION = "_examination"
"""The place in the table of imaging of the first accepted row with this patient and id; null where there is none."""
_KEY = ("pid", "imaging_id")


def number_examinations(imaging: pl.DataFrame) -> pl.DataFrame:
    """Give each accepted examination of a settled table its number."""
    is_named = pl.col(STATUS).is_null() & pl.all_horizontal(pl.col(_KEY).is_not_null())
    numbered = imaging.with_columns(pl.when(is_named).then(pl.int_range(pl.len(), dtype=pl.UInt32)).alias(EXAMINATION))
    if imaging.select(_KEY).hash_rows().n_unique() == imaging.height:
        return numbered
    return numbered.with_columns(pl.col(EXAMINATION).drop_nulls().first().over(_KEY)).with_columns(
        pl.when(is_named).then(EXAMINATION)
    )


def find_examinations(rows: pl.DataFrame, imaging: pl.DataFrame) -> pl.Series:
    """Return the number of the examination of each row, which has ``pid`` and ``imaging_id``.

    Rows of one examination mostly stand together, so it is looked up once a run of rows.
    """
    if rows.is_empty():
        return pl.Series(EXAMINATION, dtype=pl.UInt32())
    begin = run_starts(rows, *_KEY)
    known = imaging.select(*_KEY, EXAMINATION).filter(pl.col(EXAMINATION) == pl.int_range(pl.len()))
    runs = rows.select(_KEY)
    if len(begin) < rows.height:
        runs = runs[begin]
    found = runs.join(known, on=_KEY, how="left", maintain_order="left").get_column(EXAMINATION)
    if len(begin) == rows.height:
        return found
    nothing = imaging.height
    spread = np.repeat(found.fill_null(nothing).to_numpy(), np.diff(begin, append=rows.height))
    return pl.Series(EXAMINATION, spread).set(pl.Series(spread == nothing), None)


def run_starts(rows: pl.DataFrame, *by: str) -> NDArray[np.int64]:
    """Return the places of the rows that differ from the row before in any of the columns ``by``; the first does."""
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in by)
    starts = rows.select(is_other.alias("new")).to_series().to_numpy(writable=True)
    starts[0] = True
    return np.flatnonzero(starts)
