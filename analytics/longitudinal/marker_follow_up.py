"""The days of a marker after the start of a line, beside the baseline of their own series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.coded_texts import few_texts
from analytics.longitudinal.marker_units import compute_unit_key
from analytics.longitudinal.marker_values import RAISED_BY_LOW_EGFR, RAISED_BY_PPI, is_one_of
from analytics.longitudinal.runs import Places, as_index, differs_from_before, measure_runs
from analytics.tables.results import BoolArray


@dataclass(frozen=True, slots=True)
class ValueRuns:
    """Where the values of a line and marker begin, and those of each series of it.

    Attributes
    ----------
    units, groups
        The first row of each line and marker, and of each of their series.
    unit_of_group
        The place of the line and marker of each series among ``units``.
    unit_key
        The key of each line and marker.
    """

    units: Places
    groups: Places
    unit_of_group: Places
    unit_key: Places


def find_runs(values: pl.DataFrame) -> ValueRuns:
    """Return where lines, markers and series begin among ``values``, in the order `derive_marker_values` gives."""
    analyte, series, unit = (few_texts(values[name])[0] for name in ("analyte", "series", "compared_unit"))
    is_unit = (
        differs_from_before(values["pid"].to_numpy())
        | differs_from_before(values["line_no"].to_numpy())
        | differs_from_before(analyte)
    )
    is_group = is_unit | differs_from_before(series) | differs_from_before(unit)
    units, groups = np.flatnonzero(is_unit), np.flatnonzero(is_group)
    key = values.select("pid", "line_no", "analyte")[units].select(compute_unit_key()).to_series().to_numpy()
    return ValueRuns(units, groups, np.searchsorted(units, groups, side="right") - 1, key)


def derive_days(values: pl.DataFrame, runs: ValueRuns) -> pl.DataFrame:
    """Return one row a day of a series, with ``group``: the series of all lines counted from 0.

    The rows come in the order ``derive_marker_values`` gives, so that a group is a run of rows; ``source`` is the
    first value of the day.
    """
    group = np.repeat(np.arange(len(runs.groups)), measure_runs(runs.groups, values.height))
    clear = np.flatnonzero((~values["has_unclear_date"]).fill_null(value=False).to_numpy())
    is_day = differs_from_before(group[clear]) | differs_from_before(values["date"].to_physical().to_numpy()[clear])
    days = np.flatnonzero(is_day)
    is_single = measure_runs(days, len(clear)) == 1
    source = clear[days]
    unknown = ((pl.col("ppi") == "unknown") & is_one_of(RAISED_BY_PPI)) | (
        (pl.col("egfr_low") == "unknown") & is_one_of(RAISED_BY_LOW_EGFR)
    )
    return (
        values.select(
            "date", "days", "day_low", "day_high", "compared_uln", "is_baseline", "is_assessable", "row", "fold_uln",
            is_unknown=unknown,
            point=pl.when(pl.col("day_high").is_infinite()).then("day_low").otherwise("day_high"),
        )[source]
        .with_columns(
            pl.Series("group", group[source]),
            pl.Series("source", source.astype(np.uint32)),
            # of several values of a day the fold is that of their mean, whichever of them stands first
            day_fold_uln=pl.when(pl.Series(is_single))
            .then("fold_uln")
            .otherwise(pl.col("point") / pl.col("compared_uln")),
        )
        .drop("fold_uln")
    )  # fmt: skip


def find_baselines(days: pl.DataFrame, n_groups: int) -> Places:
    """Return the place of the baseline of each group among the days, −1 without one."""
    baseline, places = np.full(n_groups, -1), np.flatnonzero(days["is_baseline"].to_numpy())
    baseline[days["group"].to_numpy()[places]] = places
    return baseline


def derive_follow_up(days: pl.DataFrame, baseline: Places) -> pl.DataFrame:
    """Return the values after each start beside the baseline of their own series."""
    of_day = baseline[days["group"].to_numpy()]
    later = np.flatnonzero((days["days"].to_numpy() > 1) & (of_day >= 0))
    bases = days.select(baseline_low="day_low", baseline_high="day_high")[of_day[later]]
    asked = days.select("group", "days", "date", "day_low", "day_high", "compared_uln", "is_assessable", "point")[later]
    return pl.concat([asked.with_columns(place=pl.Series(later)), bases], how="horizontal")


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a window, and the runs of its groups.

    Attributes
    ----------
    days
        As `derive_follow_up` returns them.
    groups, opening, run
        The group of each run, its first row, and the run of each row.
    is_assessable
        Of each row.
    """

    days: pl.DataFrame
    groups: Places
    opening: Places
    run: Places
    is_assessable: BoolArray

    def have(self, holds: BoolArray) -> BoolArray:
        """Return which runs have a row for which it ``holds``."""
        have = np.zeros(len(self.opening), dtype=np.bool_)
        have[self.run[holds]] = True
        return have

    def find_among(self, rows: Places) -> tuple[pl.Series, pl.Series]:
        """Return the first and the last of ``rows`` in each run, null where there is none."""
        first, last = (np.full(len(self.opening), -1) for _ in range(2))
        # of several rows written to one place the last one stays
        last[self.run[rows]] = rows
        first[self.run[rows[::-1]]] = rows[::-1]
        return as_index(first), as_index(last)


def select_window(follow_up: pl.DataFrame, within: tuple[int, int] | None) -> Window:
    """Keep the days from the first to the last of ``within``, all when it is none."""
    days = follow_up if within is None else follow_up.filter(pl.col("days").is_between(*within))
    group = days["group"].to_numpy()
    opening = np.flatnonzero(differs_from_before(group))
    run = np.repeat(np.arange(len(opening)), measure_runs(opening, len(group)))
    return Window(days, group[opening], opening, run, days["is_assessable"].to_numpy())


def summarise_window(window: Window) -> pl.DataFrame:
    """Return the groups of a window, whether any of their values is assessable, and where the lowest of these is."""
    rows = np.flatnonzero(window.is_assessable)
    point, run = window.days["point"].to_numpy()[rows], window.run[rows]
    opening = np.flatnonzero(differs_from_before(run))
    lowest = np.repeat(np.fmin.reduceat(point, opening), measure_runs(opening, len(rows))) if rows.size else point
    is_lowest = (point == lowest) | (np.isnan(point) & np.isnan(lowest))
    best, _ = window.find_among(rows[is_lowest])
    return pl.DataFrame(
        {
            "group": window.groups,
            "has_assessable": window.have(window.is_assessable),
            "best": window.days["place"].gather(best),
        }
    )
