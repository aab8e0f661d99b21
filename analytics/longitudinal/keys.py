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
