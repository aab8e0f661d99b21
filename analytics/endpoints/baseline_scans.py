"""Which lines began without a baseline examination: by FDA-style rules nothing can be seen to progress from it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key
from analytics.longitudinal.line_windows import is_surely_timed


def find_lines_without_baseline(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings
) -> pl.Series:
    """Return for each line whether its patient was examined, but not from ``baseline_scan_days`` before to the start.

    Inadequate scans and clinical examinations are no baseline, nor is a scan whose day is known only roughly where
    it may lie after the start. Of patients without any examination on record
    nothing is said: a source that gives readers' responses alone does not show what was done before.

    Notes
    -----
    FDA, Clinical trial endpoints for the approval of cancer drugs, appendix 3: without a baseline assessment PFS
    is censored on day 1.
    """
    is_scan = (pl.col("modality") != "clinical_exam").fill_null(value=True)
    is_adequate = (pl.col("adequate") != "N").fill_null(value=True)
    scans = (
        tables["imaging"]
        .filter(pl.col("date").is_not_null() & is_scan)
        .select(
            "pid",
            "date",
            day_key=compute_day_key(pl.col("date")),
            is_adequate=is_adequate,
            date_hi=pl.coalesce("date_hi", "date"),
            is_filled=(pl.col("date_hi") > pl.col("date")).fill_null(value=False),
        )
        .collect()
    )
    if scans.is_empty():
        return pl.Series("lacks_baseline", [False]).new_from_index(0, lines.height)
    # a day no line starts on stands before all others, so that there is always one to look at
    exact = scans.filter(pl.col("is_adequate") & ~pl.col("is_filled"))["day_key"]
    keys = pl.concat([pl.Series([-DAYS_PER_PATIENT]), exact]).sort()
    start = lines.select(compute_day_key(pl.col("start_date"))).to_series()
    place = keys.search_sorted(start.fill_null(-1), side="right").cast(pl.Int64) - 1
    last = keys.gather(place.clip(0))
    is_own = last // DAYS_PER_PATIENT == start // DAYS_PER_PATIENT
    is_near = is_own & (start - last <= settings.baseline_scan_days) | _have_filled(lines, scans, settings)
    is_examined = lines["pid"].is_in(scans["pid"].unique().implode())
    return (is_examined & ~is_near.fill_null(value=False) & start.is_not_null()).alias("lacks_baseline")


def _have_filled(lines: pl.DataFrame, scans: pl.DataFrame, settings: Settings) -> pl.Series:
    """Return which lines have a scan known only to its month or year that surely lies before them, and near."""
    filled = scans.filter(pl.col("is_adequate") & pl.col("is_filled")).select("pid", "date", "date_hi")
    earliest = pl.col("start_date") - pl.duration(days=settings.baseline_scan_days)
    found = (
        lines.select("pid", "start_date", "start_lo", "start_hi", place=pl.int_range(pl.len()))
        .join(filled, on="pid")
        .filter(pl.col("date").is_between(earliest, pl.col("start_date")) & is_surely_timed())
    )
    return pl.repeat(value=False, n=lines.height, eager=True).scatter(found["place"].unique(), values=True)
