"""Which values are read against which line: from the baseline window to the day before the next line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, sort_by_key

_OF_LINE = ("line_no", "start_date", "start_lo", "start_hi")

Whole = npt.NDArray[np.int64]


def derive_starts(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the dated lines in the order of patient and start, with ``start_key`` and their ``place`` in it."""
    dated = lines.filter(pl.col("start_date").is_not_null()).select(
        "pid", *_OF_LINE, start_key=compute_day_key(pl.col("start_date"))
    )
    ordered = sort_by_key(dated, "start_key", "line_no")
    return ordered.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))


def derive_line_pairs(values: pl.DataFrame, starts: pl.DataFrame, settings: Settings) -> tuple[Whole, Whole]:
    """Return the row of a value and the place of a line for each of the lines every value is read against.

    A value is read against the line in force, which a value of a start's day has not, and against each
    line that starts soon after it. The pairs stand in the order of line, then of ``values`` (``pid``, ``date``).
    """
    row = np.arange(values.height, dtype=np.int64)
    if starts.is_empty() or values.is_empty():
        return row[:0], row[:0]
    day_key = values.select(compute_day_key(pl.col("date"))).to_series().to_numpy()
    patient_from = values["pid"].to_numpy().astype(np.int64) * DAYS_PER_PATIENT
    # behind the last start stands one that no value reaches; a value before all starts meets it too
    start_key = np.append(starts["start_key"].to_numpy(), np.iinfo(np.int64).max)
    ahead = np.searchsorted(start_key, day_key, side="left")
    in_force = ahead - 1
    begun = start_key[in_force]
    is_own = (in_force >= 0) & (begun >= patient_from) & (start_key[ahead] != day_key)
    rows, places = [row[is_own]], [in_force[is_own]]
    until = np.minimum(day_key + settings.baseline_window_days, patient_from + DAYS_PER_PATIENT - 1)
    is_coming = start_key[ahead] <= until
    while is_coming.any():
        row, ahead, until = row[is_coming], ahead[is_coming], until[is_coming]
        rows.append(row)
        places.append(ahead)
        ahead = ahead + 1
        is_coming = start_key[ahead] <= until
    pair = np.sort(np.concatenate(places) * values.height + np.concatenate(rows))
    return pair % values.height, pair // values.height


def is_surely_timed() -> pl.Expr:
    """Return whether a row of ``date`` and ``date_hi`` is after the start of its line, or surely not after it.

    A row and a start known to the same month are taken as of the same day.
    """
    may_be_late = pl.coalesce("date_hi", "date") > pl.coalesce("start_lo", "start_date")
    is_of_same_range = (pl.col("date") == pl.col("start_lo")) & (pl.col("date_hi") == pl.col("start_hi"))
    return (pl.col("date") > pl.col("start_date")) | ~may_be_late | is_of_same_range.fill_null(value=False)


def derive_line_windows(values: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Read every value against the line in force and against each line that starts soon after it.

    Returns the values, once for each line they are read against, with ``place`` (position of the line) and
    the line's number and start; in the order of line, then of ``values``.
    """
    starts = derive_starts(lines)
    row, place = derive_line_pairs(values, starts, settings)
    return pl.concat([values[row], starts.select("place", *_OF_LINE)[place]], how="horizontal")
