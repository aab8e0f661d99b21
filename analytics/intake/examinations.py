"""Which examination a lesion or a response belongs to, as a number that is found once and used by all checks."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.coded_texts import find_run_starts, number_rows
from analytics.intake.parse import STATUS

EXAMINATION = "_examination"
"""The place in the table of imaging of the first accepted row with this patient and id; null where there is none."""
_KEY = ("pid", "imaging_id")
_TABLE_PER_ROW = 16
"""A table of all patients and ids may have as many places for each row."""


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
    begin = find_run_starts(rows, *_KEY)
    known = imaging.select(*_KEY, EXAMINATION).filter(pl.col(EXAMINATION) == pl.int_range(pl.len()))
    runs = rows.select(_KEY)
    if len(begin) == rows.height:
        return _look_up(runs, known)
    found = _look_up(runs[begin], known)
    nothing = imaging.height
    spread = np.repeat(found.fill_null(nothing).to_numpy(), np.diff(begin, append=rows.height))
    return pl.Series(EXAMINATION, spread).set(pl.Series(spread == nothing), None)


def _look_up(runs: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """Return the number of each examination asked for: by its place in a table, where few ids name all of them."""
    few = number_rows(pl.concat([known.select("imaging_id"), runs.select("imaging_id")]))
    pid = pl.concat([known.get_column("pid"), runs.get_column("pid")]).cast(pl.Int64)
    low, high = pid.min(), pid.max()
    if few is None or not isinstance(low, int) or not isinstance(high, int):
        return runs.join(known, on=_KEY, how="left", maintain_order="left").get_column(EXAMINATION)
    number, n_numbers = few[0], len(few[1])
    size = (high - low + 2) * n_numbers
    if size > _TABLE_PER_ROW * (known.height + runs.height):
        return runs.join(known, on=_KEY, how="left", maintain_order="left").get_column(EXAMINATION)
    place = (pid - low).fill_null(high - low + 1).to_numpy() * n_numbers + number
    table = np.full(size, -1, dtype=np.int64)
    table[place[: known.height]] = known.get_column(EXAMINATION).to_numpy()
    found = table[place[known.height :]]
    return pl.Series(EXAMINATION, found).cast(pl.UInt32(), strict=False)
