"""What was observed of each line: every record an endpoint may stand on, and why a line is left out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.sites import HISTOLOGIES
from analytics.endpoints.records import (
    derive_deaths,
    derive_first_after,
    derive_last_alive,
    make_record,
    read_cutoff,
)

_NOT_IN_COHORT = {entry.code: entry.reason for entry in HISTOLOGIES if not entry.is_net_cohort}


def _compute_exclusion() -> pl.Expr:
    """Return why a line is in no endpoint, the first reason that holds; null when it is in."""
    cohort = pl.col("histology").replace_strict(_NOT_IN_COHORT, default=None, return_dtype=pl.String)
    return (
        pl.when((pl.col("consent_to_research") == "N").fill_null(value=False))
        .then(pl.lit("no consent to research"))
        .when(cohort.is_not_null())
        .then(cohort)
        .when(pl.col("start_date").is_null())
        .then(pl.lit("no start date"))
        .when(pl.col("start_date") > pl.col("data_cutoff").struct.field("date"))
        .then(pl.lit("started after the data cut-off"))
        .when(pl.col("start_date") > pl.col("death").struct.field("date"))
        .then(pl.lit("start after death"))
    )


def _derive_next_starts(lines: pl.DataFrame) -> pl.DataFrame:
    """Add the start of the next line as ``new_therapy``, with the treatments row it stands on."""
    following = (
        lines.filter(pl.col("start_date").is_not_null())
        .sort("pid", "start_date", "line_no")
        .unique(["pid", "start_date"], keep="last", maintain_order=True)
        .select(
            "pid",
            next_line_date="start_date",
            new_therapy=make_record(
                "treatments",
                pl.col("start_date"),
                file="file",
                row="row",
            ),
        )
    )
    return lines.join(following, on=["pid", "next_line_date"], how="left")


def derive_observation(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, assessments: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Derive the records of each line: ``progression``, ``death``, ``new_therapy``, ``data_cutoff``, ``alive``.

    Parameters
    ----------
    assessments
        One assessment a patient and day (``derive_given_assessments``). A progression on the day of the
        start belongs to the line before: that scan is the baseline.
    """
    progressions = assessments.filter(pl.col("response") == "PD").select("pid", "date", record=make_scan_record())
    cutoff = pl.lit(read_cutoff(settings), dtype=pl.Date)
    nowhere = pl.lit(None, dtype=pl.String)
    described = (
        _derive_next_starts(lines.with_columns(date_precision="start_precision"))
        .join(derive_deaths(tables["vital_status"]), on="pid", how="left")
        .join(derive_last_alive(tables), on="pid", how="left")
        .with_columns(
            data_cutoff=pl.struct(
                cutoff.alias("date"),
                pl.lit("settings").alias("table"),
                nowhere.alias("file"),
                pl.lit(None, dtype=pl.UInt32).alias("row"),
                pl.lit(value=False).alias("is_imputed"),
            ),
            start=make_record("treatments", pl.col("start_date"), file="file", row="row"),
            is_lost=pl.col("is_lost").fill_null(value=False),
        )
    )
    return derive_first_after(described, progressions, "progression").with_columns(exclusion=_compute_exclusion())


def make_scan_record() -> pl.Expr:
    """Return the record of an assessment row."""
    return pl.struct("date", pl.lit("responses").alias("table"), "file", "row", "is_imputed")
