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
    sort_rows,
)
from analytics.longitudinal.keys import compute_day_key, select_last, sort_by_line

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
    dated = lines.filter(pl.col("start_date").is_not_null()).with_columns(
        start_key=compute_day_key(pl.col("start_date"))
    )
    following = select_last(dated, "start_key", "line_no").select(
        "pid",
        next_line_date="start_date",
        new_therapy=make_record("treatments", "start_date", "start_precision", file="file", row="row"),
    )
    return lines.join(following, on=["pid", "next_line_date"], how="left", maintain_order="left")


def _derive_own_cutoffs(vital_status: pl.LazyFrame) -> pl.DataFrame:
    """Return the data cut-off of each patient with one of their own, as ``own_cutoff``: the earliest."""
    return (
        vital_status.filter((pl.col("kind") == "data_cutoff") & pl.col("date").is_not_null())
        .collect()
        .sort("pid", "date", "_file", "_row")
        .unique("pid", keep="first", maintain_order=True)
        .select("pid", own_cutoff=make_record("vital_status", "date", "date_precision"))
    )


def derive_observation(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, marker_records: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Derive the records of each line that do not depend on how progression is decided.

    ``start``, ``death``, ``new_therapy``, ``data_cutoff`` (the patient's own where it is earlier), ``alive``,
    ``end_of_treatment``, the marker's, and ``exclusion``, the reason a line is in no endpoint.

    Parameters
    ----------
    marker_records
        As `derive_marker_records` returns them.
    """
    cutoff = pl.struct(
        pl.lit(read_cutoff(settings), dtype=pl.Date).alias("date"),
        pl.lit("settings").cast(pl.Categorical).alias("table"),
        pl.lit(None, dtype=pl.Categorical).alias("file"),
        pl.lit(None, dtype=pl.UInt32).alias("row"),
        pl.lit(value=False).alias("is_imputed"),
    )
    own_day = pl.col("own_cutoff").struct.field("date")
    is_own = own_day.is_not_null() & (own_day < cutoff.struct.field("date")).fill_null(value=True)
    of_line = make_record("treatments", "start_date", "start_precision", file="file", row="row")
    of_end = make_record("treatments", "end_date", pl.lit("D"), file="file", row="row")
    return (
        _derive_next_starts(lines)
        .join(derive_deaths(tables["vital_status"]), on="pid", how="left", maintain_order="left")
        .join(derive_last_alive(tables), on="pid", how="left", maintain_order="left")
        .join(_derive_own_cutoffs(tables["vital_status"]), on="pid", how="left", maintain_order="left")
        .join(marker_records, on=["pid", "line_no"], how="left", maintain_order="left")
        .with_columns(
            data_cutoff=pl.when(is_own).then("own_cutoff").otherwise(cutoff),
            start=of_line,
            end_of_treatment=pl.when(pl.col("end_date").is_not_null()).then(of_end),
            is_lost=pl.col("is_lost").fill_null(value=False),
        )
        .with_columns(exclusion=_compute_exclusion())
        .select(
            "pid", "line_no", "start_date", "start", "death", "new_therapy", "data_cutoff", "alive", "is_lost",
            "end_of_treatment", "marker_progression", "last_marker_value", "judged_marker", "marker_response",
            "lasting_marker_response", "exclusion",
        )
        .pipe(sort_by_line)
    )  # fmt: skip


def derive_scan_records(observed: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Add ``progression`` and ``response``: the first of each after the start.

    A response counts before the progression and to the day the next line starts.

    An assessment on the day of the start is the baseline; a progression then belongs to the line before.
    """
    rows = assessments.select("pid", "date", "response", record=make_scan_record())
    progressed = sort_rows(rows.filter(pl.col("response") == "PD"))
    responded = sort_rows(rows.filter(pl.col("response").is_in(["CR", "PR"])))
    found = derive_first_after(derive_first_after(observed, progressed, "progression"), responded, "response")
    day = pl.col("response").struct.field("date")
    is_first = (day < pl.col("progression").struct.field("date")).fill_null(day.is_not_null())
    is_of_line = (day <= pl.col("new_therapy").struct.field("date")).fill_null(value=True)
    return found.with_columns(response=pl.when(is_first & is_of_line).then("response"))


def make_scan_record() -> pl.Expr:
    """Return the record of an assessment row."""
    coded = (pl.col(name).cast(pl.Categorical) for name in ("table", "file"))
    return pl.struct("date", *coded, "row", "is_imputed")
