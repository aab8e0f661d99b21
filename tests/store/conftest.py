"""Small studies to publish, without intake or derivation."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.store import StudyParts
from analytics.tables.findings import empty_findings, empty_ledger
from analytics.tables.study import InputFile

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def make_parts():
    """Return study parts in which every cell of every table is ``mark``."""

    def make(mark: int, rows: int = 3, **settings: object) -> StudyParts:
        tables = {
            name: pl.DataFrame({"pid": pl.int_range(rows, eager=True), "mark": [mark] * rows})
            for name in ("patients", "labs")
        }
        inputs = (InputFile("labs.csv", 10, "0" * 64),)
        return StudyParts(tables, empty_findings(), empty_ledger(), Settings().with_changes(settings, "test"), inputs)

    return make
