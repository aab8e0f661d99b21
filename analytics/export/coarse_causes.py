"""Coarsen follow-up with several ends until no step of it speaks of fewer people than the floor."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.coarse_time import is_enough

People = list[set[int]]


def release_cause_rows(lines: pl.DataFrame, n_causes: int, floor: int) -> list[tuple[int, list[int]]]:
    """Return (month, lines censored and ended by each cause since the row before) for months that may be shown.

    As in `coarse_time`: a month is a row when since the row before, and after the last row, each kind of end is of
    nobody or of at least ``floor`` people, and at least ``floor`` are still at risk; the last row is as late as it can.
    """
    dated = lines.with_columns(month=(pl.col("days") / DAYS_PER_MONTH).ceil().cast(pl.Int64))
    months = dated["month"].unique().sort().to_list()

    def ends_in(first: int, last: int) -> pl.DataFrame:
        return dated.filter((pl.col("month") > first) & (pl.col("month") <= last))

    def may_stand(part: pl.DataFrame) -> bool:
        return all(
            is_enough(part.filter(pl.col("cause") == kind)["pid"].n_unique(), floor) for kind in range(n_causes + 1)
        )

    end = months[-1] if months else 0
    lasts = [
        month
        for month in months
        if may_stand(ends_in(0, month)) and may_stand(rest := ends_in(month, end)) and rest["pid"].n_unique() >= floor
    ]
    rows: list[tuple[int, list[int]]] = []
    since = 0
    for month in months:
        if lasts and month <= lasts[-1] and may_stand(ends_in(since, month)) and may_stand(ends_in(month, lasts[-1])):
            part = ends_in(since, month)
            rows.append((month, [part.filter(pl.col("cause") == kind).height for kind in range(n_causes + 1)]))
            since = month
    return rows
