"""Missed assessments: how many planned windows passed without one before an event."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError

LAST_DAY_PLANNED = 15_000
"""A phase without end is planned for 41 years."""


def select_schedule(schedule: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the phases of the schedule the settings name, or of the only one there is; empty: none is known.

    Raises
    ------
    SettingsError
        If the one named is not in the source, none is named and there are several, there is none though
        progression is to be dated by it, or its phases are counted from different days.
    """
    names = schedule["schedule_id"].unique().sort().to_list()
    wanted = settings.assessment_schedule
    if wanted and wanted not in names:
        raise SettingsError(
            f"The source has no schedule «{wanted}».", "assessment_schedule", f"It has: {', '.join(names) or 'none'}."
        )
    if not wanted and len(names) > 1:
        raise SettingsError(
            f"The source has {len(names)} schedules.", "assessment_schedule", f"Name one of: {', '.join(names)}."
        )
    if not names and settings.pd_date_rule == "scheduled_visit":
        raise SettingsError(
            "Progression cannot be dated by planned visits: the source has no schedule.",
            "pd_date_rule",
            "Give the sheet schedule, or another rule.",
        )
    chosen = schedule.filter(pl.col("schedule_id") == (wanted or (names[0] if names else "")))
    if chosen["anchor"].n_unique() > 1:
        raise SettingsError(
            f"The phases of the schedule «{chosen['schedule_id'][0]}» are counted from different days.",
            "schedule",
            "Count all its phases from index, or all from last_treatment_start.",
        )
    return chosen


def derive_anchors(lines: pl.DataFrame, patients: pl.LazyFrame, schedule: pl.DataFrame) -> pl.Series:
    """Return for each line the day from which the phases of ``schedule`` are counted.

    That is the start of the line, or the index date of the patient: the one of ``patients``, else the start of the
    first line.
    """
    if "index" not in schedule["anchor"]:
        return lines["start_date"].alias("anchor_date")
    fixed = patients.select("pid", "index_date").collect()
    return (
        lines.select("pid", "start_date")
        .join(fixed, on="pid", how="left", maintain_order="left")
        .select(anchor_date=pl.coalesce("index_date", pl.col("start_date").min().over("pid")))
        .to_series()
    )


def compute_planned_days(schedule: pl.DataFrame) -> np.ndarray:
    """Return the planned days of one schedule since its anchor, that day itself as day 0, in order."""
    targets = {0}
    for phase in schedule.sort("phase").iter_rows(named=True):
        first, interval, repeats = phase["start_offset_days"], phase["interval_days"], phase["repeats"]
        last = LAST_DAY_PLANNED if repeats is None else first + interval * (repeats - 1)
        targets.update(range(first, last + 1, interval))
    return np.array(sorted(targets))


def compute_window_edges(schedule: pl.DataFrame) -> np.ndarray:
    """Return the days since the anchor at which one planned window ends and the next begins.

    Windows meet half-way between targets, so that every day belongs to exactly one; the anchor is the
    target of window 0. ``schedule`` holds the phases of one schedule.
    """
    days = compute_planned_days(schedule)
    return (days[:-1] + days[1:]) / 2


def compute_missed(dates: pl.DataFrame, schedule: pl.DataFrame, settings: Settings) -> pl.Series | None:
    """Return whether too many assessments were missed between ``last`` and ``event``, both days since the anchor.

    By the planned windows, else by the gap: more than ``max_missed_assessments`` intervals and the
    tolerance. ``None`` when neither schedule nor interval is known: an interval is never guessed.

    Raises
    ------
    SettingsError
        If the schedule named is not in the source, or none is named and there are several.
    """
    chosen = select_schedule(schedule, settings)
    if chosen.height:
        edges = compute_window_edges(chosen)
        event = np.searchsorted(edges, dates["event"].fill_null(0).to_numpy(), side="right")
        last = np.searchsorted(edges, dates["last"].fill_null(0).to_numpy(), side="right")
        return pl.Series(event - last - 1 >= settings.max_missed_assessments)
    if settings.assessment_interval_days > 0:
        allowed = (
            settings.max_missed_assessments * settings.assessment_interval_days + settings.assessment_tolerance_days
        )
        return dates.select(pl.col("event").fill_null(0) - pl.col("last").fill_null(0) > allowed).to_series()
    return None
