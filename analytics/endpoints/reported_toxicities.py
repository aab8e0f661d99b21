"""Toxicities as clinicians graded them: the worst of each line and term."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.longitudinal.keys import is_first_of
from analytics.tables.derived_tolerance import ReportedToxicities


def derive_reported_toxicities(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Derive ``derived.ReportedToxicities``: the worst grade of each term that began during each line.

    A line reaches from the day of its start to the day before the next one starts.
    """
    key = ["pid", "line_no", "term"]
    is_before_next = (pl.col("start") < pl.col("next_line_date")).fill_null(value=True)
    rows = (
        tables["toxicities"]
        .filter(pl.col("start").is_not_null() & pl.col("grade").is_not_null())
        .select("pid", "term", "grade", "start", "serious", file="_file", row="_row")
        .join(lines.lazy().select("pid", "line_no", "start_date", "next_line_date"), on="pid")
        .filter((pl.col("start") >= pl.col("start_date")) & is_before_next)
        .collect()
        .sort(*key, "grade", "start", "file", "row", descending=[False, False, False, True, False, False, False])
    )
    counts = rows.group_by(key).agg(n_events=pl.len(), is_serious=(pl.col("serious") == "Y").any())
    return (
        rows.filter(is_first_of(*key))
        .join(counts, on=key)
        .with_columns(date="start", is_serious=pl.col("is_serious").fill_null(value=False))
        .sort(key)
        .select(pl.col(name).cast(column.dtype) for name, column in ReportedToxicities.columns().items())
    )
