"""Tumour growth before a line: the targets of its baseline, measured already at an earlier visit."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.endpoints.lesion_rows import SIZED, TARGET
from analytics.endpoints.lesion_sizes import LesionSizes
from analytics.endpoints.line_readings import LineReadings
from analytics.endpoints.visits import NEVER

EARLIEST_MONTHS, LATEST_MONTHS = 2.0, 12.0
"""How long before the baseline the earlier visit lies; over less, the error of measuring outweighs the growth."""


def derive_earlier_sums(readings: LineReadings) -> pl.DataFrame:
    """Return each line's baseline beside the latest earlier visit at which all its targets were measured.

    A baseline at which a new lesion was seen is not used: the sum of the old ones would not tell the growth.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``line_no``, ``first_date`` of the baseline, ``baseline_date`` of the visit before, ``sum_mm``
        at the baseline and ``baseline_mm`` before: growth is read from the earlier to the later.
    """
    baselines = pl.concat([readings.lines.select("pid", "line_no"), readings.baselines], how="horizontal")
    of_visit = readings.visits.select("pid", "first_date", "new_day", visit=pl.int_range(pl.len(), dtype=pl.Int64))
    unchanged = baselines.filter(pl.col("n_targets") > 0).join(
        of_visit.filter(pl.col("new_day") == int(NEVER)).select(base_visit="visit"), on="base_visit"
    )
    sums = _sum_targets(unchanged, of_visit, readings.sizes)
    return (
        sums.sort("pid", "line_no", "earlier")
        .unique(["pid", "line_no"], keep="last", maintain_order=True)
        .select(
            "pid",
            "line_no",
            first_date="baseline_date",
            baseline_date="earlier",
            sum_mm=pl.col("baseline") / 10,
            baseline_mm=pl.col("tenths") / 10,
        )
    )


def _list_rows(sizes: LesionSizes, visits: pl.Series) -> pl.DataFrame:
    """Return the lesion rows of some of the visits."""
    is_asked = np.zeros(sizes.n_visits, dtype=np.bool_)
    is_asked[visits.to_numpy()] = True
    return sizes.select(is_asked).list_rows()


def _sum_targets(baselines: pl.DataFrame, visits: pl.DataFrame, sizes: LesionSizes) -> pl.DataFrame:
    """Return the earlier visits of each baseline at which each of its targets has a size, with their sum."""
    months = (pl.col("baseline_date") - pl.col("earlier")).dt.total_days() / DAYS_PER_MONTH
    pairs = baselines.join(visits.select("pid", "visit", earlier="first_date"), on="pid").filter(
        months.is_between(EARLIEST_MONTHS, LATEST_MONTHS)
    )
    targets = (
        _list_rows(sizes, pairs["base_visit"])
        .filter((pl.col("marks") & int(TARGET)) > 0)
        .select("lesion", base_visit="visit")
    )
    sized = _list_rows(sizes, pairs["visit"]).filter((pl.col("marks") & int(SIZED)) > 0)
    key = ["pid", "line_no", "visit"]
    return (
        pairs.join(targets, on="base_visit")
        .join(sized.select("visit", "lesion", "tenths"), on=["visit", "lesion"])
        .group_by(key)
        .agg(pl.col("earlier", "baseline_date", "baseline", "n_targets").first(), pl.col("tenths").sum(), n=pl.len())
        .filter((pl.col("n") == pl.col("n_targets")) & (pl.col("tenths") > 0) & (pl.col("baseline") > 0))
    )
