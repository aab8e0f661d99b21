"""Diameters of the same targets at two visits: before a line, and from its baseline to about its third month."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.endpoints.lesion_rows import NODE, SIZED, TARGET
from analytics.endpoints.lesion_sizes import LesionSizes
from analytics.endpoints.line_readings import LineReadings
from analytics.endpoints.visits import NEVER

BEFORE_MONTHS = (2.0, 12.0)
"""How long before the baseline the earlier visit lies; over less, the error of measuring outweighs the growth."""

NEAR_MONTHS, TARGET_MONTHS = (2.0, 4.0), 3.0
"""How long after the baseline the later visit lies; the one nearest to three months is taken."""


def derive_earlier_sums(readings: LineReadings) -> pl.DataFrame:
    """Return each line's baseline beside the latest earlier visit at which all its targets were measured.

    Nodes are left out: their short axes are no diameters of a sphere. A baseline at which a new lesion was seen is
    not used: the sum of the old ones would not tell the growth.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``line_no``, ``first_date`` of the baseline, ``baseline_date`` of the visit before, ``sum_mm``
        at the baseline and ``baseline_mm`` before: growth is read from the earlier to the later.
    """
    visits = _number_visits(readings)
    unchanged = _select_baselines(readings).join(
        visits.filter(pl.col("new_day") == int(NEVER)).select(base_visit="visit"), on="base_visit"
    )
    pairs = unchanged.join(visits.select("pid", "visit", day="first_date"), on="pid").filter(
        _compute_months("day", "baseline_date").is_between(*BEFORE_MONTHS)
    )
    latest = _sum_targets(pairs, readings.sizes).sort("pid", "line_no", "day")
    return latest.unique(["pid", "line_no"], keep="last", maintain_order=True).select(
        "pid",
        "line_no",
        first_date="baseline_date",
        baseline_date="day",
        sum_mm=pl.col("base_tenths") / 10,
        baseline_mm=pl.col("tenths") / 10,
    )


def derive_later_sums(readings: LineReadings, recist: pl.DataFrame) -> pl.DataFrame:
    """Return each line's baseline beside the visit nearest to three months after it, in the same columns.

    A visit with a new lesion, an incomplete sum or an inadequate scan is not used. ``recist`` are the assessments
    of the same ``readings``.
    """
    months = _compute_months("baseline_date", "first_date")
    near = (
        recist.filter(pl.col("is_complete") & ~pl.col("has_new_lesion") & ~pl.col("is_inadequate"))
        .filter(months.is_between(*NEAR_MONTHS))
        .with_columns(distance=(months - TARGET_MONTHS).abs())
        .sort("pid", "line_no", "distance", "first_date")
        .unique(["pid", "line_no"], keep="first", maintain_order=True)
        .select("pid", "line_no", day="first_date")
    )
    visits = _number_visits(readings).select("pid", "visit", day="first_date")
    pairs = near.join(_select_baselines(readings), on=["pid", "line_no"]).join(visits, on=["pid", "day"])
    return _sum_targets(pairs, readings.sizes).select(
        "pid",
        "line_no",
        "baseline_date",
        first_date="day",
        sum_mm=pl.col("tenths") / 10,
        baseline_mm=pl.col("base_tenths") / 10,
    )


def _compute_months(earlier: str, later: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_days() / DAYS_PER_MONTH


def _number_visits(readings: LineReadings) -> pl.DataFrame:
    return readings.visits.select("pid", "first_date", "new_day", visit=pl.int_range(pl.len(), dtype=pl.Int64))


def _select_baselines(readings: LineReadings) -> pl.DataFrame:
    """Return the baseline of each line that has one with targets."""
    baselines = pl.concat([readings.lines.select("pid", "line_no"), readings.baselines], how="horizontal")
    return baselines.filter(pl.col("n_targets") > 0).select("pid", "line_no", "base_visit", "baseline_date")


def _list_rows(sizes: LesionSizes, visits: pl.Series) -> pl.DataFrame:
    """Return the lesion rows of some of the visits."""
    is_asked = np.zeros(sizes.n_visits, dtype=np.bool_)
    is_asked[visits.to_numpy()] = True
    return sizes.select(is_asked).list_rows()


def _sum_targets(pairs: pl.DataFrame, sizes: LesionSizes) -> pl.DataFrame:
    """Return the pairs of visits at both of which every target of ``base_visit`` that is no node has a size above 0.

    ``base_tenths`` and ``tenths`` are the sums of their diameters at ``base_visit`` and at ``visit``.
    """
    is_diameter = (pl.col("marks") & int(TARGET | NODE)) == int(TARGET)
    targets = (
        _list_rows(sizes, pairs["base_visit"])
        .filter(is_diameter)
        .select("lesion", base_visit="visit", base_tenths="tenths")
        .with_columns(n_targets=pl.len().over("base_visit"))
    )
    sized = _list_rows(sizes, pairs["visit"]).filter((pl.col("marks") & int(SIZED)) > 0)
    return (
        pairs.join(targets, on="base_visit")
        .join(sized.select("visit", "lesion", "tenths"), on=["visit", "lesion"])
        .group_by("pid", "line_no", "visit")
        .agg(pl.col("day", "baseline_date", "n_targets").first(), pl.col("tenths", "base_tenths").sum(), n=pl.len())
        .filter((pl.col("n") == pl.col("n_targets")) & (pl.col("tenths") > 0) & (pl.col("base_tenths") > 0))
    )
