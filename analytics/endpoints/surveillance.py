"""Surveillance: what is due, done, late or missed for each patient by a named schedule, as of a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from analytics.catalogue.schedules import SCHEDULE_BY_ID, SurveillanceSchedule
from analytics.errors import RefusedError, SettingsError
from analytics.tables.relative_days import is_from_anchor

_GONE = ("death", "lost", "study_end")


def _select_last(rows: pl.LazyFrame, column: str, as_of: dt.date, what: str, interval: int) -> pl.DataFrame:
    """Return the last day each patient had ``what``, not after ``as_of``."""
    return (
        rows.filter(pl.col(column) <= as_of)
        .group_by("pid")
        .agg(last_date=pl.col(column).max())
        .with_columns(what=pl.lit(what), interval_days=pl.lit(interval))
        .collect()
    )


def _select_followed(tables: Mapping[str, pl.LazyFrame], as_of: dt.date) -> pl.DataFrame:
    """Return the patients still followed on ``as_of`` who were treated or diagnosed by then, and ``since`` when."""
    gone = tables["vital_status"].filter(pl.col("kind").is_in(_GONE) & (pl.col("date") <= as_of)).select("pid").unique()
    known = pl.concat(
        [
            tables["treatments"].filter(pl.col("start") <= as_of).select("pid", since="start"),
            tables["diagnoses"].filter(pl.col("diagnosis_date") <= as_of).select("pid", since="diagnosis_date"),
        ]
    )
    known = known.group_by("pid").agg(pl.col("since").min())
    return (
        tables["patients"].select("pid", "patient_id").join(known, on="pid").join(gone, on="pid", how="anti").collect()
    )


def _refuse_counts(tables: Mapping[str, pl.LazyFrame]) -> None:
    latest = pl.concat([tables["treatments"].select(day="start"), tables["vital_status"].select(day="date")]).max()
    day = latest.collect().item()
    if day is not None and is_from_anchor(day):
        raise RefusedError(
            "What is due on a day of the calendar cannot be said: the dates are days from each patient's anchor.",
            "",
            "Ask of a study that has dates.",
        )


def derive_surveillance(tables: Mapping[str, pl.LazyFrame], schedule_id: str, as_of: dt.date) -> pl.DataFrame:
    """Derive what is due for each followed patient.

    Parameters
    ----------
    tables
        Accepted tables by name.
    schedule_id
        A catalogue entry; its caution belongs beside every use.
    as_of
        The day asked about; later records are not used.

    Returns
    -------
    pl.DataFrame
        One row a patient and kind (visit, imaging, marker): ``pid``, ``patient_id``, ``what``,
        ``last_date``, ``due_date``, ``status`` (done, due, late, missed), ``days_overdue``, ``schedule_id``.
        «due» is within the tolerance, «missed» more than a whole interval late. Without any such record,
        ``last_date`` is null and the schedule counts from the first treatment or diagnosis; the first one is
        due at once.

    Raises
    ------
    SettingsError
        If the schedule is not in the catalogue.
    RefusedError
        If the dates of the study are days from each patient's anchor: nobody's «today» is known.
    """
    if schedule_id not in SCHEDULE_BY_ID:
        known = ", ".join(SCHEDULE_BY_ID)
        raise SettingsError(f"There is no schedule «{schedule_id}».", "schedule", f"Known: {known}.")
    schedule = SCHEDULE_BY_ID[schedule_id]
    _refuse_counts(tables)
    followed = _select_followed(tables, as_of)
    kinds = [("visit", schedule.visit_days), ("imaging", schedule.imaging_days), ("marker", schedule.marker_days)]
    asked = followed.join(
        pl.DataFrame(kinds, schema={"what": pl.String, "interval_days": pl.Int32}, orient="row"), how="cross"
    )
    last = _derive_last(tables, schedule, as_of)
    due = pl.coalesce("last_date", "since") + pl.duration(days=pl.col("interval_days"))
    return (
        asked.join(last, on=["pid", "what"], how="left")
        .with_columns(due_date=due)
        .with_columns(days_overdue=(pl.lit(as_of) - pl.col("due_date")).dt.total_days().cast(pl.Int32))
        .with_columns(status=_compute_status(schedule), schedule_id=pl.lit(schedule_id))
        .with_columns(pl.col("days_overdue").clip(0))
        .sort("pid", "what")
        .select("pid", "patient_id", "what", "last_date", "due_date", "status", "days_overdue", "schedule_id")
    )


def _derive_last(tables: Mapping[str, pl.LazyFrame], schedule: SurveillanceSchedule, as_of: dt.date) -> pl.DataFrame:
    """Return the last visit, scan and CgA of each patient; whoever was examined, scored or treated was there."""
    is_contact = pl.col("kind") == "alive_contact"
    came = ~pl.col("source").is_in(["registry", "letter"]).fill_null(value=False)
    seen = pl.concat(
        [
            tables["vital_status"].filter(is_contact & came).select("pid", "date"),
            tables["imaging"].filter(pl.col("modality") == "clinical_exam").select("pid", "date"),
            tables["symptoms"].select("pid", "date"),
            tables["cycles"].select("pid", "date"),
        ]
    )
    markers = tables["labs"].filter((pl.col("analyte") == "CGA") & pl.col("value").is_not_null())
    return pl.concat(
        [
            _select_last(seen, "date", as_of, "visit", schedule.visit_days),
            _select_last(tables["imaging"], "date", as_of, "imaging", schedule.imaging_days),
            _select_last(markers, "collected", as_of, "marker", schedule.marker_days),
        ]
    ).drop("interval_days")


def _compute_status(schedule: SurveillanceSchedule) -> pl.Expr:
    late = pl.col("days_overdue")
    return (
        pl.when((late < 0) & pl.col("last_date").is_not_null())
        .then(pl.lit("done"))
        .when(late <= schedule.tolerance_days)
        .then(pl.lit("due"))
        .when(late <= pl.col("interval_days"))
        .then(pl.lit("late"))
        .otherwise(pl.lit("missed"))
    )
