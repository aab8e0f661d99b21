"""Study: the accepted and derived tables of one build, with what is needed to trust and cite them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import StoreError


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the source: name relative to it, size in bytes, SHA-256, and what it is: data or layout."""

    name: str
    size: int
    sha256: str
    role: str = "data"


class TablesInParts(dict[str, pl.LazyFrame]):
    """Tables cut into parts of whole patients.

    Attributes
    ----------
    part_of
        Table and number of a patient → the part that holds this patient, so that the others need not be opened.
    """

    def __init__(self, tables: Mapping[str, pl.LazyFrame], part_of: Callable[[str, int], pl.LazyFrame]) -> None:
        super().__init__(tables)
        self.part_of = part_of


@dataclass(frozen=True, slots=True)
class Study:
    """An opened study; tables are lazy and never change.

    ``version`` names the data by a hash of its content; ``warning`` is shown wherever the study is shown,
    for example when a damaged newer version was passed over.
    """

    name: str
    version: str
    built_at: str
    settings: Settings
    inputs: tuple[InputFile, ...]
    versions: Mapping[str, str]
    tables: Mapping[str, pl.LazyFrame]
    findings: pl.DataFrame
    ledger: pl.DataFrame
    warning: str = ""

    def table(self, name: str) -> pl.LazyFrame:
        """Return a table by name.

        Raises
        ------
        StoreError
            If the study has no such table.
        """
        if name not in self.tables:
            raise StoreError(f"This study has no table «{name}».", self.name, f"It has: {', '.join(self.tables)}.")
        return self.tables[name]

    def rows_of(self, name: str, pid: int) -> pl.LazyFrame:
        """Return the rows of one patient in a table; all rows of a table that is about no patient.

        Raises
        ------
        StoreError
            If the study has no such table.
        """
        table = self.table(name)
        if isinstance(self.tables, TablesInParts):
            table = self.tables.part_of(name, pid)
        return table.filter(pl.col("pid") == pid) if "pid" in table.collect_schema() else table
