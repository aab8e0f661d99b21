"""One reading of each examination: a central reader's, else the first by name."""

from __future__ import annotations

import polars as pl


def select_reading(lesions: pl.LazyFrame) -> pl.LazyFrame:
    """Return the lesion rows of one reader an examination (``pid``, ``imaging_id``)."""
    is_central = (pl.col("reader").str.to_lowercase() == "central").fill_null(value=False)
    order = pl.when(is_central).then(pl.lit("0")).otherwise(pl.lit("1")) + pl.col("reader").fill_null("")
    return lesions.filter(order == order.min().over("pid", "imaging_id"))
