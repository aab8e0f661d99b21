"""One reading of each examination: a central reader's, else the first by name."""

from __future__ import annotations

import polars as pl


def select_reading(lesions: pl.LazyFrame) -> pl.LazyFrame:
    """Return the lesion rows of one reader an examination (``pid``, ``imaging_id``); no name is before any name."""
    readers = lesions.select(pl.col("reader").unique()).collect()["reader"].drop_nulls().to_list()
    if not readers:
        return lesions
    in_order = sorted(readers, key=lambda name: (name.lower() != "central", name))
    n_central = sum(name.lower() == "central" for name in readers)
    # central readers, then rows without a name, then the others
    ranks = {name: place + (place >= n_central) for place, name in enumerate(in_order)}
    rank = pl.col("reader").replace_strict(ranks, default=n_central, return_dtype=pl.Int32)
    ranked = lesions.with_columns(rank=rank)
    first = ranked.group_by("pid", "imaging_id").agg(first=pl.col("rank").min())
    read = ranked.join(first, on=["pid", "imaging_id"], how="left", maintain_order="left")
    return read.filter(pl.col("rank") == pl.col("first")).drop("rank", "first")
