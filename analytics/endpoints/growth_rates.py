"""Tumour growth rates, before a line and near its third month: slow tumours change before criteria of size say so."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.tables.derived_disease import GrowthRates

FAST_PCT: dict[str, float] = {"before": 4.0, "month_3": 0.8}
"""Volume growth a month from which progression came early (GREPONET: TGR0 and TGR3m)."""

EARLIEST_MONTHS, TARGET_MONTHS, LATEST_MONTHS = 2.0, 3.0, 4.0


def _compute_rates(sums: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return the rate of each row from ``baseline_mm`` on ``baseline_date`` to ``sum_mm`` on ``first_date``."""
    growth = 3 * (pl.col("sum_mm") / pl.col("baseline_mm")).log() / pl.col("months")
    return (
        sums.with_columns(months=(pl.col("first_date") - pl.col("baseline_date")).dt.total_days() / DAYS_PER_MONTH)
        .with_columns(rate_pct=100 * (growth.exp() - 1), period=pl.lit(period))
        .with_columns(from_date="baseline_date", date="first_date", is_fast=pl.col("rate_pct") >= FAST_PCT[period])
        .select(pl.col(name).cast(column.dtype) for name, column in GrowthRates.columns().items())
    )


def derive_growth_rates(recist: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.GrowthRates`` from ``derived.RecistAssessments`` and the sums before each line.

    The sum of diameters stands for one sphere; a visit with a new lesion, an incomplete sum or an inadequate scan
    is not used, and neither is a sum of 0, whose rate is not a number.

    Parameters
    ----------
    earlier
        As `derive_earlier_sums` returns them.

    Notes
    -----
    TG = 3 ln(D / D0) / months, rate = 100 (exp(TG) − 1): Lamarca et al., GREPONET.
    """
    months = (pl.col("first_date") - pl.col("baseline_date")).dt.total_days() / DAYS_PER_MONTH
    near = (
        recist.filter(
            pl.col("is_complete") & ~pl.col("is_inadequate") & ~pl.col("has_new_lesion") & (pl.col("sum_mm") > 0)
        )
        .filter(months.is_between(EARLIEST_MONTHS, LATEST_MONTHS))
        .with_columns(distance=(months - TARGET_MONTHS).abs())
        .sort("pid", "line_no", "distance", "first_date")
        .unique(["pid", "line_no"], keep="first", maintain_order=True)
    )
    return pl.concat([_compute_rates(earlier, "before"), _compute_rates(near, "month_3")]).sort(
        "pid", "line_no", "period"
    )
