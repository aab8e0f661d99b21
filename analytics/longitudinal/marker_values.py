"""Marker values read against a treatment line: baseline, change, and whether they can be assessed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.catalogue.settings import Settings
from analytics.longitudinal.atrophic_gastritis import derive_atrophic_gastritis
from analytics.longitudinal.interference import STATES, YES, compute_egfr, compute_ppi
from analytics.longitudinal.line_windows import derive_line_pairs, derive_starts
from analytics.longitudinal.series import Places, derive_series, read_labs
from analytics.tables.derived import MarkerValues

RAISED_BY_PPI: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "PPI" in entry.interferences)
RAISED_BY_LOW_EGFR: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if "low_egfr" in entry.interferences)
RAISED_BY_GASTRITIS: tuple[str, ...] = tuple(
    entry.code for entry in BIOMARKERS if "atrophic_gastritis" in entry.interferences
)

_PASSENGERS = (
    "analyte", "value", "comparator", "unit", "fold_uln", "assay_id", "assay_group", "series", "compared_unit",
    "file", "row",
)  # fmt: skip
"""What a value carries along from its row."""


def is_one_of(analytes: tuple[str, ...]) -> pl.Expr:
    """Return whether the analyte is one of a few: comparing takes less time than looking up."""
    return pl.any_horizontal(pl.lit(value=False), *(pl.col("analyte") == analyte for analyte in analytes))


def _derive_assessable(values: pl.DataFrame, several: Places, labs: pl.DataFrame) -> pl.Series:
    """Return one verdict a day, false when any value of the day is raised by what is taken."""
    by_analyte = labs.select(
        ppi=is_one_of(RAISED_BY_PPI), egfr=is_one_of(RAISED_BY_LOW_EGFR), gastritis=is_one_of(RAISED_BY_GASTRITIS)
    )
    raising = by_analyte[values["source"]]
    is_raised = (
        ((values["ppi"] == YES) & raising["ppi"])
        | ((values["egfr_low"] == YES) & raising["egfr"])
        | (values["has_atrophic_gastritis"] & raising["gastritis"])
    ).to_numpy(writable=True)
    if several.size:
        of_days = values.select("day_key").with_columns(is_raised=pl.Series(is_raised))[several]
        raised_days = of_days.filter("is_raised")["day_key"].unique()
        is_raised[several] = of_days["day_key"].is_in(raised_days.implode()).to_numpy()
    return pl.Series(~is_raised)


def _derive_values(labs: pl.DataFrame, tables: Mapping[str, pl.LazyFrame], settings: Settings) -> pl.DataFrame:
    """Return the values of every series with what is known of interferences and whether they can be assessed."""
    values, several = derive_series(labs)
    known = values.with_columns(
        ppi=compute_ppi(values, tables["concomitants"], settings),
        egfr_low=compute_egfr(values, labs, settings),
        has_atrophic_gastritis=derive_atrophic_gastritis(values, tables["concomitants"]),
    )
    return known.select(
        "source", "pid", "date", "date_lo", "date_hi", "low", "high", "day_low", "day_high", "is_bound", "series_key",
        "ppi", "egfr_low", "has_atrophic_gastritis",
        is_assessable=_derive_assessable(known, several, labs),
    )  # fmt: skip


def _read_values(values: pl.DataFrame, starts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Put each value beside the line it is read against, with its day counted from the start."""
    row, place = derive_line_pairs(values, starts, settings)
    # days as plain numbers: as durations they cost twice as much
    difference = pl.col("date").cast(pl.Int32) - pl.col("start_date").cast(pl.Int32)
    surely_before = pl.col("date_hi") <= pl.col("start_lo")
    surely_after = pl.col("date_lo") > pl.col("start_hi")
    return pl.concat(
        [values[row], starts.select("place", "line_no", "start_date", "start_lo", "start_hi")[place]],
        how="horizontal",
    ).with_columns(
        days=pl.when(difference >= 0).then(difference + 1).otherwise(difference),
        has_unclear_date=~(surely_before | surely_after),
    )


def _find_baselines(read: pl.DataFrame) -> pl.Series:
    """Return for each row the row of its baseline: of its line and series the last assessable day up to the start.

    ``read`` is in the order of line, series and day, so that a group is a run of rows.
    """
    is_new = (pl.col("place") != pl.col("place").shift(1)) | (pl.col("series_key") != pl.col("series_key").shift(1))
    is_eligible = (pl.col("date") <= pl.col("start_date")) & pl.col("is_assessable") & ~pl.col("has_unclear_date")
    facts = read.select(is_new=is_new.fill_null(value=True), is_eligible=is_eligible.fill_null(value=False))
    if facts.is_empty():
        return pl.Series(dtype=pl.Int64)
    opening = np.flatnonzero(facts["is_new"].to_numpy())
    eligible = np.where(facts["is_eligible"].to_numpy(), np.arange(facts.height), -1)
    last = np.maximum.reduceat(eligible, opening)
    base = pl.Series(np.repeat(last, np.diff(np.append(opening, facts.height))))
    return base.set(base < 0, None)


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
    labs = read_labs(tables["labs"])
    values = _derive_values(labs, tables, settings)
    read = _read_values(values, derive_starts(lines.collect()), settings)
    base, states = _find_baselines(read), pl.lit(pl.Series(STATES))
    own = pl.when(pl.col("high").is_infinite()).then("low").otherwise("high")
    base_low = pl.col("day_low").gather(pl.lit(base))
    is_point = base_low == pl.col("day_high").gather(pl.lit(base))
    ratio = pl.when(pl.col("value_standard") != pl.col("value")).then(pl.col("value_standard") / pl.col("value"))
    passengers = labs.select(*_PASSENGERS, compared_uln=pl.col("uln_used") * ratio.fill_null(1.0))[read["source"]]
    return (
        pl.concat([read, passengers], how="horizontal")
        .with_columns(
            ppi=states.gather(pl.col("ppi")),
            egfr_low=states.gather(pl.col("egfr_low")),
            is_baseline=(pl.col("date") == pl.col("date").gather(pl.lit(base))).fill_null(value=False),
            change_pct=pl.when(is_point & (base_low > 0)).then((own / base_low - 1) * 100),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerValues.columns().items())
        .lazy()
    )
