"""Atrophic gastritis: a lasting condition in which gastrin and chromogranin A are high without a tumour."""

from __future__ import annotations

import polars as pl


def derive_atrophic_gastritis(values: pl.DataFrame, concomitants: pl.LazyFrame) -> pl.DataFrame:
    """Add ``has_atrophic_gastritis`` to marker values (``pid``, ``date``), in their order.

    A spell counts from its first possible day, a spell without a start always; the condition lasts, so that
    only a recorded end, taken at its last possible day, ends it.
    """
    spells = (
        concomitants.filter(pl.col("kind") == "atrophic_gastritis")
        .select("pid", begins="start_lo", ends="end_hi")
        .collect()
    )
    if spells.is_empty():
        return values.with_columns(has_atrophic_gastritis=pl.lit(value=False))
    has_begun = (pl.col("begins") <= pl.col("date")).fill_null(value=True)
    goes_on = (pl.col("date") <= pl.col("ends")).fill_null(value=True)
    covered = (
        values.select("pid", "date", value=pl.int_range(pl.len()))
        .join(spells, on="pid")
        .filter(has_begun & goes_on)["value"]
        .unique()
    )
    return values.with_columns(has_atrophic_gastritis=pl.int_range(pl.len()).is_in(covered.implode()))
