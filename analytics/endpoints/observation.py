"""What was observed of each line: every record an endpoint may stand on, and why a line is left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.sites import HISTOLOGIES
from analytics.catalogue.treatments import CATEGORIES
from analytics.endpoints.data_cutoff import select_own_cutoffs
from analytics.endpoints.records import (
    RecordBook,
    derive_deaths,
    derive_first_after,
    derive_last_alive,
    let_stand,
    number_of,
    read_cutoff,
    sort_rows,
)
from analytics.longitudinal.keys import compute_day_key, select_last, sort_by_line
from analytics.longitudinal.runs import as_index

_PROCEDURES = tuple({entry.group or entry.code for entry in CATEGORIES if entry.lane == "procedure"})
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
        .when(pl.col("start_date") > pl.col("data_cutoff"))
        .then(pl.lit("started after the data cut-off"))
        .when(pl.col("start_date") > pl.col("death"))
        .then(pl.lit("start after death"))
    )


def _derive_next_starts(lines: pl.DataFrame, book: RecordBook) -> pl.DataFrame:
    """Add the start of the next line as ``new_therapy``, with the number of the treatments row it stands on."""
    dated = lines.filter(pl.col("start_date").is_not_null()).with_columns(
        start_key=compute_day_key(pl.col("start_date"))
    )
    starts = select_last(dated, "start_key", "line_no")
    numbers = book.enter(starts, "treatments", "start_precision", file="file", row="row")
    asked = lines.select(compute_day_key(pl.col("next_line_date")).fill_null(-1)).to_series().to_numpy()
    keys = starts["start_key"].to_numpy()
    place = np.searchsorted(keys, asked)
    is_found = (np.append(keys, -1)[place] == asked) & (asked >= 0)
    following = starts.select(numbers.alias(number_of("new_therapy")), new_therapy="start_date")
    return lines.hstack(following[as_index(np.where(is_found, place, -1))])


def _list_filled_ends(tables: Mapping[str, pl.LazyFrame]) -> pl.Series:
    """Return patient and day, as one key, of treatments and cycles that end a line on a day that was filled in."""
    return pl.concat(
        tables[table].filter(pl.col(f"{column}_precision") != "D").select(key=compute_day_key(pl.col(column))).collect()
        for table, column in (("treatments", "end"), ("cycles", "date"))
    )["key"]


def _derive_own_cutoffs(vital_status: pl.LazyFrame, book: RecordBook) -> pl.DataFrame:
    """Return the data cut-off of each patient with one of their own, as ``own_cutoff``."""
    cutoffs = select_own_cutoffs(vital_status)
    numbers = book.enter(cutoffs, "vital_status", "date_precision")
    return cutoffs.select("pid", numbers.alias(number_of("own_cutoff")), own_cutoff="date")


def _derive_cutoff(settings: Settings, book: RecordBook) -> list[pl.Expr]:
    """Return ``data_cutoff``: the patient's own where it is earlier than that of the study."""
    day = pl.lit(read_cutoff(settings), dtype=pl.Date)
    nowhere = pl.DataFrame({"file": [None], "row": [None]}, schema={"file": pl.String, "row": pl.UInt32})
    number = book.enter_known(nowhere, pl.lit("settings"), pl.lit(value=False)).item()
    own_day, own_number = pl.col("own_cutoff"), pl.col(number_of("own_cutoff"))
    is_own = own_day.is_not_null() & (own_day < day).fill_null(value=True)
    return [
        pl.when(is_own).then(own_day).otherwise(day).alias("data_cutoff"),
        pl.when(is_own).then(own_number).otherwise(pl.lit(number, dtype=pl.UInt32)).alias(number_of("data_cutoff")),
    ]


RECORDS: tuple[str, ...] = (
    "start",
    "death",
    "new_therapy",
    "data_cutoff",
    "alive",
    "end_of_treatment",
    "given_over_time",
    "marker_progression",
    "last_marker_value",
    "assay_change",
    "judged_marker",
    "marker_response",
    "lasting_marker_response",
)
"""The records of a line that do not depend on how progression is decided."""

NEGATIVE_DAYS: tuple[str, ...] = ("no_progression_yet", "no_response_yet")
"""The last days on which the marker had not progressed, or responded."""


def derive_observation(
    tables: Mapping[str, pl.LazyFrame],
    lines: pl.DataFrame,
    marker_records: pl.DataFrame,
    settings: Settings,
    book: RecordBook,
) -> pl.DataFrame:
    """Derive the ``RECORDS`` of each line: the day of each, and its number in ``book``.

    Beside them the ``NEGATIVE_DAYS``, ``is_lost`` and ``exclusion``, the reason a line is in no endpoint.

    Parameters
    ----------
    marker_records
        As `derive_marker_records` returns them.
    """
    starts = book.enter(lines, "treatments", "start_precision", file="file", row="row")
    is_end_filled = compute_day_key(pl.col("end_date")).is_in(_list_filled_ends(tables).implode())
    ends = book.enter_known(lines, pl.lit("treatments"), is_end_filled.fill_null(value=False))
    of_lines = lines.with_columns(starts.alias(number_of("start")), ends.alias("_end_at"), start=pl.col("start_date"))
    return (
        _derive_next_starts(of_lines, book)
        .join(derive_deaths(tables["vital_status"], book), on="pid", how="left", maintain_order="left")
        .join(derive_last_alive(tables, book), on="pid", how="left", maintain_order="left")
        .join(_derive_own_cutoffs(tables["vital_status"], book), on="pid", how="left", maintain_order="left")
        .join(marker_records, on=["pid", "line_no"], how="left", maintain_order="left")
        .with_columns(
            *_derive_cutoff(settings, book),
            *let_stand("given_over_time", "start", number_of("start"), ~pl.col("treatment").is_in(_PROCEDURES)),
            *let_stand("end_of_treatment", "end_date", "_end_at", pl.col("end_date").is_not_null()),
            is_lost=pl.col("is_lost").fill_null(value=False),
        )
        .with_columns(exclusion=_compute_exclusion())
        .select(
            "pid", "line_no", "start_date", "is_lost", "exclusion", *NEGATIVE_DAYS, *RECORDS, *map(number_of, RECORDS)
        )
        .pipe(sort_by_line)
    )


def derive_scan_records(observed: pl.DataFrame, assessments: pl.DataFrame) -> pl.DataFrame:
    """Add ``progression`` and ``response``: the first of each after the start.

    A response counts before the progression and to the day the next line starts.

    An assessment on the day of the start is the baseline; a progression then belongs to the line before.
    ``assessments`` have the numbers of their records in ``record_at``.
    """
    progressed = sort_rows(assessments, pl.col("response") == "PD")
    responded = sort_rows(assessments, (pl.col("response") == "CR") | (pl.col("response") == "PR"))
    found = derive_first_after(derive_first_after(observed, progressed, "progression"), responded, "response")
    day = pl.col("response")
    is_first = (day < pl.col("progression")).fill_null(day.is_not_null())
    is_of_line = (day <= pl.col("new_therapy")).fill_null(value=True)
    return found.with_columns(*let_stand("response", "response", number_of("response"), is_first & is_of_line))
