"""Records: what dates an event or a censoring, each with the row of the source it stands on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, is_first_of, sort_by_key
from analytics.longitudinal.runs import as_index, differs_from_before, list_places, measure_runs

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

Keys = npt.NDArray[np.int64]

NO_DAY = -(2**31)
"""Stands before every day where days are compared; never leaves this room."""

_NO_START = 2**63 - 1
"""The key of a start that is not known: no row is later."""

LIVING_KINDS: tuple[str, ...] = ("alive_contact", "lost", "study_end")


class RecordBook:
    """What events and censorings stand on: each record of a source row entered once, under a number.

    Days and numbers are compared and carried along for every line and endpoint; the rest of a record is looked
    up when the answer is known.
    """

    def __init__(self) -> None:
        self._pages: list[pl.DataFrame] = []
        self._n_records = 0

    def enter(
        self,
        rows: pl.DataFrame,
        table: str | pl.Expr,
        precision: str | pl.Expr,
        *,
        file: str = "_file",
        row: str = "_row",
    ) -> pl.Series:
        """Enter a record for each of ``rows``; return their numbers."""
        said = pl.col(precision) if isinstance(precision, str) else precision
        return self.enter_known(
            rows,
            pl.lit(table) if isinstance(table, str) else table,
            said.ne_missing("D"),
            file=file,
            row=row,
        )

    def enter_known(
        self, rows: pl.DataFrame, table: pl.Expr, is_imputed: pl.Expr, *, file: str = "file", row: str = "row"
    ) -> pl.Series:
        """Enter a record for each of ``rows`` of which it is known whether its date was filled in."""
        page = rows.select(
            table=table.cast(pl.Categorical),
            file=pl.col(file).cast(pl.Categorical),
            row=pl.col(row).cast(pl.UInt32),
            is_imputed=is_imputed,
        )
        first, self._n_records = self._n_records, self._n_records + page.height
        self._pages.append(page)
        return pl.int_range(first, self._n_records, dtype=pl.UInt32, eager=True)

    def read(self) -> pl.DataFrame:
        """Return the records in the order of their numbers: ``table``, ``file``, ``row``, ``is_imputed``."""
        if len(self._pages) > 1:
            self._pages = [pl.concat(self._pages, rechunk=True)]
        return self._pages[0]


def number_of(name: str) -> str:
    """Return the column that holds the number of the record of which column ``name`` holds the day."""
    return f"{name}_at"


def let_stand(name: str, day: str, number: str, condition: pl.Expr) -> list[pl.Expr]:
    """Return ``name``: the record of which ``day`` and ``number`` are columns, where ``condition`` holds."""
    return [
        pl.when(condition).then(pl.col(day)).alias(name),
        pl.when(condition).then(pl.col(number)).alias(number_of(name)),
    ]


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


def derive_deaths(vital_status: pl.LazyFrame, book: RecordBook) -> pl.DataFrame:
    """Return ``death`` and its record's number by patient; of two dates the earlier one, marked as filled in."""
    rows = (
        vital_status.filter((pl.col("kind") == "death") & pl.col("date").is_not_null())
        .select("pid", "date", "date_precision", "_file", "_row")
        .collect()
        .sort("pid", "date", "_file", "_row")
    )
    first = np.flatnonzero(differs_from_before(rows["pid"].to_numpy()))
    last = np.append(first[1:], rows.height)[: len(first)] - 1
    has_one_day = rows["date"].gather(first) == rows["date"].gather(last)
    deaths = rows[first].with_columns(date_precision=pl.when(has_one_day).then("date_precision"))
    numbers = book.enter(deaths, "vital_status", "date_precision")
    return deaths.select("pid", numbers.alias(number_of("death")), death="date")


