"""Composite integer keys: one number orders patients and days, or patients and lines, at once."""

from __future__ import annotations

import polars as pl

DAYS_PER_PATIENT = 200_000
"""More days than any calendar here needs: keys of different patients never meet."""

EARLIEST_DAY = 50_000
"""Added to the day number, which is negative before 1970 (1833-02-08 is the first day held)."""

LINES_PER_PATIENT = 1_000


def compute_day_key(date: pl.Expr) -> pl.Expr:
    """Return pid and ``date`` as one Int64 in the order of (pid, date); null where the date is."""
    day = date.cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY
    return pl.col("pid").cast(pl.Int64) * DAYS_PER_PATIENT + day


def compute_line_key() -> pl.Expr:
    """Return (pid, line_no) as one Int64."""
    return pl.col("pid").cast(pl.Int64) * LINES_PER_PATIENT + pl.col("line_no").cast(pl.Int64)


def is_first_of(*columns: str) -> pl.Expr:
    """Return whether a row of a sorted table differs from the row before in any of ``columns``."""
    return pl.any_horizontal(
        *(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in columns),
        pl.int_range(pl.len()) == 0,
    )


def encode_texts(table: pl.DataFrame, columns: list[str], name: str) -> pl.DataFrame:
    """Add ``name``: a dense integer for each combination of text ``columns``, in sorted order, null first.

    Sorting and grouping millions of rows by one integer takes a tenth of the time texts take.
    """
    code = pl.lit(0, dtype=pl.Int64)
    for column in columns:
        distinct = table[column].unique().drop_nulls().sort()
        place = pl.col(column).cast(pl.Enum(distinct)).to_physical().cast(pl.Int64)
        code = code * (distinct.len() + 1) + (place + 1).fill_null(0)
    sparse = table.select(code).to_series()
    return table.with_columns(sparse.unique().sort().search_sorted(sparse).cast(pl.Int64).alias(name))


def sort_by_source(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the order of ``file`` and ``row``; a table already in that order is not sorted again."""
    placed = encode_texts(table, ["file"], "place").with_columns(pl.col("place") * 2**32 + pl.col("row"))
    return (placed if placed["place"].is_sorted() else placed.sort("place")).drop("place")
