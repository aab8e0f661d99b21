"""Tumour growth rates, before a line and near its third month: slow tumours change before criteria of size say so."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.endpoints.growth_sums import derive_earlier_sums, derive_later_sums
from analytics.endpoints.line_readings import LineReadings
from analytics.tables.derived_disease import GrowthRates

FAST_PCT: dict[str, float] = {"before": 4.0, "month_3": 0.8}
"""Volume growth a month from which progression came early (GREPONET: TGR0 and TGR3m)."""


def _compute_rates(sums: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return the rate of each row from ``baseline_mm`` on ``baseline_date`` to ``sum_mm`` on ``first_date``."""
    growth = 3 * (pl.col("sum_mm") / pl.col("baseline_mm")).log() / pl.col("months")
    return (
        sums.with_columns(months=(pl.col("first_date") - pl.col("baseline_date")).dt.total_days() / DAYS_PER_MONTH)
        .with_columns(rate_pct=100 * (growth.exp() - 1), period=pl.lit(period))
        .with_columns(from_date="baseline_date", date="first_date", is_fast=pl.col("rate_pct") >= FAST_PCT[period])
        .select(pl.col(name).cast(column.dtype) for name, column in GrowthRates.columns().items())
    )


def derive_growth_rates(readings: LineReadings, recist: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.GrowthRates`` from the lesions and ``derived.RecistAssessments``, both of the same ``readings``.

    The sum of the longest diameters of targets stands for one sphere; nodes, whose short axes are measured, are
    not in it. A sum of 0 has no rate.

    Notes
    -----
    TG = 3 ln(D / D0) / months, rate = 100 (exp(TG) − 1): Lamarca et al., GREPONET.
    """
    before, near = derive_earlier_sums(readings), derive_later_sums(readings, recist)
    return pl.concat([_compute_rates(before, "before"), _compute_rates(near, "month_3")]).sort(
        "pid", "line_no", "period"
    )
