"""What settings change in responses from lesions: normal markers for a complete one, planned days of progression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.missed import compute_planned_days, derive_anchors, select_schedule
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import DAYS_PER_PATIENT, EARLIEST_DAY, compute_line_key

_MARKER = "CGA"
_ON_LINE = ["pid", "line_no"]


def apply_recist_choices(
    recist: pl.DataFrame,
    lines: pl.DataFrame,
    marker_values: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    settings: Settings,
) -> pl.DataFrame:
    """Return ``derived.RecistAssessments`` as the settings ask for them; with the defaults, as they were.

    Of the accepted ``tables`` the planned assessments and the index dates of patients are read.

    Raises
    ------
    SettingsError
        If progression is to be dated by the planned visits and no schedule is known.
    """
    if settings.cr_needs_normal_markers == "Y":
        recist = _ask_for_normal_markers(recist, marker_values)
    if settings.pd_date_rule == "scheduled_visit":
        schedule = select_schedule(tables["schedule"].collect(), settings)
        anchored = lines.with_columns(derive_anchors(lines, tables["patients"], schedule))
        recist = _date_by_plan(recist, anchored, schedule)
    return recist


def _ask_for_normal_markers(recist: pl.DataFrame, marker_values: pl.DataFrame) -> pl.DataFrame:
    """Take complete responses back where CgA was raised at the baseline and has not surely become normal.

    The last assessable value up to the visit's last day tells. Without targets the response is then
    non-complete and non-progressive, else partial (Eisenhauer et al. 2009).
    """
    values = marker_values.filter(
        (pl.col("analyte") == _MARKER) & pl.col("is_assessable") & ~pl.col("has_unclear_date")
    ).with_columns(is_normal=is_at_most(pl.col("day_high"), pl.col("compared_uln")))
    raised = values.filter(pl.col("is_baseline") & ~pl.col("is_normal")).select(_ON_LINE).unique()
    later = (
        values.filter((pl.col("days") > 1) & pl.col("is_normal").is_not_null())
        .select("is_normal", key=_compute_line_day(pl.col("date")))
        .sort("key")
    )
    rows = recist.with_row_index("place").join(
        raised.with_columns(was_raised=pl.lit(value=True)), on=_ON_LINE, how="left", maintain_order="left"
    )
    known = (
        rows.with_columns(asked=_compute_line_day(pl.col("last_date")))
        .sort("asked")
        .join_asof(later, left_on="asked", right_on="key", strategy="backward")
        .with_columns(is_own=pl.col("asked") // DAYS_PER_PATIENT == pl.col("key") // DAYS_PER_PATIENT)
        .sort("place")
    )
    is_taken_back = (
        (pl.col("response") == "CR")
        & pl.col("was_raised").fill_null(value=False)
        & ~(pl.col("is_normal") & pl.col("is_own")).fill_null(value=False)
    )
    instead = pl.when(pl.col("target") == "NA").then(pl.lit("NON_CR_NON_PD")).otherwise(pl.lit("PR"))
    return known.with_columns(response=pl.when(is_taken_back).then(instead).otherwise("response")).select(
        recist.columns
    )


def _compute_line_day(day: pl.Expr) -> pl.Expr:
    """Return line and day as one integer."""
    return compute_line_key() * DAYS_PER_PATIENT + day.cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY


def _date_by_plan(recist: pl.DataFrame, lines: pl.DataFrame, schedule: pl.DataFrame) -> pl.DataFrame:
    """Date each progression by the planned day on or after the last scan that shows it, counted from ``anchor_date``.

    A planned day after the next line has begun is that line's: the progression that led to it is then
    dated by its start, the last day that still belongs to the line before.
    """
    planned = compute_planned_days(schedule)
    dated = recist.join(lines.select(*_ON_LINE, "anchor_date", "next_line_date"), on=_ON_LINE, maintain_order="left")
    since = dated.select((pl.col("last_date") - pl.col("anchor_date")).dt.total_days()).to_series().to_numpy()
    following = planned[np.searchsorted(planned, since, side="left").clip(0, len(planned) - 1)]
    day = pl.min_horizontal(pl.col("anchor_date") + pl.duration(days=pl.col("planned")), "next_line_date")
    is_dated = (pl.col("response") == "PD") & (pl.col("planned") >= pl.Series("since", since))
    return (
        dated.with_columns(planned=pl.Series(following))
        .with_columns(date=pl.when(is_dated).then(day).otherwise("date"))
        .select(recist.columns)
    )
