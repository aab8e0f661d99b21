"""Records: what dates an event or a censoring, each with the row of the source it stands on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, is_first_of, sort_by_key

PROOFS_OF_LIFE: tuple[tuple[str, str], ...] = (
    ("vital_status", "date"),
    ("labs", "collected"),
    ("imaging", "date"),
    ("responses", "date"),
    ("treatments", "start"),
    ("treatments", "end"),
    ("cycles", "date"),
    ("symptoms", "date"),
    ("toxicities", "start"),
)
"""Dated rows that show the patient was alive; on one day the one named last gives the words."""

NO_DAY = -(2**31)
"""Stands before every day where days are compared; never leaves this room."""

LIVING_KINDS: tuple[str, ...] = ("alive_contact", "lost", "study_end")


def make_record(
    table: str | pl.Expr, date: str, precision: str | pl.Expr, *, file: str = "_file", row: str = "_row"
) -> pl.Expr:
    """Return one struct that dates something: date, table, file, row, and whether the date was filled in."""
    said = pl.col(precision) if isinstance(precision, str) else precision
    return pl.struct(
        pl.col(date).alias("date"),
        (pl.lit(table) if isinstance(table, str) else table).cast(pl.Categorical).alias("table"),
        pl.col(file).cast(pl.Categorical).alias("file"),
        pl.col(row).alias("row"),
        said.ne_missing("D").alias("is_imputed"),
    )


def read_cutoff(settings: Settings) -> dt.date | None:
    """Return the data cut-off, ``None`` when there is none.

    Raises
    ------
    SettingsError
        If the setting is not an ISO date.
    """
    if not settings.data_cutoff:
        return None
    try:
        return dt.date.fromisoformat(settings.data_cutoff)
    except ValueError:
        raise SettingsError(
            f"The data cut-off «{settings.data_cutoff}» is not a date.", "data_cutoff", "Write it as 2025-06-30."
        ) from None


def derive_deaths(vital_status: pl.LazyFrame) -> pl.DataFrame:
    """Return the death of each patient as ``death``; of two dates the earlier one, marked as filled in."""
    return (
        vital_status.filter((pl.col("kind") == "death") & pl.col("date").is_not_null())
        .collect()
        .sort("pid", "date", "_file", "_row")
        .with_columns(n_days=pl.col("date").n_unique().over("pid"))
        .unique("pid", keep="first", maintain_order=True)
        .with_columns(date_precision=pl.when(pl.col("n_days") == 1).then("date_precision"))
        .select("pid", death=make_record("vital_status", "date", "date_precision"))
    )


def _is_last_day(rows: pl.DataFrame) -> pl.Series:
    """Return whether a row is of the last ``date`` of its patient; ``rows`` stand by patient, some without a date."""
    if rows.is_empty():
        return pl.Series(dtype=pl.Boolean)
    # plain arrays: over millions of laboratory rows this is a tenth of what the same costs as expressions
    pid = rows["pid"].to_numpy()
    day = rows["date"].cast(pl.Int32).fill_null(NO_DAY).to_numpy()
    firsts = np.flatnonzero(np.concatenate([[True], pid[1:] != pid[:-1]]))
    latest = np.repeat(np.maximum.reduceat(day, firsts), np.diff(firsts, append=pid.size))
    return pl.Series((day == latest) & (latest != NO_DAY))


def _derive_last_row(rows: pl.LazyFrame, table: str, column: str) -> pl.DataFrame:
    """Return the last dated row of each patient in one table; of several of that day the first in the source."""
    read = rows.select("pid", "_file", "_row", date=column, date_precision=f"{column}_precision").collect(
        engine="streaming"
    )
    of_patients = read if read["pid"].is_sorted() else read.sort("pid")
    on_last_day = of_patients.filter(_is_last_day(of_patients)).with_columns(day_key=compute_day_key(pl.col("date")))
    return (
        sort_by_key(on_last_day, "day_key", "_file", "_row")
        .filter(is_first_of("day_key"))
        .select("pid", "date", "date_precision", "_file", "_row", "day_key", table=pl.lit(table))
    )


def derive_last_alive(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Return the last day each patient was known alive as ``alive``, and whether it was lost as ``is_lost``."""
    living = tables["vital_status"].filter(pl.col("kind").is_in(LIVING_KINDS))
    parts = [
        _derive_last_row(living if table == "vital_status" else tables[table], table, column).with_columns(
            place_key=pl.col("day_key") * len(PROOFS_OF_LIFE) + place
        )
        for place, (table, column) in enumerate(PROOFS_OF_LIFE)
    ]
    lost = tables["vital_status"].filter(pl.col("kind") == "lost").select("pid").unique().collect()
    proofs = pl.concat(parts)
    order = proofs["place_key"].arg_sort()
    patient = proofs["pid"].gather(order)
    return (
        proofs[order.filter(patient.ne_missing(patient.shift(-1)))]
        .select("pid", alive=make_record(pl.col("table"), "date", "date_precision"))
        .join(lost.with_columns(is_lost=pl.lit(value=True)), on="pid", how="left", maintain_order="left")
        .with_columns(pl.col("is_lost").fill_null(value=False))
    )


def sort_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``rows`` (``pid``, ``date``, ``record``) as ``row_key`` and ``record``, in the order of the key."""
    keyed = rows.select("record", row_key=compute_day_key(pl.col("date")))
    return keyed if keyed["row_key"].is_sorted() else keyed.sort("row_key")


def _gather(lines: pl.DataFrame, rows: pl.DataFrame, place: pl.Series, name: str, is_valid: pl.Expr) -> pl.DataFrame:
    """Add as ``name`` the row at ``place`` of each line where ``is_valid`` (an expression on ``row_key``)."""
    if rows.is_empty():
        return lines.with_columns(pl.lit(None, dtype=rows.schema["record"]).alias(name))
    inside = place.clip(0, rows.height - 1)
    found = pl.DataFrame(
        [rows["record"].gather(inside), rows["row_key"].gather(inside), (place == inside).alias("is_found")]
    )
    beside = pl.concat([lines, found], how="horizontal")
    return beside.with_columns(pl.when(pl.col("is_found") & is_valid).then("record").alias(name)).drop(
        "record", "row_key", "is_found"
    )


def derive_first_after(lines: pl.DataFrame, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add as ``name`` the first of sorted ``rows`` later than each line's start; the order of lines stays."""
    start = compute_day_key(pl.col("start_date"))
    asked = lines.select(start.fill_null(-1)).to_series()
    place = rows["row_key"].search_sorted(asked, side="right").cast(pl.Int64)
    is_own = pl.col("row_key") // DAYS_PER_PATIENT == start // DAYS_PER_PATIENT
    return _gather(lines, rows, place, name, is_own)


def derive_last_until(
    lines: pl.DataFrame, rows: pl.DataFrame, end: pl.Expr, name: str, *, from_start: bool = False
) -> pl.DataFrame:
    """Add as ``name`` the last of sorted ``rows`` after each start and not after ``end`` (null: no end).

    With ``from_start`` a row of the day of the start counts as well. The order of lines stays.
    """
    last_of_patient = (pl.col("pid").cast(pl.Int64) + 1) * DAYS_PER_PATIENT - 1
    asked = lines.select(compute_day_key(end).fill_null(last_of_patient)).to_series()
    place = rows["row_key"].search_sorted(asked, side="right").cast(pl.Int64) - 1
    start = compute_day_key(pl.col("start_date"))
    is_within = (pl.col("row_key") >= start) if from_start else (pl.col("row_key") > start)
    return _gather(lines, rows, place, name, is_within)
