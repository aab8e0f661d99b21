"""What became of each lesion: gone under treatment, taken out, irradiated, or still there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.endpoints.lesion_readings import find_readings, find_scans_read, order_rows
from analytics.longitudinal.keys import sort_by_key
from analytics.longitudinal.runs import as_index
from analytics.tables.derived_disease import LesionOutcomes
from analytics.tables.results import BoolArray, IntArray

_LOOKED = ("yes", "too_small", "not_visible")

LARGEST_TABLE = 2**25
"""Lesions of all patients and names are counted by their place in a table up to this many, else as they occur."""


@dataclass(frozen=True, slots=True)
class _Course:
    """The lesion rows that count, and whose they are.

    Attributes
    ----------
    order
        The rows in the order of their scans.
    lesion
        The number of the lesion of each of these.
    names
        ``pid`` and ``lesion_id`` of each number.
    date
        The day of the scan of each row.
    """

    order: IntArray
    lesion: IntArray
    names: pl.DataFrame
    date: pl.Series

    def find_first(self, holds: BoolArray | None = None) -> IntArray:
        """Return the first row of each lesion for which it ``holds``, −1 where there is none."""
        return self._find(holds, slice(None, None, -1))

    def find_last(self, holds: BoolArray | None = None) -> IntArray:
        """Return the last row of each lesion for which it ``holds``, −1 where there is none."""
        return self._find(holds, slice(None))

    def _find(self, holds: BoolArray | None, turn: slice) -> IntArray:
        asked = slice(None) if holds is None else holds[self.order]
        found = np.full(self.names.height, -1)
        # of several rows written to one place the last one stays
        found[self.lesion[asked][turn]] = self.order[asked][turn]
        return found


def derive_lesion_outcomes(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Derive ``derived.LesionOutcomes``: one row a patient and lesion, over all its scans.

    A lesion that was excised or irradiated left by that, whatever is noted later: it did not respond. The
    last of the other scans on which it was looked for tells the rest; of several readers one is taken.
    Scans without a date are taken in the order of the source, so that a case without dates has outcomes too.
    """
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    noted = (
        tables["lesions"]
        .select("lesion_id", "organ", "segment", "_file", "_row", how=pl.col("measured").fill_null("yes"), mm=size)
        .collect()
    )
    course = _follow_lesions(noted, tables)
    is_sized, how = noted["mm"].is_not_null().to_numpy(), noted["how"]
    looked = as_index(course.find_last(how.is_in(_LOOKED).to_numpy()))
    last_how = how.gather(looked)

    last = course.find_last()

    def at(column: str, rows: IntArray) -> pl.Series:
        return noted[column].gather(as_index(rows)).alias(column)

    def ever(word: str) -> pl.Series:
        return pl.Series(course.find_last((how == word).to_numpy()) >= 0)

    is_excised, is_irradiated = ever("excised"), ever("irradiated")
    outcome = (
        pl.when(is_excised)
        .then(pl.lit("excised"))
        .when(is_irradiated)
        .then(pl.lit("irradiated"))
        .when(last_how == "not_visible")
        .then(pl.lit("resolved"))
        .when(last_how.is_not_null())
        .then(pl.lit("present"))
        .otherwise(pl.lit("not assessed"))
    )
    last_mm = at("mm", course.find_last(is_sized))
    found = course.names.with_columns(
        at("organ", course.find_first(noted["organ"].is_not_null().to_numpy())),
        at("segment", course.find_first(noted["segment"].is_not_null().to_numpy())),
        at("_file", last).alias("file"),
        at("_row", last).alias("row"),
        first_mm=at("mm", course.find_first(is_sized)),
        last_mm=pl.when(last_how == "not_visible").then(0.0).otherwise(last_mm),
        outcome=outcome,
        n_scans=pl.Series(np.bincount(course.lesion, minlength=course.names.height)),
        last_date=course.date.gather(as_index(course.find_last(course.date.is_not_null().to_numpy()))),
        is_excised=is_excised,
        is_irradiated=is_irradiated,
    )
    return found.select(pl.col(name).cast(column.dtype) for name, column in LesionOutcomes.columns().items())


def _follow_lesions(noted: pl.DataFrame, tables: Mapping[str, pl.LazyFrame]) -> _Course:
    """Return which of the lesion rows ``noted`` count, in the order of their scans, and whose they are."""
    scans = (
        tables["imaging"]
        .select("pid", "imaging_id", "date", scan_file="_file", scan_row="_row")
        .sort("pid", "date", "scan_file", "scan_row", nulls_last=True)
        .select("pid", "imaging_id", "date")
        # of each scan, not of each visit, one reader is kept
        .with_row_index("visit")
        .collect()
    )
    starts, readings = find_readings(tables["lesions"])
    scan = find_scans_read(readings, scans)
    lengths = np.diff(starts, append=noted.height)
    scan_of_row = np.repeat(scan, lengths)
    order = _order_in_source(noted, order_rows(starts, noted.height, scan), scan_of_row)
    patients = readings["pid"].unique().sort()
    patient = np.repeat(np.searchsorted(patients.to_numpy(), readings["pid"].to_numpy()), lengths)
    lesion, names = _number_lesions(noted["lesion_id"], patient, patients, order)
    return _Course(order, lesion, names, scans["date"].gather(as_index(scan_of_row)))


def _number_lesions(
    lesion_id: pl.Series, patient: IntArray, patients: pl.Series, rows: IntArray
) -> tuple[IntArray, pl.DataFrame]:
    """Return the number of the lesion of each of ``rows``, by patient and name; ``pid`` and name of each number."""
    coded = lesion_id.cast(pl.Categorical(pl.Categories.random()))
    distinct = coded.unique()
    by_name = distinct.cast(pl.String).arg_sort()
    names = distinct.gather(by_name).cast(pl.String).alias("lesion_id")
    rank = np.zeros(len(names), dtype=np.int64)
    rank[distinct.to_physical().gather(by_name).to_numpy()] = np.arange(len(names))
    number = (patient * len(names) + rank[coded.to_physical().to_numpy()])[rows]
    known, lesion = _count_up(number, len(patients) * len(names))
    of_patient, of_name = np.divmod(known, max(len(names), 1))
    return lesion, pl.DataFrame([patients.gather(of_patient), names.gather(of_name)])


def _count_up(number: IntArray, n_numbers: int) -> tuple[IntArray, IntArray]:
    """Return the different numbers in order, and the place of each number among them."""
    if n_numbers > LARGEST_TABLE:
        known = pl.Series(number).unique().sort().to_numpy()
        return known, np.searchsorted(known, number)
    known = np.flatnonzero(np.bincount(number, minlength=n_numbers))
    place = np.zeros(n_numbers, dtype=np.int64)
    place[known] = np.arange(len(known))
    return known, place[number]


def _order_in_source(noted: pl.DataFrame, order: IntArray, scan_of_row: IntArray) -> IntArray:
    """Return the rows in the order of their scans, those of one scan as they stand in the source."""
    rows = pl.DataFrame({"scan": scan_of_row[order], "_row": noted["_row"].gather(order), "place": order})
    files = noted["_file"]
    if files.is_empty() or (files == files[0]).all():
        return sort_by_key(rows, "scan", "_row")["place"].to_numpy()
    return sort_by_key(rows.with_columns(files.gather(order)), "scan", "_file", "_row")["place"].to_numpy()
