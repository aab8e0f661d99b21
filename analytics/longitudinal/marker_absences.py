"""Why a line has nothing to judge: no start, no baseline, no later value of the same assay group."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.longitudinal.keys import is_first_of

ALWAYS_ANSWERED = "CGA"
"""Every line has a row for this marker, also without a value; other markers where the line has values."""

_OTHER_GROUP = "no later value of the same assay group"

_LINE = ["pid", "line_no", "analyte"]


def derive_absences(lines: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return a reason for each line and marker without a baseline and a later value of one series."""
    before = (pl.col("days") <= 1) & ~pl.col("has_unclear_date")
    runs = values.with_columns(run=is_first_of(*_LINE).cum_sum())
    seen = runs.group_by("run").agg(
        pl.col(*_LINE).first(),
        is_before=before.any(),
        is_assessable_before=pl.col("is_baseline").any(),
        is_ppi=(before & (pl.col("ppi") == "yes")).any(),
        is_gastritis=(before & pl.col("has_atrophic_gastritis")).any(),
        is_after=((pl.col("days") > 1) & ~pl.col("has_unclear_date")).any(),
    )
    always = lines.select("pid", "line_no", analyte=pl.lit(ALWAYS_ANSWERED))
    wanted = pl.concat([always, seen.select(_LINE)]).unique(maintain_order=True)
    return (
        wanted.join(seen, on=_LINE, how="left")
        .join(lines.select("pid", "line_no", "start_date"), on=["pid", "line_no"])
        .select(
            *_LINE,
            absence=pl.when(pl.col("start_date").is_null())
            .then(pl.lit("no start date"))
            .when(~pl.col("is_before").fill_null(value=False))
            .then(pl.lit("no baseline value"))
            .when(~pl.col("is_assessable_before") & pl.col("is_ppi"))
            .then(pl.lit("PPI at baseline"))
            .when(~pl.col("is_assessable_before") & pl.col("is_gastritis"))
            .then(pl.lit("atrophic gastritis at baseline"))
            .when(~pl.col("is_assessable_before"))
            .then(pl.lit("eGFR below the limit at baseline"))
            .when(pl.col("is_after"))
            .then(pl.lit(_OTHER_GROUP))
            .otherwise(pl.lit("no value after the start")),
        )
    )


def compute_absence(rule: ResponseRule) -> pl.Expr:
    """Return why there is nothing to judge; with a window, a value outside it is no later value."""
    if rule.within_days is None:
        return pl.col("absence")
    first, last = rule.within_days
    return pl.col("absence").replace({_OTHER_GROUP: f"no comparable value in days {first} to {last}"})
