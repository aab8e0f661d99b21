"""What decay and regrowth are read from: the values of a line from its baseline to the start of the next line."""

from __future__ import annotations

import polars as pl

from analytics.questions.marker_series import KNOWN, derive_marker_days, keep_one_series
from analytics.tables.study import Study

VALUES = {"pid": pl.UInt32, "line_no": pl.Int32, "day": pl.Int64, "value": pl.Float64, "is_known": pl.Boolean}


def derive_regrowth_values(study: Study, lines: pl.DataFrame, measure: str, analyte: str) -> pl.DataFrame:
    """Return a row a line and day from the baseline on: ``pid``, ``line_no``, ``day``, ``value`` and ``is_known``.

    ``value`` is × ULN of one comparable assay series, or the sum of diameters in mm; ``day`` has no gap at the start. A
    value beyond a quantitation limit is not known. A line without a baseline has no row.
    """
    values = _derive_sums(study, lines) if measure == "diameters" else _derive_marker(study, lines, analyte)
    return values.select(pl.col(name).cast(kind) for name, kind in VALUES.items()).sort("pid", "line_no", "day")


def _derive_marker(study: Study, lines: pl.DataFrame, analyte: str) -> pl.DataFrame:
    days = keep_one_series(derive_marker_days(study, lines, analyte))
    baseline = pl.col("days").filter("is_baseline").max().over("pid", "line_no")
    # days have no 0: the day before the start is −1
    without_gap = pl.when(pl.col("days") < 0).then(pl.col("days") + 1).otherwise("days")
    return days.filter(pl.col("days") >= baseline).select(
        "pid", "line_no", day=without_gap, value=pl.col("log_fold").exp(), is_known=pl.col("beyond") == KNOWN
    )


def _derive_sums(study: Study, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the baseline of each line and its later complete sums; to a baseline of nought there is no ratio."""
    keys = ["pid", "line_no"]
    visits = (
        study.table("recist_assessments")
        .filter(pl.col("is_complete") & ~pl.col("is_inadequate"))
        .join(lines.lazy().select(*keys, "start_date"), on=keys)
        .collect()
    )
    baselines = visits.filter(pl.col("baseline_mm") > 0).sort(*keys, "baseline_date").unique(keys, keep="first")
    first = baselines.select(*keys, "start_date", date="baseline_date", value="baseline_mm")
    later = visits.filter(pl.col("date") > pl.col("baseline_date")).join(baselines, on=keys, how="semi")
    sums = later.group_by(*keys, "start_date", "date").agg(value=pl.col("sum_mm").mean()).drop_nulls("value")
    day = (pl.col("date") - pl.col("start_date")).dt.total_days() + 1
    return pl.concat([first, sums.select(first.columns)]).select(*keys, "value", day=day, is_known=pl.lit(value=True))
