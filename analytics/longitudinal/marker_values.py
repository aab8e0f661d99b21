"""Marker values read against a treatment line: baseline, change, and whether they can be assessed."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.catalogue.settings import Settings
from analytics.longitudinal.interference import derive_interference
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, is_first_of
from analytics.tables.derived import MarkerValues

MARKERS: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if entry.kind == "marker")
RAISED_BY_PPI: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "PPI" in entry.interferences)
RAISED_BY_LOW_EGFR: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "low_egfr" in entry.interferences)


def _derive_series(labs: pl.LazyFrame) -> pl.DataFrame:
    """Return dated marker values with their bounds in the unit of comparison, sorted within series.

    A value beyond a quantitation limit is the interval it stands for: (0, limit] or [limit, ∞).
    """
    basis = pl.coalesce("value_standard", "value")
    is_below = pl.col("comparator").is_in(["<", "<="]).fill_null(value=False)
    is_above = pl.col("comparator").is_in([">", ">="]).fill_null(value=False)
    specimen = pl.when((pl.col("assay_group") == "unknown") & pl.col("specimen").is_not_null()).then(
        pl.lit(" ") + pl.col("specimen")
    )
    ratio = pl.when(pl.col("value_standard") != pl.col("value")).then(pl.col("value_standard") / pl.col("value"))
    return (
        labs.filter(pl.col("analyte").is_in(MARKERS) & pl.col("value").is_not_null())
        .filter(pl.col("collected").is_not_null())
        .select(
            "pid",
            "analyte",
            "value",
            "comparator",
            "unit",
            "fold_uln",
            "assay_id",
            "assay_group",
            "ppi_within_2w",
            date="collected",
            date_lo=pl.coalesce("collected_lo", "collected"),
            date_hi=pl.coalesce("collected_hi", "collected"),
            compared_unit=pl.coalesce("unit_standard", "unit"),
            compared_uln=pl.col("uln_used") * ratio.fill_null(1.0),
            series=pl.col("assay_group") + specimen.fill_null(""),
            low=pl.when(is_below).then(0.0).otherwise(basis),
            high=pl.when(is_above).then(float("inf")).otherwise(basis),
            is_bound=is_below | is_above,
            file="_file",
            row="_row",
        )
        .collect()
        .sort("pid", "analyte", "series", "compared_unit", "date", "file", "row")
        .with_columns(
            series_key=is_first_of("pid", "analyte", "series", "compared_unit").cum_sum(),
            day_of_series=is_first_of("pid", "analyte", "series", "compared_unit", "date").cum_sum(),
        )
        .with_row_index("value_key")
    )


def _derive_day_values(values: pl.DataFrame) -> pl.DataFrame:
    """Add the bounds of each day's analysis value: the geometric mean where a day has several values."""
    is_repeated = ~(
        is_first_of("day_of_series") & pl.col("day_of_series").ne_missing(pl.col("day_of_series").shift(-1))
    )
    means = (
        values.filter(is_repeated)
        .group_by("day_of_series")
        .agg(pl.col("low", "high").log().mean().exp().name.prefix("mean_"))
    )
    return values.join(means, on="day_of_series", how="left", maintain_order="left").with_columns(
        day_low=pl.coalesce("mean_low", "low"), day_high=pl.coalesce("mean_high", "high")
    )


def _derive_line_windows(values: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Read every value against the line in force and against each line that starts soon after it."""
    starts = (
        lines.filter(pl.col("start_date").is_not_null())
        .sort("pid", "start_date", "line_no")
        .select("pid", "line_no", "start_date", "start_lo", "start_hi")
        .with_row_index("place")
        .with_columns(line_key=compute_day_key(pl.col("start_date")), place=pl.col("place").cast(pl.Int64))
    )
    in_force = (
        values.select("value_key", "pid", "date", day_key=compute_day_key(pl.col("date")))
        .sort("day_key", "value_key")
        .join_asof(
            starts.select("place", "line_key"),
            left_on="day_key",
            right_on="line_key",
            strategy="backward",
            allow_exact_matches=False,
        )
    )
    is_own = pl.col("line_key") // DAYS_PER_PATIENT == pl.col("pid").cast(pl.Int64)
    starts_today = starts.select("line_key").unique().with_columns(is_start_day=pl.lit(value=True))
    during = (
        in_force.filter(is_own)
        .join(starts_today, left_on="day_key", right_on="line_key", how="anti")
        .select("value_key", "place")
    )
    windows = [during]
    ahead = in_force.select("value_key", "pid", "date", place=pl.col("place").fill_null(-1))
    while ahead.height:
        ahead = (
            ahead.with_columns(place=pl.col("place") + 1)
            .join(starts.select("place", "pid", "start_date"), on=["place", "pid"])
            .filter(pl.col("start_date") - pl.col("date") <= pl.duration(days=settings.baseline_window_days))
            .select("value_key", "pid", "date", "place")
        )
        windows.append(ahead.select("value_key", "place"))
    return pl.concat(windows).join(starts.drop("line_key", "pid"), on="place")


def _derive_baselines(values: pl.DataFrame) -> pl.DataFrame:
    """Return the baseline day of each line and series: the last assessable one up to the start."""
    return (
        values.filter((pl.col("date") <= pl.col("start_date")) & pl.col("is_assessable") & ~pl.col("has_unclear_date"))
        .sort("place", "series_key", "date", "value_key")
        .unique(["place", "series_key"], keep="last", maintain_order=True)
        .select("place", "series_key", baseline_date="date", baseline_low="day_low", baseline_high="day_high")
    )


def derive_marker_values(tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Derive one row a marker value inside a line's window.

    The baseline is the last assessable value from ``baseline_window_days`` before the start to its day, in
    each assay group; a value whose possible days lie on both sides of the start is neither baseline nor
    follow-up. Change is never computed across assay groups or from a bound.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.MarkerValues``, sorted by patient, line, analyte, series and date.
    """
    values = derive_interference(_derive_day_values(_derive_series(tables["labs"])), tables, settings)
    by_ppi = (pl.col("ppi") == "yes") & pl.col("analyte").is_in(RAISED_BY_PPI)
    by_egfr = (pl.col("egfr_low") == "yes") & pl.col("analyte").is_in(RAISED_BY_LOW_EGFR)
    values = values.with_columns(is_assessable=~(by_ppi | by_egfr).any().over("day_of_series"))
    windows = _derive_line_windows(values, lines.collect(), settings)
    difference = (pl.col("date") - pl.col("start_date")).dt.total_days()
    surely_before = pl.col("date_hi") <= pl.col("start_lo")
    surely_after = pl.col("date_lo") > pl.col("start_hi")
    read = values.join(windows, on="value_key").with_columns(
        days=pl.when(difference >= 0).then(difference + 1).otherwise(difference),
        has_unclear_date=~(surely_before | surely_after),
    )
    own = pl.when(pl.col("high").is_infinite()).then("low").otherwise("high")
    is_point = pl.col("baseline_low") == pl.col("baseline_high")
    return (
        read.join(_derive_baselines(read), on=["place", "series_key"], how="left")
        .with_columns(
            is_baseline=(pl.col("date") == pl.col("baseline_date")).fill_null(value=False),
            change_pct=pl.when(is_point & (pl.col("baseline_low") > 0)).then((own / pl.col("baseline_low") - 1) * 100),
        )
        .sort("pid", "line_no", "analyte", "series", "compared_unit", "date", "value_key")
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerValues.columns().items())
        .lazy()
    )
