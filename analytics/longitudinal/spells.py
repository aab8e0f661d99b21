"""Spells of a drug or a condition: whether a day lies in any spell of its patient."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.keys import DAYS_PER_PATIENT, EARLIEST_DAY, compute_day_key


def _compute_bound(day: pl.Expr, otherwise: int) -> pl.Expr:
    """Return pid and ``day`` as one number that stays among those of its patient, whatever the day."""
    within = (day.cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY).fill_null(otherwise).clip(0, DAYS_PER_PATIENT - 1)
    return pl.col("pid").cast(pl.Int64) * DAYS_PER_PATIENT + within


def is_in_spell(values: pl.DataFrame, spells: pl.DataFrame) -> pl.Series:
    """Return whether each value (``pid``, ``date``) lies in a spell (``pid``, ``begins``, ``ends``), its ends included.

    A spell without a beginning was always, one without an end goes on.
    """
    if spells.is_empty():
        return pl.repeat(value=False, n=values.height, eager=True)
    bounds = spells.select(
        begins=_compute_bound(pl.col("begins"), 0), reach=_compute_bound(pl.col("ends"), DAYS_PER_PATIENT - 1)
    ).sort("begins")
    asked = values.select(compute_day_key(pl.col("date"))).to_series().to_numpy()
    # the furthest end of the spells begun so far: those of patients before end before this one's days
    begun = bounds["begins"].to_numpy().searchsorted(asked, side="right") - 1
    reach = bounds["reach"].cum_max().to_numpy()[begun]
    return pl.Series((begun >= 0) & (reach >= asked))
