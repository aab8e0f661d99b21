"""The shape of a marker in a treatment line: nadir, rise, growth rate, early change, transient rise."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.variation import REFERENCE_CHANGES
from analytics.longitudinal.marker_progressions import derive_comparable_days
from analytics.longitudinal.student import TWO_SIDED_95
from analytics.tables.derived import MarkerFeatures

EARLY_WINDOWS: tuple[tuple[str, int, int], ...] = (
    ("week_4", 22, 42),
    ("week_12", 71, 98),
    ("month_3", 61, 121),
    ("month_6", 153, 213),
)
"""Day ranges of the early changes; the value nearest to the middle is used, the later of two."""

TRANSIENT_UNTIL_DAY = 183
"""A rise after PRRT that begins and is gone again by then is called transient (Brabander 2017)."""

LEAST_VALUES = 3
LEAST_SPAN_DAYS = 91
"""A growth rate needs three values over three months of one series."""

_KEY = ["pid", "line_no", "analyte", "series", "compared_unit"]


def _derive_growth(points: pl.DataFrame) -> pl.DataFrame:
    """Fit ln(value) on months by least squares in each series; quantified values only."""
    x, y = pl.col("months"), pl.col("value").log()
    n = pl.len().cast(pl.Float64)
    return (
        points.filter(pl.col("value") > 0)
        .group_by("series_key")
        .agg(
            n=n,
            span=(pl.col("date").max() - pl.col("date").min()).dt.total_days(),
            n_distinct=pl.col("date").n_unique(),
            slope=pl.cov(x, y) / x.var(),
            var_x=x.var(),
            var_y=y.var(),
        )
        .filter((pl.col("n") >= LEAST_VALUES) & (pl.col("span") >= LEAST_SPAN_DAYS))
        .with_columns(
            # the residual sum is a difference of two close numbers: a perfect fit must not go below zero
            residual=((pl.col("n") - 1) * (pl.col("var_y") - pl.col("slope") ** 2 * pl.col("var_x"))).clip(0),
            degrees=(pl.col("n") - 2).cast(pl.Int64),
        )
        .with_columns(
            error=(pl.col("residual") / pl.col("degrees") / ((pl.col("n") - 1) * pl.col("var_x"))).sqrt(),
            quantile=pl.col("degrees").clip(1, len(TWO_SIDED_95)).replace_strict(dict(enumerate(TWO_SIDED_95, 1))),
        )
        .select(
            "series_key",
            slope_per_month="slope",
            slope_low=pl.col("slope") - pl.col("quantile") * pl.col("error"),
            slope_high=pl.col("slope") + pl.col("quantile") * pl.col("error"),
        )
        .with_columns(
            doubling_time_months=pl.when(pl.col("slope_low") > 0).then(pl.lit(2.0).log() / pl.col("slope_per_month"))
        )
    )


def _derive_early_changes(points: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the change from baseline in each early window, one table a window."""
    found: list[pl.DataFrame] = []
    for name, first, last in EARLY_WINDOWS:
        distance = (pl.col("days") - (first + last) / 2).abs()
        found.append(
            points.filter(pl.col("days").is_between(first, last))
            .with_columns(distance=distance)
            .sort("series_key", "distance", "date", descending=[False, False, True])
            .unique("series_key", keep="first", maintain_order=True)
            .select("series_key", pl.col("change").alias(f"change_{name}_pct"))
        )
    return found


def _derive_summary(days: pl.DataFrame) -> pl.DataFrame:
    """Return nadir, last value, rise and area of each series; bounds count as the limit they name."""
    value = pl.when(pl.col("day_high").is_infinite()).then("day_low").otherwise("day_high")
    gap = pl.col("months") - pl.col("months").shift(1)
    level = (pl.col("value") / pl.col("baseline")).log()
    return (
        days.with_columns(value=value)
        .with_columns(baseline=pl.col("value").first().over("series_key"), after=pl.col("days") > 1)
        .with_columns(
            area=((level + level.shift(1)) / 2 * gap).over("series_key"),
            is_high_early=(100 * pl.col("value") >= 120 * pl.col("baseline"))
            & pl.col("days").is_between(2, TRANSIENT_UNTIL_DAY),
        )
        .group_by("series_key", maintain_order=True)
        .agg(
            pl.col(*_KEY).first(),
            n_values=pl.len().cast(pl.Int32),
            baseline_value=pl.col("baseline").first(),
            nadir_value=pl.col("value").min(),
            nadir_date=pl.col("date").sort_by("value", "date").first(),
            last_value=pl.col("value").last(),
            last_date=pl.col("date").last(),
            log_area=pl.col("area").sum(),
            rose_early=pl.col("is_high_early").any(),
            n_after=pl.col("after").sum(),
        )
        .filter(pl.col("n_after") > 0)
    )


def derive_marker_features(marker_values: pl.LazyFrame, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Derive the features of each line, marker and series with a baseline and a later value.

    Growth is the slope of ln(value) in months with 95 % limits from Student's t, from at least three
    quantified values over three months; a doubling time only when the limits exclude no growth.
    Returns ``derived.MarkerFeatures``.
    """
    days = derive_comparable_days(marker_values).with_columns(months=pl.col("days") / DAYS_PER_MONTH)
    points = days.filter(pl.col("day_low") == pl.col("day_high")).with_columns(
        value="day_high", change=(pl.col("day_high") / pl.col("baseline_high") - 1) * 100
    )
    rcv = pl.DataFrame(
        [(entry.analyte, entry.rise_pct, entry.fall_pct) for entry in REFERENCE_CHANGES],
        schema={"analyte": pl.String, "rcv_rise": pl.Float64, "rcv_fall": pl.Float64},
        orient="row",
    )
    table = _derive_summary(days).join(_derive_growth(points), on="series_key", how="left")
    for early in _derive_early_changes(points.filter(pl.col("baseline_low") == pl.col("baseline_high"))):
        table = table.join(early, on="series_key", how="left")
    change = (pl.col("last_value") / pl.col("baseline_value") - 1) * 100
    is_prrt = pl.col("treatment") == "PRRT"
    fell_back = 100 * pl.col("last_value") < 120 * pl.col("baseline_value")
    return (
        table.join(lines.select("pid", "line_no", "treatment").collect(), on=["pid", "line_no"])
        .join(rcv, on="analyte", how="left")
        .with_columns(
            rise_from_nadir_pct=pl.when(pl.col("nadir_value") > 0).then(
                (pl.col("last_value") / pl.col("nadir_value") - 1) * 100
            ),
            last_change_pct=pl.when(pl.col("baseline_value") > 0).then(change),
            verdict_on_noise=pl.when(pl.col("rcv_rise").is_null())
            .then(None)
            .when(change > pl.col("rcv_rise"))
            .then(pl.lit("beyond: rise"))
            .when(change < pl.col("rcv_fall"))
            .then(pl.lit("beyond: fall"))
            .otherwise(pl.lit("within")),
            has_transient_rise=is_prrt & pl.col("rose_early") & fell_back,
        )
        .sort(*_KEY)
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerFeatures.columns().items())
        .lazy()
    )
