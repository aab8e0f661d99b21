"""Marker values read against a treatment line: baseline, change, and whether they can be assessed."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.catalogue.settings import Settings
from analytics.longitudinal.atrophic_gastritis import derive_atrophic_gastritis
from analytics.longitudinal.interference import derive_interference
from analytics.longitudinal.line_windows import derive_line_windows
from analytics.longitudinal.series import derive_series
from analytics.tables.derived import MarkerValues

RAISED_BY_PPI: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "PPI" in entry.interferences)
RAISED_BY_LOW_EGFR: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "low_egfr" in entry.interferences)
RAISED_BY_GASTRITIS: tuple[str, ...] = tuple(
    entry.code for entry in BIOMARKERS if "atrophic_gastritis" in entry.interferences
)


def _derive_assessable(values: pl.DataFrame) -> pl.DataFrame:
    """Add ``is_assessable``: one verdict a day, false when any value of the day is raised by what is taken."""
    by_ppi = (pl.col("ppi") == "yes") & pl.col("analyte").is_in(RAISED_BY_PPI)
    by_egfr = (pl.col("egfr_low") == "yes") & pl.col("analyte").is_in(RAISED_BY_LOW_EGFR)
    by_gastritis = pl.col("has_atrophic_gastritis") & pl.col("analyte").is_in(RAISED_BY_GASTRITIS)
    raised = values.with_columns(is_raised=by_ppi | by_egfr | by_gastritis)
    raised_days = raised.filter(pl.col("is_of_several") & pl.col("is_raised"))["day_key"].unique()
    of_raised_day = pl.col("is_of_several") & pl.col("day_key").is_in(raised_days.implode())
    return raised.with_columns(is_assessable=~(pl.col("is_raised") | of_raised_day)).drop(
        "is_raised", "is_of_several", "day_key", "ppi_within_2w"
    )


def _derive_baselines(read: pl.DataFrame) -> pl.DataFrame:
    """Add the baseline of each line and series: its last assessable day up to the start.

    ``read`` is in the order of line, series and day, so that a group is a run of rows.
    """
    is_new = (pl.col("place") != pl.col("place").shift(1)) | (pl.col("series_key") != pl.col("series_key").shift(1))
    is_eligible = (pl.col("date") <= pl.col("start_date")) & pl.col("is_assessable") & ~pl.col("has_unclear_date")
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    return (
        read.with_columns(group=is_new.fill_null(value=True).cum_sum(), base=pl.when(is_eligible).then(place))
        .with_columns(base=pl.col("base").max().over("group"))
        .with_columns(
            baseline_date=pl.col("date").gather(pl.col("base")),
            baseline_low=pl.col("day_low").gather(pl.col("base")),
            baseline_high=pl.col("day_high").gather(pl.col("base")),
        )
    )


def derive_marker_values(tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Derive one row a marker value inside a line's window.

    The baseline is the last assessable value from ``baseline_window_days`` before the start to its day, in
    each assay group; a value whose possible days lie on both sides of the start is neither baseline nor
    follow-up. Change is never computed across assay groups or from a bound.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.MarkerValues``, sorted by patient, start of the line, analyte, series and date.
    """
    raised = derive_interference(derive_series(tables["labs"]), tables, settings)
    values = _derive_assessable(derive_atrophic_gastritis(raised, tables["concomitants"]))
    difference = (pl.col("date") - pl.col("start_date")).dt.total_days().cast(pl.Int32)
    surely_before = pl.col("date_hi") <= pl.col("start_lo")
    surely_after = pl.col("date_lo") > pl.col("start_hi")
    read = derive_line_windows(values, lines.collect(), settings).with_columns(
        days=pl.when(difference >= 0).then(difference + 1).otherwise(difference),
        has_unclear_date=~(surely_before | surely_after),
    )
    own = pl.when(pl.col("high").is_infinite()).then("low").otherwise("high")
    is_point = pl.col("baseline_low") == pl.col("baseline_high")
    return (
        _derive_baselines(read)
        .with_columns(
            is_baseline=(pl.col("date") == pl.col("baseline_date")).fill_null(value=False),
            change_pct=pl.when(is_point & (pl.col("baseline_low") > 0)).then((own / pl.col("baseline_low") - 1) * 100),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerValues.columns().items())
        .lazy()
    )
