"""RECIST from lesions: sums, nadir, target, non-target and new lesions, overall response of every visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.settings import Settings
from analytics.endpoints.lesion_counts import LesionSummaries, Roles, derive_roles, summarise_lesions
from analytics.endpoints.line_readings import LineReadings, derive_line_readings
from analytics.endpoints.response_categories import (
    NO_SUM,
    PD,
    Categories,
    VisitSums,
    compute_non_target_response,
    compute_overall_response,
    compute_target_response,
    name_categories,
)
from analytics.endpoints.visits import NEVER, NO_LINE
from analytics.errors import SettingsError
from analytics.longitudinal.keys import compute_line_key, sort_by_line
from analytics.tables.derived import RecistAssessments
from analytics.tables.results import BoolArray, IntArray

BEYOND_ANY_SUM = NO_SUM + 1
"""Keeps the running minimum of one line apart from the next."""


@dataclass(frozen=True, slots=True)
class _Assessed:
    """The visits read against a line with a baseline: what stands in their rows, and their responses."""

    visits: pl.DataFrame
    line: IntArray
    n_measured: IntArray
    new_day: NDArray[np.int32]
    sums: VisitSums
    target: Categories
    non_target: Categories
    response: Categories


def _find_nadirs(line: IntArray, sums: IntArray, baseline: IntArray) -> IntArray:
    """Return the smallest of ``sums`` before each visit, ``baseline`` included, in the order of lines and days.

    A running minimum of numbers that hold the line in front starts anew with each line.
    """
    running = np.minimum.accumulate(sums - line * BEYOND_ANY_SUM) + line * BEYOND_ANY_SUM
    before = np.full(len(line), NO_SUM)
    before[1:] = np.where(line[1:] == line[:-1], running[:-1], NO_SUM)
    return np.minimum(before, baseline)


def _were_gone(line: IntArray, is_gone: BoolArray) -> BoolArray:
    """Return whether all targets were gone at an earlier visit of the line."""
    latest = np.maximum.accumulate(line * 2 + is_gone)
    were_gone = np.zeros(len(line), dtype=np.bool_)
    were_gone[1:] = latest[:-1] == line[1:] * 2 + 1
    return were_gone


def _are_assessed(readings: LineReadings, summaries: LesionSummaries) -> BoolArray:
    """Return which visits are read against a line with a baseline."""
    visits, line = readings.visits, readings.visits["line"].to_numpy()
    # NO_LINE takes the last place, that of no line
    has_baseline = np.append(readings.baselines["base_visit"].is_not_null().to_numpy(), False)[line]
    # a scan of which nothing is recorded is no assessment, not an unevaluable one
    is_recorded = summaries.has_rows | visits["is_described"].to_numpy() | (visits["new_day"].to_numpy() < NEVER)
    return (line != NO_LINE) & has_baseline & is_recorded


def _assess(readings: LineReadings, summaries: LesionSummaries, roles: Roles) -> _Assessed:
    """Return the responses of the visits; ``roles`` are those of the lesions of each line's baseline."""
    is_assessed = _are_assessed(readings, summaries)
    visits, seen = readings.visits.filter(is_assessed), summaries.select(np.flatnonzero(is_assessed))
    line = visits["line"].to_numpy()
    n_targets = readings.baselines["n_targets"].fill_null(0).to_numpy().astype(np.int64)[line]
    baseline = readings.baselines["baseline"].fill_null(NO_SUM).to_numpy()[line]
    # complete is the sum of the baseline's own set: another target makes it another set
    is_complete = (seen.n_measured == n_targets) & (n_targets > 0) & ~seen.has_stray_target
    is_gone = is_complete & ~seen.is_left
    nadir = _find_nadirs(line, np.where(is_complete, seen.sum, NO_SUM), baseline)
    were_diseased = roles.have_diseased_targets()[line]
    sums = VisitSums(
        seen.sum,
        nadir,
        baseline,
        n_targets,
        were_diseased,
        is_complete,
        is_gone,
        _were_gone(line, is_gone),
        seen.is_back,
    )
    target = compute_target_response(sums, readings.criteria)
    # a visit without a single lesion row says nothing of the others
    n_others = np.where(seen.has_rows, roles.count_others()[line], 0)
    said = visits["said"].to_numpy()
    # beside targets that were diseased, what was gone at the baseline hides no complete response
    may_respond = roles.have_diseased_others()[line] | were_diseased
    non_target = compute_non_target_response(said, n_others, seen.n_others_gone, seen.is_other_left, may_respond)
    new_day = np.minimum(visits["new_day"].to_numpy(), seen.new_day)
    response = compute_overall_response(target, non_target, new_day < NEVER)
    return _Assessed(visits, line, seen.n_measured, new_day, sums, target, non_target, response)


