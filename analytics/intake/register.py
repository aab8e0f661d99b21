"""Who is on the patients sheet: a number for each patient, kept from one delivery to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from analytics.intake.examine import clean_header
from analytics.intake.id_table import IdTable, make_id_table
from analytics.intake.identity import find_look_alikes
from analytics.intake.parse import normalise_ids
from analytics.intake.personal_ids import refuse_personal_ids, refuse_personal_strays
from analytics.intake.stretch import runs_of
from analytics.intake.text_table import PID, ROW, TextTable

MANY_IDS = 8
"""A join pays once it looks up more than one id for so many on the sheet: it reads the whole sheet each time."""

NOBODY = pl.DataFrame(schema={"patient_id": pl.String(), "pid": pl.UInt32()})


@dataclass(slots=True)
class Register:
    """The patients of a delivery.

    Attributes
    ----------
    patients
        ``patient_id`` and ``pid``, in the order of ``pid``.
    strays
        Ids met in other tables that are not on the patients sheet.
    """

    patients: pl.DataFrame
    strays: set[str] = field(default_factory=set[str])
    _by_id: pl.DataFrame = field(init=False)
    _table: IdTable | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._by_id = self.patients.sort("patient_id")

    @property
    def n_numbers(self) -> int:
        """Return one more than the highest number."""
        return first_free_number(self.patients)

    def enter(self, table: TextTable) -> TextTable:
        """Return the table with the number of each row's patient; one that is not on the sheet has none.

        Raises
        ------
        LayoutError
            If ids that are not on the sheet are personal.
        """
        ids, lengths = runs_of(_cells_of(table))
        pids = self.number(ids, table.where).gather(np.repeat(np.arange(len(lengths)), lengths))
        return replace(table, rows=table.rows.with_columns(pids.alias(PID)))

    def number(self, cells: pl.Series, place: str = "") -> pl.Series:
        """Return the number of the patient of each id as delivered, at ``place``; null if it is not on the sheet.

        Raises
        ------
        LayoutError
            If ids that are not on the sheet are personal.
        """
        ids = _normalised(cells)
        pids = self._find(ids) if self._are_many(ids) else self._search(ids)
        if pids.null_count():
            strays = ids.filter(pids.is_null()).drop_nulls().unique()
            refuse_personal_strays(strays, place)
            self.strays.update(strays)
        return pids

    def _are_many(self, ids: pl.Series) -> bool:
        return ids.len() * MANY_IDS >= self.patients.height

    def _find(self, ids: pl.Series) -> pl.Series:
        """Find ids by their hashes, and the few that are not found so in another way."""
        if self.patients.height == 0:
            return self._join(ids)
        if self._table is None:
            self._table = make_id_table(self.patients["patient_id"])
        pids = self.patients["pid"].gather(self._table.find(ids))
        left = pids.is_null().arg_true()
        if left.is_empty():
            return pids
        others = ids.gather(left)
        return pids.scatter(left, self._join(others) if self._are_many(others) else self._search(others))

    def _join(self, ids: pl.Series) -> pl.Series:
        return ids.to_frame().join(self.patients, on="patient_id", how="left", maintain_order="left")["pid"]

    def _search(self, ids: pl.Series) -> pl.Series:
        known = self._by_id["patient_id"]
        place = known.search_sorted(ids).clip(0, self._by_id.height - 1)
        is_known = (known.gather(place) == ids).fill_null(value=False)
        return self._by_id["pid"].gather(pl.select(pl.when(is_known).then(place)).to_series())

    def all_ids(self) -> Iterator[str]:
        """Yield every id that was met, on the sheet or elsewhere."""
        yield from self.patients.get_column("patient_id")
        yield from self.strays

    def find_look_alikes(self) -> dict[str, str]:
        """Return for each stray the patient on the sheet whose id differs from it only in writing, if there is one."""
        return find_look_alikes(pl.Series(sorted(self.strays), dtype=pl.String()), self.patients["patient_id"])


def make_register(sheets: Iterable[TextTable], before: pl.DataFrame = NOBODY) -> Register:
    """Number the patients: those of the version before keep their number, new ones follow in order of their ids.

    Parameters
    ----------
    sheets
        The patients sheets.
    before
        ``patient_id`` and ``pid`` of the version before.

    Raises
    ------
    LayoutError
        If the ids are names, birth numbers or telephone numbers.
    """
    ids = pl.concat(
        pl.DataFrame({"patient_id": ids_of(sheet), ROW: sheet.rows.get_column(ROW)}).with_columns(
            _file=pl.lit(sheet.file)
        )
        for sheet in sheets
    )
    refuse_personal_ids(ids)
    known = ids.select("patient_id").drop_nulls().unique().sort("patient_id")
    new = known.join(before, on="patient_id", how="anti", maintain_order="left").with_row_index(
        "pid", first_free_number(before)
    )
    kept = before.select("patient_id", "pid").join(known, on="patient_id", how="semi")
    numbered = pl.concat([kept, new.select("patient_id", pl.col("pid").cast(pl.UInt32))])
    return Register(numbered.sort("pid"))


def first_free_number(patients: pl.DataFrame) -> int:
    """Return one more than the highest ``pid``."""
    return 0 if patients.height == 0 else patients.select(pl.col("pid").max()).item() + 1


def ids_of(table: TextTable) -> pl.Series:
    """Return the normalised patient id of each row."""
    return _normalised(_cells_of(table))


def _cells_of(table: TextTable) -> pl.Series:
    name = next(name for name in table.header if clean_header(name) == "patient_id")
    return table.rows.get_column(name)


def _normalised(cells: pl.Series) -> pl.Series:
    return normalise_ids(cells.str.strip_chars().replace("", None)).alias("patient_id")
