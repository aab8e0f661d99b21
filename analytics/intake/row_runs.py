"""Runs of rows that say the same: what holds for a run is found once, not once a row."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def run_starts(rows: pl.DataFrame, *by: str) -> NDArray[np.int64]:
    """Return the places of the rows that differ from the row before in any of the columns ``by``; the first does."""
    if rows.is_empty():
        return np.empty(0, dtype=np.int64)
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in by)
    starts = rows.select(is_other.alias("new")).to_series().to_numpy(writable=True)
    starts[0] = True
    return np.flatnonzero(starts)
