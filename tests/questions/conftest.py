"""A study made by hand: lines and their times, as the store would hold them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.tables.accepted import accepted_columns
from analytics.tables.derived import DERIVED_TABLES
from analytics.tables.findings import empty_findings, empty_ledger
from analytics.tables.registry import SOURCE_TABLES
from analytics.tables.study import Study
from tests import drafts

draft = drafts.draft
START = date(2020, 1, 1)
PLACEHOLDERS: dict[Any, Any] = {pl.String: "x", pl.Boolean: False, pl.Date: START, pl.Float64: 1.0, pl.List: []}


def make_table(name: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Return rows of a derived table; what a row does not say is null, or a placeholder where null cannot be."""
    schema = {column: declared.dtype for column, declared in DERIVED_TABLES[name].columns().items()}
    nullable = {column: declared.nullable for column, declared in DERIVED_TABLES[name].columns().items()}

    def fill(row: dict[str, Any], column: str) -> Any:
        if column in row or nullable[column]:
            return row.get(column)
        return PLACEHOLDERS.get(schema[column].base_type(), 1)

    filled = [{column: fill(row, column) for column in schema} for row in rows]
    return pl.LazyFrame(filled, schema=schema)


class HandMadeStudy:
    """Collects lines, times and responses, and returns the study that holds them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in DERIVED_TABLES}

    def line(self, pid: int, line_no: int = 1, treatment: str = "SSA", **more: Any) -> HandMadeStudy:
        known = {"pid": pid, "line_no": line_no, "treatment": treatment, "patient_id": f"P{pid}", "start_date": START}
        self.rows["lines"].append(known | more)
        return self

    def time(self, pid: int, days: int | None, happened: bool | None, line_no: int = 1, **more: Any) -> HandMadeStudy:
        end = None if days is None else START + timedelta(days=days - 1)
        known = {"pid": pid, "line_no": line_no, "endpoint": "PFS", "rule_set": "default", "days": days}
        known["start_date"] = START
        self.rows["times_to_event"].append(known | {"happened": happened, "end_date": end} | more)
        return self

    def response(self, pid: int, status: str, line_no: int = 1, **more: Any) -> HandMadeStudy:
        known = {"pid": pid, "line_no": line_no, "analyte": "CGA", "rule_id": "ELECT50", "status": status}
        self.rows["marker_responses"].append(known | more)
        return self

    def value(self, pid: int, days: int, fold_uln: float, line_no: int = 1) -> HandMadeStudy:
        known = {"pid": pid, "line_no": line_no, "analyte": "CGA", "days": days, "fold_uln": fold_uln}
        self.rows["marker_values"].append(known)
        return self

    def build(self, settings: Settings | None = None) -> Study:
        tables = {name: make_table(name, rows) for name, rows in self.rows.items()}
        tables["vital_status"] = pl.LazyFrame(schema=accepted_columns("vital_status", SOURCE_TABLES["vital_status"]))
        return Study(
            name="by hand",
            version="v1",
            built_at="2026-11-20T00:00:00+00:00",
            settings=settings or Settings(),
            inputs=(),
            versions={},
            tables=tables,
            findings=empty_findings(),
            ledger=empty_ledger(),
        )


@pytest.fixture
def by_hand() -> HandMadeStudy:
    return HandMadeStudy()


@pytest.fixture
def two_groups(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Seven people under PRRT and seven under SSA, every SSA time half of a PRRT time, all but one with an event."""
    for place, days in enumerate((100, 200, 300, 400, 500, 600, 700)):
        by_hand.line(place, treatment="PRRT").time(place, days, happened=place != 6)
        by_hand.line(10 + place, treatment="SSA").time(10 + place, days // 2, happened=place != 6)
    return by_hand
