"""Tumour growth rate near three months: slow tumours change before any criteria of size say so."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.tables.derived import GrowthRates

FAST_PCT = 0.8
"""Volume growth a month from which progression came early (GREPONET, TGR3m)."""

EARLIEST_MONTHS, TARGET_MONTHS, LATEST_MONTHS = 2.0, 3.0, 4.0


def derive_growth_rates(recist: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.GrowthRates`` from ``derived.RecistAssessments``.

    The sum of diameters stands for one sphere; a visit with a new lesion or an incomplete sum is not used,
    and neither is a sum of 0, whose rate is not a number.

    Notes
    -----
    TG = 3 ln(D / D0) / months, rate = 100 (exp(TG) − 1): Lamarca et al., GREPONET.
    """
    months = (pl.col("first_date") - pl.col("baseline_date")).dt.total_days() / DAYS_PER_MONTH
    growth = 3 * (pl.col("sum_mm") / pl.col("baseline_mm")).log() / pl.col("months")
    return (
        recist.filter(pl.col("is_complete") & ~pl.col("has_new_lesion") & (pl.col("sum_mm") > 0))
        .with_columns(months=months)
        .filter(pl.col("months").is_between(EARLIEST_MONTHS, LATEST_MONTHS))
        .with_columns(distance=(pl.col("months") - TARGET_MONTHS).abs(), rate_pct=100 * (growth.exp() - 1))
        .sort("pid", "line_no", "distance", "first_date")
        .unique(["pid", "line_no"], keep="first", maintain_order=True)
        .with_columns(date="first_date", is_fast=pl.col("rate_pct") >= FAST_PCT)
        .select(pl.col(name).cast(column.dtype) for name, column in GrowthRates.columns().items())
    )
