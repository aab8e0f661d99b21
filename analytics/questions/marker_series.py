"""The assessable values of a marker in each line, one a day, as the logarithm of fold-ULN."""

from __future__ import annotations

import polars as pl

from analytics.tables.study import Study

AT_MOST, KNOWN, AT_LEAST = -1, 0, 1
"""What ``beyond`` says of a value: at or below what is given, the value itself, at or above it."""


def derive_marker_days(study: Study, lines: pl.DataFrame, analyte: str) -> pl.DataFrame:
    """Return one row a line, comparable series and day: the logarithm of fold-ULN, or the limit it lies beyond.

    Left out are values under a PPI or with a low eGFR, of an unclear day, without an upper limit of normal, and of
    which nothing is known (a day with one value below and one above the measuring range).

    Parameters
    ----------
    lines
        Lines with ``pid`` and ``line_no``; others have no row.

    Returns
    -------
    polars.DataFrame
        ``pid``, ``line_no``, ``series``, ``days`` (1 is the day of the start, those before are negative),
        ``is_baseline``, ``log_fold`` (natural logarithm of × ULN) and ``beyond``, by line and day.
    """
    low, high = pl.col("day_low"), pl.col("day_high")
    has_low, has_high = low > 0, high.is_finite()
    return (
        study.table("marker_values")
        .filter(
            (pl.col("analyte") == analyte)
            & pl.col("is_assessable")
            & ~pl.col("has_unclear_date")
            & (pl.col("compared_uln") > 0)
            & (high > 0)
            & (has_low | has_high)
        )
        .join(lines.lazy().select("pid", "line_no"), on=["pid", "line_no"], how="semi")
        .group_by("pid", "line_no", "series", "days")
        .agg(pl.col("day_low", "day_high", "compared_uln").first(), pl.col("is_baseline").any())
        .select(
            "pid",
            "line_no",
            "series",
            "days",
            "is_baseline",
            log_fold=pl.when(has_low & has_high)
            .then((low.log() + high.log()) / 2)
            .when(has_low)
            .then(low.log())
            .otherwise(high.log())
            - pl.col("compared_uln").log(),
            beyond=pl.when(~has_low).then(AT_MOST).when(~has_high).then(AT_LEAST).otherwise(KNOWN).cast(pl.Int64),
        )
        .sort("pid", "line_no", "days", "series")
        .collect()
    )


def keep_one_series(days: pl.DataFrame) -> pl.DataFrame:
    """Keep of each line the series of its baseline, of its first value where it has none: others do not compare."""
    is_of_baseline = pl.col("is_baseline").any().over("pid", "line_no", "series")
    first = (
        days.with_columns(is_of_baseline=is_of_baseline)
        .sort("pid", "line_no", "is_of_baseline", "days", "series", descending=[False, False, True, False, False])
        .unique(["pid", "line_no"], keep="first", maintain_order=True)
        .select("pid", "line_no", "series")
    )
    return days.join(first, on=["pid", "line_no", "series"], how="semi", maintain_order="left")
