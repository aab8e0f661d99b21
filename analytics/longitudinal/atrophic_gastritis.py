"""Atrophic gastritis: a lasting condition in which gastrin and chromogranin A are high without a tumour."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.spells import is_in_spell


def derive_atrophic_gastritis(values: pl.DataFrame, concomitants: pl.LazyFrame) -> pl.Series:
    """Return whether the patient of each marker value (``pid``, ``date``) was known to have it that day.

    A spell counts from its first possible day, a spell without a start always; the condition lasts, so that
    only a recorded end, taken at its last possible day, ends it.
    """
    spells = (
        concomitants.filter(pl.col("kind") == "atrophic_gastritis")
        .select("pid", begins="start_lo", ends="end_hi")
        .collect()
    )
    return is_in_spell(values, spells)
