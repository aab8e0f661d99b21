"""The days of a marker after the start of a line, beside the baseline of their own series."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.keys import is_first_of, spread_rows, sum_runs
from analytics.longitudinal.marker_values import RAISED_BY_LOW_EGFR, RAISED_BY_PPI, is_one_of


def derive_days(values: pl.DataFrame) -> pl.DataFrame:
    """Return one row a day of a series, with ``group``: the series of all lines counted from 0.

    The rows come in the order ``derive_marker_values`` gives, so that a group is a run of rows.
    """
    unknown = ((pl.col("ppi") == "unknown") & is_one_of(RAISED_BY_PPI)) | (
        (pl.col("egfr_low") == "unknown") & is_one_of(RAISED_BY_LOW_EGFR)
    )
    return (
        values.select(
            "unit_key", "series", "compared_unit", "date", "days", "day_low", "day_high", "compared_uln",
            "is_baseline", "is_assessable", "file", "row", "has_unclear_date",
            group=is_first_of("unit_key", "series", "compared_unit").cum_sum().cast(pl.Int64) - 1,
            is_unknown=unknown,
            day_fold_uln="fold_uln",
            point=pl.when(pl.col("day_high").is_infinite()).then("day_low").otherwise("day_high"),
        )
        .lazy()
        .filter(~pl.col("has_unclear_date"))
        # of several values of a day the fold is that of their mean, whichever of them stands first
        .with_columns(
            day_fold_uln=pl.when(is_first_of("group", "date").shift(-1, fill_value=True))
            .then("day_fold_uln")
            .otherwise(pl.col("point") / pl.col("compared_uln"))
        )
        .filter(is_first_of("group", "date"))
        .with_row_index("place")
        .collect()
    )  # fmt: skip


def derive_groups(days: pl.DataFrame) -> pl.DataFrame:
    """Return one row a group: its unit, series, unit of comparison and the place of its baseline among the days."""
    first = days.filter(is_first_of("group")).select("group", "unit_key", "series", "compared_unit")
    n_groups = 0 if days.is_empty() else days["group"][-1] + 1
    baselines = days.filter("is_baseline").select("group", baseline="place")
    return pl.concat([spread_rows(part, "group", n_groups) for part in (first, baselines)], how="horizontal")


def derive_follow_up(days: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Return the values after each start beside the baseline of their own series."""
    return (
        days.filter(pl.col("days") > 1)
        .select("group", "place", "date", "days", "day_low", "day_high", "compared_uln", "is_assessable", "point")
        .with_columns(baseline=pl.lit(series["baseline"]).gather(pl.col("group")))
        .filter(pl.col("baseline").is_not_null())
        .with_columns(
            baseline_low=pl.lit(days["day_low"]).gather(pl.col("baseline")),
            baseline_high=pl.lit(days["day_high"]).gather(pl.col("baseline")),
        )
    )


def select_window(follow_up: pl.DataFrame, within: tuple[int, int] | None) -> pl.DataFrame:
    """Keep the days from the first to the last of ``within``, all when it is none; ``run`` counts the groups."""
    window = follow_up if within is None else follow_up.filter(pl.col("days").is_between(*within))
    return window.with_columns(run=pl.col("group").rle_id())


def summarise_window(window: pl.DataFrame) -> pl.DataFrame:
    """Return the groups of a window: how many values they have in it, how many assessable, and where the lowest is."""
    counts = sum_runs(
        window.select("run", "group", n_values=True, n_assessable="is_assessable"), "run", "n_values", "n_assessable"
    )
    groups = window.select("run", "group").filter(is_first_of("run")).select("group")
    assessable = window.select("run", "place", "point").filter(window["is_assessable"])
    lowest = assessable.group_by("run").agg(pl.col("point").min())
    lowest = spread_rows(lowest, "run", groups.height)["point"]
    is_lowest = pl.col("point") == pl.lit(lowest).gather(pl.col("run"))
    best = assessable.filter(is_lowest).filter(is_first_of("run")).select("run", best="place")
    return pl.concat([groups, counts.drop("run"), spread_rows(best, "run", groups.height)], how="horizontal")
