"""When a marker was measured by another assay, and no longer by the one of its baseline."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.comparable_days import SERIES
from analytics.longitudinal.keys import is_first_of

_LINE = ["pid", "line_no", "analyte"]


def derive_assay_changes(marker_values: pl.LazyFrame, last: pl.DataFrame) -> pl.DataFrame:
    """Return the first value of each line and marker that no baseline can be compared with, after the last that can.

    A marker measured by the former assay again is compared with its baseline again: that is no change.

    Parameters
    ----------
    marker_values
        In the order ``derive_marker_values`` gives.
    last
        ``pid``, ``line_no``, ``analyte`` and ``last_value_date``, one row a line and marker with a baseline.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``line_no``, ``analyte``, ``changed_date``, ``changed_file``, ``changed_row``; only those that changed.
    """
    values = (
        marker_values.select(*SERIES, "date", "days", "is_baseline", "has_unclear_date", "file", "row")
        .with_columns(series_no=is_first_of(*SERIES).cum_sum())
        .collect()
    )
    compared = values.filter("is_baseline")["series_no"].unique()
    is_other = ~pl.col("series_no").is_in(compared.implode()) & (pl.col("days") > 1) & ~pl.col("has_unclear_date")
    return (
        values.filter(is_other)
        .join(last, on=_LINE)
        .filter(pl.col("date") > pl.col("last_value_date"))
        .sort(*_LINE, "date", "file", "row")
        .unique(_LINE, keep="first", maintain_order=True)
        .select(*_LINE, changed_date="date", changed_file="file", changed_row="row")
    )
