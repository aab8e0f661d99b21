"""The days of a marker that may be compared with the baseline of their line, each beside what it is compared with."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.longitudinal.keys import is_first_of
from analytics.longitudinal.runs import compute_running_minimum, find_openings, measure_runs

SERIES: tuple[str, ...] = ("pid", "line_no", "analyte", "series", "compared_unit")

_OF_DAY = (*SERIES, "date", "days", "day_low", "day_high", "compared_uln", "file", "row")


def _select_days(values: pl.DataFrame) -> pl.DataFrame:
    """Return the place among ``values`` of each day that counts: the first row of a day, in series with a baseline."""
    is_from_baseline = (pl.col("days") > 1) | pl.col("is_baseline")
    days = values.select(
        "date",
        "is_baseline",
        place=pl.int_range(pl.len()),
        series_key=is_first_of(*SERIES).cum_sum(),
        is_counted=pl.col("is_assessable") & ~pl.col("has_unclear_date") & is_from_baseline,
    ).filter("is_counted")
    days = days.filter(is_first_of("series_key", "date")).with_columns(is_first=is_first_of("series_key"))
    opening = find_openings(days["is_first"])
    has_baseline = np.repeat(days["is_baseline"].to_numpy()[opening], measure_runs(opening, days.height))
    return days.filter(pl.Series(has_baseline, dtype=pl.Boolean)).select("place", "is_first")


def derive_comparable_days(marker_values: pl.LazyFrame) -> pl.DataFrame:
    """Return the assessable days of every series that has a baseline, from the baseline on.

    The values come in the order ``derive_marker_values`` gives. One row a day, with ``series_key`` (1, 2, …
    in their order) and the bounds of the value, of the value before (``previous_*``), of the baseline and
    of the smallest value before (``nadir_*``).
    """
    values = marker_values.select(*_OF_DAY, "is_baseline", "is_assessable", "has_unclear_date").collect()
    chosen = _select_days(values)
    days = values.select(_OF_DAY)[chosen["place"]]
    opening = find_openings(chosen["is_first"])
    lengths = measure_runs(opening, days.height)
    first, beside = chosen["is_first"].to_numpy(), dict[str, pl.Series]()
    for bound in ("low", "high"):
        of_day = days[f"day_{bound}"].to_numpy()
        lowest = compute_running_minimum(of_day, opening)
        beside[f"baseline_{bound}"] = pl.Series(np.repeat(of_day[opening], lengths))
        for name, before in (("previous", of_day), ("nadir", lowest)):
            beside[f"{name}_{bound}"] = pl.Series(np.roll(before, 1)).set(pl.Series(first), None)
    return days.with_columns(
        pl.Series(np.repeat(np.arange(1, opening.size + 1), lengths)).alias("series_key"), **beside
    )
