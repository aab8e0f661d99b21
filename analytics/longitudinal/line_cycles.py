"""Cycles of a line: activity, pace and reductions against the plan."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.regimens import REGIMENS
from analytics.longitudinal.comparisons import is_at_most
from analytics.tables.derived_lines import LineCycles, LineDoses

_PLANS = pl.DataFrame(
    [(plan.agent, plan.activity_gbq, plan.interval_days, plan.tolerance_days, plan.least_share) for plan in REGIMENS],
    schema={
        "agent": pl.String,
        "usual_gbq": pl.Float64,
        "usual_interval": pl.Float64,
        "tolerance": pl.Float64,
        "least_share": pl.Float64,
    },
    orient="row",
)
_TOLERANCE_DAYS = 7
_LEAST_SHARE = 0.9
"""For a plan stated by the hospital: the tolerances of the label of 177Lu-DOTATATE."""


def _derive_plans(treatments: pl.LazyFrame) -> pl.LazyFrame:
    """Return the plan of each treatment: its own dose in GBq and interval, else those usual for its agent."""
    own = pl.when(pl.col("dose_unit").str.to_lowercase() == "gbq").then("dose")
    return treatments.join(_PLANS.lazy(), on="agent", how="left").select(
        "pid",
        "treatment_id",
        planned_gbq=pl.coalesce(own, "usual_gbq"),
        planned_interval=pl.coalesce("interval_days", "usual_interval"),
        tolerance=pl.col("tolerance").fill_null(_TOLERANCE_DAYS),
        least_share=pl.col("least_share").fill_null(_LEAST_SHARE),
    )


def _select_cycles(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Return the dated cycles of each line with their plan; a treatment given again belongs to two lines.

    A day known only roughly is moved after the cycle before it, as far as its text allows.
    """
    earlier = pl.col("date").cum_max().over("pid", "treatment_id")
    given = (
        pl.when(pl.col("date_precision") == "D")
        .then("date")
        .otherwise(pl.min_horizontal(earlier, pl.col("date_hi").fill_null(pl.col("date"))))
    )
    members = (
        lines.lazy()
        .select("pid", "line_no", "start_date", "next_line_date", treatment_id="treatment_ids")
        .explode("treatment_id")
    )
    is_before_next = (pl.col("date") < pl.col("next_line_date")).fill_null(value=True)
    return (
        tables["cycles"]
        .filter(pl.col("date").is_not_null())
        .sort("pid", "treatment_id", "cycle_no")
        .with_columns(date=given)
        .join(members, on=["pid", "treatment_id"])
        .filter((pl.col("date") >= pl.col("start_date")) & is_before_next)
        .join(_derive_plans(tables["treatments"]), on=["pid", "treatment_id"])
        .collect()
        .sort("pid", "line_no", "date", "treatment_id", "cycle_no")
    )


def derive_line_cycles(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.LineCycles`` of every line.

    A delay that the hospital recorded stands; else it is the time beyond the planned interval once its
    tolerance is passed. Days known only to the month give no gap. A reduction that was recorded stands;
    else an activity below the least share of the plan is one.
    """
    is_same = (pl.col("pid") == pl.col("pid").shift(1)) & (pl.col("line_no") == pl.col("line_no").shift(1))
    is_exact = pl.col("date_precision") == "D"
    gap = pl.when(is_same & is_exact & is_exact.shift(1)).then(
        (pl.col("date") - pl.col("date").shift(1)).dt.total_days()
    )
    late = pl.col("gap_days") - pl.col("planned_interval")
    is_first = ~is_same.fill_null(value=False)
    below = ~is_at_most(pl.col("planned_gbq") * pl.col("least_share"), pl.col("activity_gbq"))
    said = pl.col("dose_reduced")
    known = pl.col("activity_gbq").is_null().cast(pl.Int32).cum_sum().over("pid", "line_no") == 0
    return (
        _select_cycles(tables, lines)
        .with_columns(gap_days=gap, is_first=is_first)
        .with_columns(
            delay_days=pl.coalesce(
                "delayed_days",
                pl.when("is_first")
                .then(0)
                .when(late > pl.col("tolerance"))
                .then(late)
                .when(late.is_not_null())
                .then(0),
            ),
            is_reduced=pl.when(said == "Y")
            .then(statement=True)
            .when(said == "N")
            .then(statement=False)
            .otherwise(below),
            cumulative_gbq=pl.when(known).then(pl.col("activity_gbq").cum_sum().over("pid", "line_no")),
            file="_file",
            row="_row",
        )
        .select(pl.col(name).cast(column.dtype) for name, column in LineCycles.columns().items())
    )


def derive_line_doses(cycles: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.LineDoses`` from ``derived.LineCycles``."""
    activity, delay = pl.col("activity_gbq"), pl.col("delay_days")
    return (
        cycles.group_by("pid", "line_no", maintain_order=True)
        .agg(
            n_cycles=pl.len(),
            cumulative_gbq=pl.when(activity.is_not_null().any()).then(activity.sum()),
            mean_gbq=activity.mean(),
            lowest_gbq=activity.min(),
            longest_gap_days=pl.col("gap_days").max(),
            n_delayed=(delay > 0).sum(),
            total_delay_days=pl.when(delay.is_not_null().any()).then(delay.sum()),
            n_reduced=pl.col("is_reduced").sum(),
            n_without_plan=(delay.is_null() & pl.col("is_reduced").is_null()).sum(),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in LineDoses.columns().items())
    )