def _date(assessed: _Assessed, rule: str) -> pl.Series:
    """Return the day of each assessment; a progression is dated by ``rule``."""
    first, last = (assessed.visits[name].to_physical().to_numpy() for name in ("first_date", "last_date"))
    worse = np.minimum(assessed.visits["worse_day"].to_numpy(), np.where(assessed.target == PD, last, NEVER))
    sign = np.minimum(assessed.new_day, worse)
    dated = {"first_sign": sign, "earliest_scan": first, "latest_scan": last, "scheduled_visit": last}
    if rule not in dated:
        raise SettingsError(
            f"There is no progression-date rule «{rule}».", "pd_date_rule", f"Known: {', '.join(dated)}."
        )
    return pl.Series(np.where(assessed.response == PD, dated[rule], first)).cast(pl.Date)


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
    roles = derive_roles(readings.sizes, readings.baselines, readings.criteria)
    days = readings.scans["date"].to_physical().to_numpy()
    line = readings.visits["line"].to_numpy()
    summaries = summarise_lesions(readings.sizes, line, roles, days, readings.criteria)
    assessed = _assess(readings, summaries, roles)
    rows = _list_rows(readings, assessed, settings)
    # the visits are in the order of the lines, and these by their start
    in_order = readings.lines.select(compute_line_key()).to_series().is_sorted()
    return rows if in_order else sort_by_line(rows)


def _list_rows(readings: LineReadings, assessed: _Assessed, settings: Settings) -> pl.DataFrame:
    """Return the rows of ``derived.RecistAssessments``, visit by visit."""
    visits, sums = assessed.visits, assessed.sums
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (sums.sum / sums.baseline - 1) * 100
    base_day = readings.baselines["baseline_date"].to_physical().fill_null(NEVER).to_numpy()[assessed.line]
    # each visit has a first scan of its own, and both are in order
    is_first_scan = np.zeros(readings.scans.height, dtype=np.bool_)
    is_first_scan[visits["scan"].to_numpy()] = True
    rows = pl.DataFrame(
        {
            **visits.select("pid", "first_date", "last_date", "is_inadequate").to_dict(),
            **readings.scans.select("is_imputed", "file", "row").filter(is_first_scan).to_dict(),
            "line_no": readings.lines["line_no"].to_numpy()[assessed.line],
            "date": _date(assessed, settings.pd_date_rule),
            "n_targets": sums.n_targets,
            "n_measured": assessed.n_measured,
            "is_complete": sums.is_complete,
            "baseline_date": pl.Series(base_day).cast(pl.Date),
            "baseline": sums.baseline,
            "sum": sums.sum,
            "nadir": sums.nadir,
            "change": change,
            "target": name_categories(assessed.target),
            "non_target": name_categories(assessed.non_target),
            "has_new_lesion": assessed.new_day < NEVER,
            "response": name_categories(assessed.response),
        }
    )
    computed = {
        "criteria": pl.lit(readings.criteria.criteria),
        "baseline_mm": pl.when(pl.col("baseline") < NO_SUM).then(pl.col("baseline") / 10),
        "sum_mm": pl.when(pl.col("n_measured") > 0).then(pl.col("sum") / 10),
        "nadir_mm": pl.when(pl.col("nadir") < NO_SUM).then(pl.col("nadir") / 10),
        "change_pct": pl.when(pl.col("is_complete") & (pl.col("baseline") > 0)).then("change"),
    }
    return rows.select(
        computed.get(name, pl.col(name)).cast(column.dtype).alias(name)
        for name, column in RecistAssessments.columns().items()
    )
