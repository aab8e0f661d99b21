"""Tumour growth before a line: the targets of its baseline, measured already at an earlier visit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.settings import Settings
from analytics.catalogue.size_criteria import SIZE_CRITERIA_BY_CODE
from analytics.endpoints.lesion_rows import SIZED, TARGET
from analytics.endpoints.lesion_sizes import derive_lesion_sizes
from analytics.endpoints.recist import select_baselines
from analytics.endpoints.visits import derive_line_visits, derive_visit_facts, derive_visits, select_dated_lines

EARLIEST_MONTHS, LATEST_MONTHS = 2.0, 12.0
"""How long before the baseline the earlier visit lies; over less, the error of measuring outweighs the growth."""


def derive_earlier_sums(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return each line's baseline beside the latest earlier visit at which all its targets were measured.

    A baseline at which a new lesion was seen is not used: the sum of the old ones would not tell the growth.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``line_no``, ``first_date`` of the baseline, ``baseline_date`` of the visit before, ``sum_mm``
        at the baseline and ``baseline_mm`` before: growth is read from the earlier to the later.
    """
    dated = select_dated_lines(lines)
    scans = derive_visits(tables["imaging"], settings)
    visits = derive_line_visits(derive_visit_facts(scans), dated)
    sizes = derive_lesion_sizes(tables["lesions"], scans, SIZE_CRITERIA_BY_CODE[settings.size_criteria])
    of_line = select_baselines(visits, sizes, dated.height, settings)
    baselines = pl.concat([dated.select("pid", "line_no"), of_line], how="horizontal").filter(pl.col("n_targets") > 0)
    of_visit = visits.select("pid", "first_date", "new_date", visit=pl.int_range(pl.len(), dtype=pl.Int64))
    unchanged = baselines.join(
        of_visit.filter(pl.col("new_date").is_null()).select(base_visit="visit"), on="base_visit"
    )
    sums = _sum_targets(unchanged, of_visit, sizes)
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


def _sum_targets(baselines: pl.DataFrame, visits: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """Return the earlier visits of each baseline at which each of its targets has a size, with their sum."""
    months = (pl.col("baseline_date") - pl.col("earlier")).dt.total_days() / DAYS_PER_MONTH
    located = sizes.select("visit", "lesion", "tenths", "marks")
    targets = located.filter((pl.col("marks") & int(TARGET)) > 0).select("lesion", base_visit="visit")
    sized = located.filter((pl.col("marks") & int(SIZED)) > 0).drop("marks")
    key = ["pid", "line_no", "visit"]
    return (
        baselines.join(visits.select("pid", "visit", earlier="first_date"), on="pid")
        .filter(months.is_between(EARLIEST_MONTHS, LATEST_MONTHS))
        .join(targets, on="base_visit")
        .join(sized, on=["visit", "lesion"])
        .group_by(key)
        .agg(pl.col("earlier", "baseline_date", "baseline", "n_targets").first(), pl.col("tenths").sum(), n=pl.len())
        .filter((pl.col("n") == pl.col("n_targets")) & (pl.col("tenths") > 0) & (pl.col("baseline") > 0))
    )
