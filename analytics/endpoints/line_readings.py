"""Scans and lesions read against the lines: visits, sizes, and the baseline of each line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.size_criteria import SIZE_CRITERIA_BY_CODE, SizeCriteria
from analytics.endpoints.lesion_counts import count_called_targets
from analytics.endpoints.lesion_sizes import LesionSizes, derive_lesion_sizes
from analytics.endpoints.visits import (
    NO_LINE,
    derive_line_visits,
    derive_visit_facts,
    derive_visits,
    select_dated_lines,
)
from analytics.errors import SettingsError
from analytics.longitudinal.keys import spread_rows
from analytics.longitudinal.line_windows import is_surely_timed
from analytics.tables.results import BoolArray


@dataclass(frozen=True, slots=True)
class LineReadings:
    """What responses from lesions and growth before a line both start from.

    Attributes
    ----------
    criteria
        The criteria the lesions are measured by.
    lines
        As ``select_dated_lines`` gives them.
    scans, visits
        As ``derive_visits`` and ``derive_line_visits`` give them.
    sizes
        As ``derive_lesion_sizes`` gives them.
    baselines
        One row a line, null without a baseline: ``base_visit``, ``baseline_date``, ``n_targets`` and
        ``baseline``, the sum of its targets; without targets unless every one was measured.
    """

    criteria: SizeCriteria
    lines: pl.DataFrame
    scans: pl.DataFrame
    visits: pl.DataFrame
    sizes: LesionSizes
    baselines: pl.DataFrame


def _are_surely_before(visits: pl.DataFrame, scans: pl.DataFrame, lines: pl.DataFrame) -> BoolArray:
    """Return which visits surely lie before the start that comes next, or on its day, whatever days were filled in."""
    is_before = np.ones(visits.height, dtype=np.bool_)
    filled = scans.filter("is_imputed").select(
        "visit", "date", "date_hi", line=pl.lit(visits["coming"]).gather("visit").cast(pl.Int64)
    )
    starts = lines.select("start_date", "start_lo", "start_hi", line=pl.int_range(pl.len()))
    unclear = filled.join(starts, on="line").filter(~is_surely_timed())
    is_before[unclear["visit"].to_numpy()] = False
    return is_before


def _select_baselines(
    visits: pl.DataFrame, sizes: LesionSizes, is_before: BoolArray, n_lines: int, settings: Settings
) -> pl.DataFrame:
    """Return the baseline of each line: the last visit with every target measured, else the last with a lesion.

    One row a line, null without a baseline.
    """
    coming = visits["coming"].to_numpy()
    is_near = (coming != NO_LINE) & is_before & (visits["days_before"].to_numpy() <= settings.baseline_scan_days)
    is_near &= sizes.have_rows()
    n_targets, n_unsized, tenths = count_called_targets(sizes, is_near)
    is_complete = (n_targets > 0) & (n_unsized == 0)
    near = np.flatnonzero(is_near)
    line = coming[near]
    # visits are in the order of the lines they come before
    first = np.flatnonzero(np.diff(line, prepend=NO_LINE))
    base = np.maximum.reduceat(is_complete[near] * visits.height + near, first) % max(visits.height, 1)
    chosen = pl.DataFrame({"line": line[first], "base_visit": base, "is_complete": is_complete[base]}).select(
        "line",
        "base_visit",
        baseline_date=pl.lit(visits["first_date"]).gather("base_visit"),
        n_targets=pl.when("is_complete").then(pl.Series(n_targets[base])).otherwise(0).cast(pl.Int32),
        baseline=pl.when("is_complete").then(pl.Series(tenths[base])),
    )
    return spread_rows(chosen, "line", n_lines)


def derive_line_readings(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> LineReadings:
    """Read scans and lesions against the lines.

    Raises
    ------
    SettingsError
        If ``size_criteria`` is not known.
    """
    if settings.size_criteria not in SIZE_CRITERIA_BY_CODE:
        known = ", ".join(SIZE_CRITERIA_BY_CODE)
        raise SettingsError(f"There are no criteria «{settings.size_criteria}».", "size_criteria", f"Known: {known}.")
    criteria = SIZE_CRITERIA_BY_CODE[settings.size_criteria]
    dated = select_dated_lines(lines)
    scans = derive_visits(tables["imaging"], settings)
    visits = derive_line_visits(derive_visit_facts(scans), dated)
    sizes = derive_lesion_sizes(tables["lesions"], scans, criteria, visits["line"].to_numpy())
    is_before = _are_surely_before(visits, scans, dated)
    baselines = _select_baselines(visits, sizes, is_before, dated.height, settings)
    return LineReadings(criteria, dated, scans, visits, sizes, baselines)
