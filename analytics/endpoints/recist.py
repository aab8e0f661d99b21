"""RECIST from lesions: sums, nadir, target, non-target and new lesions, overall response of every visit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.lesion_counts import derive_roles, summarise_lesions
from analytics.endpoints.line_readings import LineReadings, derive_line_readings
from analytics.endpoints.response_categories import (
    compute_non_target_response,
    compute_overall_response,
    compute_target_response,
)
from analytics.endpoints.visits import NEVER, NO_LINE
from analytics.errors import SettingsError
from analytics.longitudinal.keys import sort_by_line
from analytics.tables.derived import RecistAssessments

BEYOND_ANY_SUM = 1_000_000_000
"""Tenths of a millimetre no sum reaches; keeps the running minimum of one line apart from the next."""


def _derive_nadirs(visits: pl.DataFrame) -> pl.DataFrame:
    """Add the smallest complete sum before each visit, baseline included, and whether all targets were gone once.

    ``visits`` are in the order of lines and days. A running minimum or maximum of numbers that hold the line
    in front starts anew with each line.
    """
    line = pl.col("line").cast(pl.Int64)
    complete = pl.when("is_complete").then("sum").otherwise(pl.lit(BEYOND_ANY_SUM - 1))
    running = (complete - line * BEYOND_ANY_SUM).cum_min() + line * BEYOND_ANY_SUM
    before = pl.when(line == line.shift(1)).then(running.shift(1)).otherwise(BEYOND_ANY_SUM - 1)
    lowest = pl.min_horizontal(before, pl.col("baseline").fill_null(BEYOND_ANY_SUM - 1))
    gone_once = (line * 2 + pl.col("is_gone")).cum_max().shift(1) == line * 2 + 1
    return visits.with_columns(
        nadir=pl.when(lowest < BEYOND_ANY_SUM - 1).then(lowest), was_gone=gone_once.fill_null(value=False)
    )


def _compute_date(rule: str) -> pl.Expr:
    """Return the day of the assessment; a progression is dated by ``rule``."""
    first, last = pl.col("first_date"), pl.col("last_date")
    sign = pl.min_horizontal("new_lesion_date", "worse_date", pl.when(pl.col("target") == "PD").then(last))
    dated = {"first_sign": sign, "earliest_scan": first, "latest_scan": last, "scheduled_visit": last}
    if rule not in dated:
        raise SettingsError(
            f"There is no progression-date rule «{rule}».", "pd_date_rule", f"Known: {', '.join(dated)}."
        )
    return pl.when(pl.col("response") == "PD").then(dated[rule]).otherwise(first)


def _read_visits(visits: pl.DataFrame, summaries: pl.DataFrame, baselines: pl.DataFrame) -> pl.DataFrame:
    """Return the visits read against a line with a baseline, beside their summary and that baseline."""
    # NO_LINE takes the last place, that of no line
    has_baseline = pl.lit(baselines["base_visit"].is_not_null().append(pl.Series([False]))).gather("line")
    # a scan of which nothing is recorded is no assessment, not an unevaluable one
    is_recorded = pl.col("has_rows") | pl.col("is_described") | pl.col("new_date").is_not_null()
    is_complete = (pl.col("n_measured") == pl.col("n_targets")) & (pl.col("n_targets") > 0)
    new_day = pl.when(pl.col("new_day") < NEVER).then(pl.col("new_day").cast(pl.Date))
    read = pl.concat([visits, summaries], how="horizontal").filter(
        (pl.col("line") != NO_LINE) & has_baseline & is_recorded
    )
    return pl.concat([read, baselines.select(pl.all().gather(read["line"]))], how="horizontal").with_columns(
        sum=pl.when("has_rows").then("sum"),
        # a visit without a single lesion row says nothing of the others
        n_others=pl.when("has_rows").then("n_others"),
        is_complete=is_complete,
        is_gone=is_complete & ~pl.col("is_left"),
        new_lesion_date=pl.min_horizontal("new_date", new_day),
    )


def derive_recist_assessments(
    tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings
) -> pl.LazyFrame:
    """Derive the response of every visit after a line's start from its lesions.

    The baseline is the last visit from ``baseline_scan_days`` before the start with every target measured.
    Sums are whole tenths of a millimetre, so that 20 %, 5 mm and 30 % are exact. A line is read until the
    next one starts. Returns ``derived.RecistAssessments``.

    Raises
    ------
    SettingsError
        If ``size_criteria`` or ``pd_date_rule`` is not known.
    """
    return assess_readings(derive_line_readings(tables, lines.collect(), settings), settings).lazy()


def assess_readings(readings: LineReadings, settings: Settings) -> pl.DataFrame:
    """Return ``derived.RecistAssessments`` from what is read against the lines."""
    criteria, scans, visits, sizes = readings.criteria, readings.scans, readings.visits, readings.sizes
    roles = derive_roles(sizes, readings.baselines, visits.height)
    days = scans["date"].to_physical().to_numpy()
    summaries = summarise_lesions(sizes, visits["line"].to_numpy(), roles, days, criteria)
    baselines = readings.baselines.with_columns(n_others=pl.Series(roles.count_others()))
    assessed = (
        _derive_nadirs(_read_visits(visits, summaries, baselines))
        .with_columns(
            target=compute_target_response(criteria),
            non_target=compute_non_target_response(),
            has_new_lesion=pl.col("new_lesion_date").is_not_null(),
        )
        .with_columns(response=compute_overall_response())
        .with_columns(pl.lit(scans[name]).gather("scan").alias(name) for name in ("is_imputed", "file", "row"))
        .with_columns(
            date=_compute_date(settings.pd_date_rule),
            sum_mm=pl.when(pl.col("n_measured") > 0).then(pl.col("sum") / 10),
            baseline_mm=pl.col("baseline") / 10,
            nadir_mm=pl.col("nadir") / 10,
            criteria=pl.lit(criteria.criteria),
            change_pct=pl.when("is_complete").then((pl.col("sum") / pl.col("baseline") - 1) * 100),
            line_no=pl.lit(readings.lines["line_no"]).gather(pl.col("line")),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in RecistAssessments.columns().items())
    )
    return sort_by_line(assessed)
