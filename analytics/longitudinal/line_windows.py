"""Which values are read against which line: from the baseline window to the day before the next line."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key

_OF_LINE = ("line_no", "start_date", "start_lo", "start_hi")


def _derive_starts(lines: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.filter(pl.col("start_date").is_not_null())
        .sort("pid", "start_date", "line_no")
        .select("pid", *_OF_LINE, start_key=compute_day_key(pl.col("start_date")))
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
    )


def _derive_in_force(values: pl.DataFrame, starts: pl.DataFrame) -> pl.DataFrame:
    """Return the position of the last line begun before each value; a value of a start's day has none."""
    day_key = values.select(compute_day_key(pl.col("date")).alias("day_key")).to_series()
    begun = starts["start_key"].search_sorted(day_key, side="left").cast(pl.Int64) - 1
    place = pl.when(pl.col("place") >= 0).then("place")
    return (
        pl.DataFrame([day_key, begun.alias("place")])
        .with_columns(place, value=pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(start_key=pl.lit(starts["start_key"]).gather(pl.col("place")))
    )


def derive_line_windows(values: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Read every value against the line in force and against each line that starts soon after it.

    Returns the values, once for each line they are read against, with ``place`` (position of the line) and
    the line's number and start; in the order of line, then of ``values``.
    """
    starts = _derive_starts(lines)
    if starts.is_empty():
        return values.head(0).join(starts.drop("start_key"), on="pid")
    last = starts.height - 1
    found = _derive_in_force(values, starts)
    ahead = pl.col("place").fill_null(-1) + 1
    next_key = pl.lit(starts["start_key"]).gather(ahead.clip(0, last))
    is_own = pl.col("day_key") // DAYS_PER_PATIENT == pl.col("start_key") // DAYS_PER_PATIENT
    starts_today = (ahead <= last) & (next_key == pl.col("day_key"))
    parts = [found.filter(is_own & ~starts_today).select("value", "place")]
    until = pl.col("day_key") + settings.baseline_window_days
    coming = found.select("value", "day_key", place=ahead)
    while True:
        key = pl.lit(starts["start_key"]).gather(pl.col("place").clip(0, last))
        same = key // DAYS_PER_PATIENT == pl.col("day_key") // DAYS_PER_PATIENT
        coming = coming.filter((pl.col("place") <= last) & same & (key <= until))
        if coming.is_empty():
            break
        parts.append(coming.select("value", "place"))
        coming = coming.with_columns(pl.col("place") + 1)
    pairs = pl.concat(parts).sort(pl.col("place") * values.height + pl.col("value"))
    return pl.concat(
        [
            values.select(pl.all().gather(pairs["value"])),
            starts.select(pl.col("place", *_OF_LINE).gather(pairs["place"])),
        ],
        how="horizontal",
    )
