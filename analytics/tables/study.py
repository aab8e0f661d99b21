"""Study: the accepted and derived tables of one build, with what is needed to trust and cite them."""

from __future__ import annotations

from collections.abc import Mapping
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
