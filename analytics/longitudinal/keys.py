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
    """Add ``name``: a small integer for each distinct combination of text ``columns``, in their sorted order.

    Sorting and grouping millions of rows by one integer takes a tenth of the time texts take.
    """
    distinct = table.select(columns).unique().sort(columns, nulls_last=False).with_row_index(name)
    if distinct.height == 1:
        return table.with_columns(pl.lit(0, dtype=pl.UInt32).alias(name))
    return table.join(distinct, on=columns, how="left", nulls_equal=True, maintain_order="left")