def _read_proofs(rows: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Return the rows of a table in the order of patients, with the ``day`` of ``column``, or ``NO_DAY``."""
    read = rows.select(
        "pid", "_file", "_row",
        day=pl.col(column).cast(pl.Int32).fill_null(NO_DAY),
        is_imputed=pl.col(f"{column}_precision").ne_missing("D"),
    ).collect(engine="streaming")  # fmt: skip
    return read if read["pid"].is_sorted() else read.sort("pid")


def _find_last_days(rows: pl.DataFrame) -> tuple[Keys, Keys, Keys]:
    """Return the patients of ``rows``, their last days, and where the rows of each begin."""
    # plain arrays: over millions of laboratory rows this is a tenth of what the same costs as expressions
    pid, day = rows["pid"].to_numpy(), rows["day"].to_numpy()
    begin = np.flatnonzero(np.append(True, pid[1:] != pid[:-1])[: pid.size])
    return pid[begin].astype(np.int64), np.maximum.reduceat(day, begin) if pid.size else day, begin


def _find_last_proofs(read: Sequence[pl.DataFrame]) -> list[Keys]:
    """Return for each table the places of its rows of a patient's last day, if no table named later has that day."""
    found = [_find_last_days(rows) for rows in read]
    pids = np.sort(np.concatenate([pid for pid, _, _ in found]))
    patients = pids[differs_from_before(pids)]
    # day and table as one number: of the tables with a patient's last day the one named last
    keys = [np.where(day != NO_DAY, day.astype(np.int64) * len(read) + number, NO_DAY * len(read))
            for number, (_, day, _) in enumerate(found)]  # fmt: skip
    patient = [np.searchsorted(patients, pid) for pid, _, _ in found]
    latest = np.full(len(patients), NO_DAY * len(read))
    for own, key in zip(patient, keys, strict=True):
        latest[own] = np.maximum(latest[own], key)
    places: list[Keys] = []
    for rows, own, key, (_, day, begin) in zip(read, patient, keys, found, strict=True):
        last = np.flatnonzero((key == latest[own]) & (day != NO_DAY))
        length = measure_runs(begin, rows.height)[last]
        place = list_places(begin[last], length)
        places.append(place[rows["day"].to_numpy()[place] == np.repeat(day[last], length)])
    return places


def derive_last_alive(tables: Mapping[str, pl.LazyFrame], book: RecordBook) -> pl.DataFrame:
    """Return the last day each patient was known ``alive``, the number of its record, and ``is_lost``.

    Of several rows of that day the first in the source is the record. Who was seen alive after having been lost
    is not lost.
    """
    seen = {**tables, "vital_status": tables["vital_status"].filter(pl.col("kind").is_in(LIVING_KINDS))}
    read = [_read_proofs(seen[table], column) for table, column in PROOFS_OF_LIFE]
    places = _find_last_proofs(read)
    rows = pl.concat(rows[place] for rows, place in zip(read, places, strict=True))
    names = np.repeat(np.arange(len(read)), [len(place) for place in places])
    proofs = rows.with_columns(table=pl.Series([table for table, _ in PROOFS_OF_LIFE]).gather(names))
    last = sort_by_key(proofs, "pid", "_file", "_row").filter(is_first_of("pid"))
    numbers = book.enter_known(last, pl.col("table"), pl.col("is_imputed"), file="_file", row="_row")
    is_lost, never = pl.col("kind") == "lost", pl.lit(dt.date.max)
    lost = (
        tables["vital_status"]
        .filter(is_lost)
        .group_by("pid")
        .agg(lost_date=pl.col("date").fill_null(never).max())
        .collect()
    )
    return (
        last.lazy()
        .select("pid", numbers.alias(number_of("alive")), alive=pl.col("day").cast(pl.Date))
        .join(lost.lazy(), on="pid", how="left", maintain_order="left")
        .with_columns(is_lost=(pl.col("lost_date") >= pl.col("alive")).fill_null(value=False))
        .drop("lost_date")
        .collect()
    )


def sort_rows(rows: pl.DataFrame, holds: pl.Expr | None = None) -> pl.DataFrame:
    """Return the day and the number of the records for which it ``holds``, with ``row_key`` and in its order.

    ``row_key`` is pid and day; a row without a day stands before all others.
    """
    chosen = rows.lazy() if holds is None else rows.lazy().filter(holds)
    keyed = chosen.select("date", "record_at", row_key=compute_day_key(pl.col("date")).fill_null(-1)).collect()
    return keyed if keyed["row_key"].is_sorted() else keyed.sort("row_key")


def _add_found(
    lines: pl.DataFrame, rows: pl.DataFrame, place: Keys, holds: npt.NDArray[np.bool_], name: str
) -> pl.DataFrame:
    """Add as ``name`` the row at ``place`` of each line where it ``holds``."""
    found = rows.select(pl.col("date").alias(name), pl.col("record_at").alias(number_of(name)))
    return lines.hstack(found[as_index(np.where(holds, place, -1))])


def _add_nothing(lines: pl.DataFrame, name: str) -> pl.DataFrame:
    nothing = {name: pl.lit(None, dtype=pl.Date), number_of(name): pl.lit(None, dtype=pl.UInt32)}
    return lines.with_columns(**nothing)


def derive_first_after(lines: pl.DataFrame, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add as ``name`` the first of sorted ``rows`` later than each line's start; the order of lines stays."""
    if rows.is_empty():
        return _add_nothing(lines, name)
    start = lines.select(compute_day_key(pl.col("start_date")).fill_null(-1)).to_series().to_numpy()
    keys = rows["row_key"].to_numpy()
    place = np.searchsorted(keys, start, side="right")
    inside = np.minimum(place, rows.height - 1)
    is_own = (place == inside) & (keys[inside] // DAYS_PER_PATIENT == start // DAYS_PER_PATIENT) & (start >= 0)
    return _add_found(lines, rows, place, is_own, name)


def derive_last_until(
    lines: pl.DataFrame, rows: pl.DataFrame, end: pl.Expr, name: str, *, from_start: bool = False
) -> pl.DataFrame:
    """Add as ``name`` the last of sorted ``rows`` after each start and not after ``end`` (null: no end).

    With ``from_start`` a row of the day of the start counts as well. The order of lines stays.
    """
    if rows.is_empty():
        return _add_nothing(lines, name)
    last_of_patient = (pl.col("pid").cast(pl.Int64) + 1) * DAYS_PER_PATIENT - 1
    bounds = lines.select(
        until=compute_day_key(end).fill_null(last_of_patient),
        start=compute_day_key(pl.col("start_date")).fill_null(_NO_START),
    )
    keys, start = rows["row_key"].to_numpy(), bounds["start"].to_numpy()
    place = np.searchsorted(keys, bounds["until"].to_numpy(), side="right") - 1
    found = keys[np.maximum(place, 0)]
    is_within = (place >= 0) & ((found >= start) if from_start else (found > start))
    return _add_found(lines, rows, place, is_within, name)
