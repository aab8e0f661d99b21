"""The data dictionary, made from the declared schemas: nothing about a column is written down twice."""

from __future__ import annotations

from pathlib import Path

import dataframely as dy
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import ExportError
from analytics.export.cells import table_as_csv
from analytics.export.folder import publish_file
from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.derived import DERIVED_TABLES
from analytics.tables.registry import SOURCE_TABLES

COLUMNS = ("origin", "table", "column", "kind", "need", "unit", "allowed", "meaning")

NEED = (
    "Need: «row» (no row is taken without a value), «table» (the table is not read without the column), «optional»; "
    "of derived columns: «always» or «may be missing»."
)

_KINDS = {
    "text": "text",
    "code": "one of the values",
    "codes": "several of the values, with «;» between them",
    "number": "number",
    "integer": "whole number",
    "partial_date": "date, or month (2024-03), or year",
}


def dictionary_table() -> pl.DataFrame:
    """Return one row a column of every source and derived table, and one a setting."""
    rows = [
        *(row for name, schema in SOURCE_TABLES.items() for row in _source_rows(name, schema)),
        *(row for name, schema in DERIVED_TABLES.items() for row in _derived_rows(name, schema)),
        *(
            ("setting", "study", name, "setting", "optional", unit, f"default {value}" if value else "", meaning)
            for name, value, unit, meaning, _ in Settings().as_rows()
        ),
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


def describe_dictionary() -> str:
    """Return the dictionary as Markdown, a heading a table."""
    parts = ["# Data dictionary", "", NEED, ""]
    for part in dictionary_table().partition_by("origin", "table", maintain_order=True):
        origin, table = str(part["origin"][0]), str(part["table"][0])
        title = "settings (rows of the sheet study)" if origin == "setting" else f"{table} ({origin})"
        parts += [f"## {title}", "", _meaning_of(origin, table), ""]
        parts += ["| column | kind | need | unit | allowed | meaning |", "|---|---|---|---|---|---|"]
        parts += [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in part.select(COLUMNS[2:]).rows()]
        parts.append("")
    return "\n".join(parts)


def write_dictionary(out: Path) -> None:
    """Write the dictionary as Markdown (.md, .txt) or as a table (.csv).

    Raises
    ------
    ExportError
        If the ending is another, or the file cannot be written.
    """
    match out.suffix.lower():
        case ".csv":
            publish_file(out, table_as_csv(dictionary_table()))
        case ".md" | ".txt":
            publish_file(out, describe_dictionary().encode("utf-8"))
        case _:
            raise ExportError(
                f"A dictionary cannot be written as «{out.suffix}».", str(out), "End the name in .md, .txt or .csv."
            )


def describe_need(facts: ColumnFacts) -> str:
    """Say how much a column is needed: «row» (no row without a value), «table» (no table without it), «optional»."""
    return "row" if facts.is_essential else "table" if facts.is_required else "optional"


def describe_kind(facts: ColumnFacts) -> str:
    """Say in words what a cell of the column holds."""
    return _KINDS[facts.kind]


def describe_allowed(facts: ColumnFacts) -> str:
    """Say which values, or which range, a column allows; empty when anything of its kind."""
    if facts.codes:
        return "; ".join(facts.codes)
    low = "" if facts.low is None else f"≥ {facts.low:g}"
    high = "" if facts.high is None else f"≤ {facts.high:g}"
    return ", ".join(limit for limit in (low, high) if limit)


def _source_rows(table: str, schema: type[dy.Schema]) -> list[tuple[str, ...]]:
    return [
        (
            "source",
            table,
            name,
            describe_kind(facts),
            describe_need(facts),
            facts.unit,
            describe_allowed(facts),
            facts.meaning,
        )
        for name, facts in facts_of(schema).items()
    ]


def _derived_rows(table: str, schema: type[dy.Schema]) -> list[tuple[str, ...]]:
    return [
        (
            "derived",
            table,
            name,
            str(column.dtype),
            "may be missing" if column.nullable else "always",
            str((column.metadata or {}).get("unit", "")),
            "",
            column.description or "",
        )
        for name, column in schema.columns().items()
    ]


def _meaning_of(origin: str, table: str) -> str:
    if origin == "setting":
        return "Every setting that can change an answer; written into every export."
    schema = (SOURCE_TABLES if origin == "source" else DERIVED_TABLES)[table]
    return (schema.__doc__ or "").strip().splitlines()[0]


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|")
