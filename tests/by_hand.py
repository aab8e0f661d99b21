"""Small tables typed by hand, in the form intake hands on."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.tables.accepted import accepted_columns
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

Tables = dict[str, pl.LazyFrame]
Cells = dict[str, str | None]

LAST_DAY = {("treatments", "end"), ("cycles", "end"), ("concomitants", "end"), ("vital_status", "date")}
"""Partial dates filled with the last possible day; the others take the first."""


def read_grid(text: str) -> list[Cells]:
    """Read a table typed with «|» between columns; an empty cell is null, and so are cells left out at the end."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [{name: value or None for name, value in zip_longest(header, row, fillvalue=None) if name} for row in rows]


def possible_days(text: str) -> tuple[dt.date, dt.date, str]:
    """Return first and last possible day and the precision of ISO text."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return dt.date(*parts), dt.date(*parts), "D"
    if len(parts) == 2:
        following = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return dt.date(parts[0], parts[1], 1), following - dt.timedelta(days=1), "M"
    return dt.date(parts[0], 1, 1), dt.date(parts[0], 12, 31), "Y"


def type_cell(table: str, column: str, kind: str, text: str | None) -> dict[str, object]:
    if text is None:
        return {}
    if kind == "partial_date":
        low, high, precision = possible_days(text)
        used = high if (table, column) in LAST_DAY else low
        return {
            column: used,
            f"{column}_lo": low,
            f"{column}_hi": high,
            f"{column}_precision": precision,
            f"{column}_text": text,
        }
    if kind in ("number", "integer"):
        return {column: float(text) if kind == "number" else int(text)}
    return {column: text.split(";") if kind == "codes" else text}


def type_lab(row: dict[str, object]) -> dict[str, object]:
    """Fill what intake derives from the reported result."""
    match = re.fullmatch(r"(<=|>=|<|>|~)?([0-9.]+)", str(row.get("value_text", "")))
    if match is None:
        return {"assay_group": row.get("assay_id") or "unknown"}
    value, uln = float(match[2]), row.get("uln")
    biomarker = BIOMARKER_BY_CODE[str(row["analyte"])]
    unit = row.setdefault("unit", biomarker.standard_unit)
    factors = {entry.unit: entry.factor for entry in biomarker.units}
    factor = factors[str(unit)]
    return {
        "comparator": match[1],
        "value": value,
        "value_standard": None if factor is None else value * factor,
        "unit_standard": None if factor is None else biomarker.standard_unit,
        "uln_used": uln,
        "fold_uln": value / float(str(uln)) if uln else None,
        "assay_group": row.get("assay_id") or "unknown",
    }


def accept_by_hand(grids: Mapping[str, str]) -> Tables:
    """Return all sixteen accepted tables; those not typed are empty, columns not typed are null.

    Patients are numbered in the order of their codes; a patient not on a ``patients`` grid gets a row.
    """
    return accept_cells({name: read_grid(grid) for name, grid in grids.items()})


def accept_folder(folder: Path) -> Tables:
    """Return the accepted tables of a folder of clean CSV files."""
    rows: dict[str, list[Cells]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows[path.stem] = [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(stream)]
    return accept_cells(rows)


def accept_cells(rows: dict[str, list[Cells]]) -> Tables:
    """Type the cells of every table as intake would."""
    codes = sorted({str(row["patient_id"]) for table in rows.values() for row in table if "patient_id" in row})
    known = {row["patient_id"] for row in rows.get("patients", [])}
    rows = rows | {"patients": rows.get("patients", []) + [{"patient_id": code} for code in codes if code not in known]}
    tables: Tables = {}
    for name, schema in SOURCE_TABLES.items():
        kinds = {column: fact.kind for column, fact in facts_of(schema).items()}
        typed: list[dict[str, object]] = []
        for number, cells in enumerate(rows.get(name, []), start=2):
            row: dict[str, object] = {"_file": f"{name}.csv", "_row": number}
            for column, text in cells.items():
                row |= type_cell(name, column, kinds[column], text)
            if "patient_id" in row:
                row["pid"] = codes.index(str(row["patient_id"]))
            if name == "labs":
                row |= type_lab(row)
            typed.append(row)
        tables[name] = pl.DataFrame(typed, schema=accepted_columns(name, schema)).lazy()
    return tables
