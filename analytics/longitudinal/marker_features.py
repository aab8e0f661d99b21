"""The shape of a marker in a treatment line: nadir, rise, growth rate, early change, transient rise."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.variation import REFERENCE_CHANGES
from analytics.longitudinal.comparable_days import SERIES, derive_comparable_days
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import compute_line_key, is_first_of, sort_by_line, spread_rows, sum_runs
from analytics.longitudinal.runs import as_index, compute_running_minimum, find_lowest, find_openings, measure_runs
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


def _select_fitted(points: pl.DataFrame) -> pl.DataFrame:
    """Keep the series with enough values over enough days; they come by series and day."""
    opening = find_openings(points.select(is_first_of("series_key")).to_series())
    lengths = measure_runs(opening, points.height)
    day = points["date"].to_physical().to_numpy()
    span = day[opening + lengths - 1] - day[opening]
    is_enough = (lengths >= LEAST_VALUES) & (span >= LEAST_SPAN_DAYS)
    return points.filter(pl.Series(np.repeat(is_enough, lengths), dtype=pl.Boolean))


def _derive_growth(points: pl.DataFrame) -> pl.DataFrame:
    """Fit ln(value) on months by least squares in each series with enough quantified values."""
    x, y = pl.col("months"), pl.col("value").log()
    return (
        _select_fitted(points.filter(pl.col("value") > 0))
        .group_by("series_key")
        .agg(n=pl.len().cast(pl.Float64), slope=pl.cov(x, y) / x.var(), var_x=x.var(), var_y=y.var())
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


def _derive_early_changes(points: pl.DataFrame, n_series: int) -> pl.DataFrame:
    """Return the change from baseline in each early window, one row a series."""
    found: dict[str, pl.Series] = {}
    for name, first, last in EARLY_WINDOWS:
        inside = points.filter(pl.col("days").is_between(first, last))
        days = inside["days"].to_numpy().astype(np.int64)
        nearest = np.abs(2 * days - first - last) * (last + 1) + last - days
        run = inside["series_key"].to_numpy() - 1
        found[f"change_{name}_pct"] = inside["change"].gather(as_index(find_lowest(run, nearest, n_series)))
    return pl.DataFrame(found)


def _derive_area(days: pl.DataFrame) -> pl.Series:
    """Return the area under ln(value / baseline) of each series, in months, by trapezoids."""
    level = (pl.col("value") / pl.col("baseline")).log()
    gap = pl.col("months") - pl.col("months").shift(1)
    area = pl.when(~is_first_of("series_key")).then((level + level.shift(1)) / 2 * gap)
    parts = days.select("series_key", area=area)
    # nulls dropped in each group: a plain sum is made in parts by several threads, which rounds otherwise
    return parts.group_by("series_key", maintain_order=True).agg(pl.col("area").drop_nulls().sum())["area"]


def _derive_summary(days: pl.DataFrame) -> pl.DataFrame:
    """Return nadir, last value, rise and area of each series; bounds count as the limit they name."""
    opening = find_openings(days.select(is_first_of("series_key")).to_series())
    lengths = measure_runs(opening, days.height)
    valued = days.select(
        "series_key", "months", "days", "day_low", "baseline_high",
        value=pl.when(pl.col("day_high").is_infinite()).then("day_low").otherwise("day_high"),
    )  # fmt: skip
    value, closing = valued["value"].to_numpy(), opening + lengths - 1
    nadir = compute_running_minimum(value, opening)[closing]
    lowest = np.repeat(nadir, lengths)
    # a day of a zero and a value beyond the measuring range has no mean, and may be all a series has
    at_nadir = np.flatnonzero((value == lowest) | (np.isnan(value) & np.isnan(lowest)))
    run = np.repeat(np.arange(opening.size), lengths)
    nadir_place = at_nadir[find_lowest(run[at_nadir], np.zeros_like(at_nadir), opening.size)]
    beside = valued.with_columns(baseline=pl.Series(np.repeat(value[opening], lengths)))
    is_high = is_at_most(120 * pl.col("baseline_high"), 100 * pl.col("day_low"))
    is_high_early = is_high & pl.col("days").is_between(2, TRANSIENT_UNTIL_DAY)
    seen = sum_runs(
        beside.select("series_key", n_after=pl.col("days") > 1, n_high_early=is_high_early),
        "series_key",
        "n_after",
        "n_high_early",
    )
    of_nadir = as_index(nadir_place)
    return days.select(SERIES)[opening].with_columns(
        n_values=pl.Series(lengths).cast(pl.Int32),
        baseline_value=pl.Series(value[opening]),
        nadir_value=pl.Series(nadir),
        nadir_date=days["date"].gather(of_nadir),
        nadir_is_number=(days["day_low"] == days["day_high"]).gather(of_nadir),
        **{f"baseline_{end}": days[f"day_{end}"].gather(opening) for end in ("low", "high")},
        **{f"last_{end}": days[f"day_{end}"].gather(closing) for end in ("low", "high")},
        last_value=pl.Series(value[closing]),
        last_date=days["date"].gather(closing),
        log_area=_derive_area(beside),
        rose_early=seen["n_high_early"] > 0,
        n_after=seen["n_after"],
    )


def _compute_noise_verdict() -> pl.Expr:
    """Return what the last value surely is against the reference change; null where bounds leave it open."""
    rise, fall = 100 + pl.col("rcv_rise"), 100 + pl.col("rcv_fall")
    low, high = 100 * pl.col("last_low"), 100 * pl.col("last_high")
    is_within = is_at_most(high, rise * pl.col("baseline_low")) & is_at_most(fall * pl.col("baseline_high"), low)
    return (
        pl.when(pl.col("rcv_rise").is_null())
        .then(None)
        .when(~is_at_most(low, rise * pl.col("baseline_high")))
        .then(pl.lit("beyond: rise"))
        .when(~is_at_most(fall * pl.col("baseline_low"), high))
        .then(pl.lit("beyond: fall"))
        .when(is_within)
        .then(pl.lit("within"))
    )


def derive_marker_features(
    marker_values: pl.LazyFrame, lines: pl.LazyFrame, days: pl.DataFrame | None = None
) -> pl.LazyFrame:
    """Derive the features of each line, marker and series with a baseline and a later value.

    Growth is the slope of ln(value) in months with 95 % limits from Student's t, from at least three
    quantified values over three months; a doubling time only when the limits exclude no growth.
    A change is one between two measured values; what is said of noise and of a transient rise holds whatever a
    value beyond a quantitation limit may be.
    Returns ``derived.MarkerFeatures``. ``days`` are the comparable days where they are made already.
    """
    if days is None:
        days = derive_comparable_days(marker_values)
    # study days have no day 0: what lies before the start is one day nearer than their difference says
    since_start = pl.col("days") - (pl.col("days") > 0).cast(pl.Int32)
    days = days.with_columns(months=since_start / DAYS_PER_MONTH)
    points = days.select(
        "series_key", "date", "days", "months",
        value="day_high",
        change=(pl.col("day_high") / pl.col("baseline_high") - 1) * 100,
        is_number=pl.col("day_low") == pl.col("day_high"),
        is_from_number=pl.col("baseline_low") == pl.col("baseline_high"),
    ).filter("is_number")  # fmt: skip
    rcv = pl.DataFrame(
        [(entry.analyte, entry.rise_pct, entry.fall_pct) for entry in REFERENCE_CHANGES],
        schema={"analyte": pl.String, "rcv_rise": pl.Float64, "rcv_fall": pl.Float64},
        orient="row",
    )
    summary = _derive_summary(days)
    growth = _derive_growth(points).with_columns(series_key=pl.col("series_key") - 1)
    early = _derive_early_changes(points.filter("is_from_number"), summary.height)
    table = pl.concat([summary, spread_rows(growth, "series_key", summary.height), early], how="horizontal")
    change = (pl.col("last_value") / pl.col("baseline_value") - 1) * 100
    # a limit is no value to subtract from
    is_number = {name: pl.col(f"{name}_low") == pl.col(f"{name}_high") for name in ("baseline", "last")}
    is_from_baseline = (pl.col("baseline_value") > 0) & is_number["baseline"] & is_number["last"]
    is_from_nadir = (pl.col("nadir_value") > 0) & pl.col("nadir_is_number") & is_number["last"]
    is_prrt = pl.col("treatment") == "PRRT"
    fell_back = ~is_at_most(120 * pl.col("baseline_low"), 100 * pl.col("last_high"))
    treatments = lines.select("treatment", line_key=compute_line_key()).collect()
    return (
        table.filter(pl.col("n_after") > 0)
        .with_columns(line_key=compute_line_key())
        .join(treatments, on="line_key", maintain_order="left")
        .join(rcv, on="analyte", how="left", maintain_order="left")
        .with_columns(
            rise_from_nadir_pct=pl.when(is_from_nadir).then((pl.col("last_value") / pl.col("nadir_value") - 1) * 100),
            last_change_pct=pl.when(is_from_baseline).then(change),
            verdict_on_noise=_compute_noise_verdict(),
            has_transient_rise=is_prrt & pl.col("rose_early") & fell_back,
        )
        # days come by analyte and series in each line; lines with numbers of their own may stand out of order
        .pipe(sort_by_line)
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerFeatures.columns().items())
        .lazy()
    )
