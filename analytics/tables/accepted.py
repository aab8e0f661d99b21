"""The accepted form of a source table: typed columns, the companions of dates and labs, and provenance."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from analytics.tables.columns import Kind, facts_of

_TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "code": pl.String(),
    "codes": pl.List(pl.String()),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "partial_date": pl.Date(),
}

PROVENANCE: dict[str, pl.DataType] = {"_file": pl.String(), "_sheet": pl.String(), "_row": pl.UInt32()}
"""File (relative to the source), sheet (null for CSV) and line as a person counts it (header = 1)."""

PLACE = pl.concat_str([pl.col("_file"), pl.lit(", sheet ") + pl.col("_sheet")], ignore_nulls=True)
"""The file of a row and, in a workbook, its sheet, in one text: what derived tables name as their source file."""

LAB_COMPANIONS: dict[str, pl.DataType] = {
    "comparator": pl.String(),
    "value": pl.Float64(),
    "value_reason": pl.String(),
    "value_standard": pl.Float64(),
    "unit_standard": pl.String(),
    "uln_used": pl.Float64(),
    "fold_uln": pl.Float64(),
    "assay_group": pl.String(),
}
"""Derived, never typed, in ``labs``.

``value`` is the number in the reported unit, a bound where ``comparator`` is <, <=, > or >= («~» is an
approximate value); ``value_reason`` says why there is none («pending»). ``value_standard`` is null where
the conversion would need an assay factor. ``uln_used`` is the row's own limit, else the assay sheet's for
that date, in the reported unit; ``fold_uln`` = value / uln_used. ``assay_group`` labels values that may be
compared: the assay's comparable group, else the assay and specimen; «unknown» where no assay is given.
"""


def name_sheets(table: pl.LazyFrame) -> pl.LazyFrame:
    """Return an accepted table whose ``_file`` names the sheet too, where its rows come from sheets."""
    has_sheets = table.select(pl.col("_sheet").is_not_null().any()).collect().item()
    return table.with_columns(_file=PLACE) if has_sheets else table


def accepted_columns(name: str, schema: type[dy.Schema]) -> dict[str, pl.DataType]:
    """Return column name → type of the accepted table ``name`` declared by ``schema``.

    A partial date ``x`` brings ``x_lo``, ``x_hi`` (Date), ``x_precision`` (D, M, Y) and ``x_text``
    (as reported). Patient tables start with ``pid`` (UInt32): at a store's first build patients are numbered in
    the order of their ids; later they keep their number, and new ones follow. Rows stand in the order of ``pid``.
    """
    columns: dict[str, pl.DataType] = {}
    facts = facts_of(schema)
    if "patient_id" in facts:
        columns["pid"] = pl.UInt32()
    for column, fact in facts.items():
        columns[column] = _TYPES[fact.kind]
        if fact.kind == "partial_date":
            columns |= {
                f"{column}_lo": pl.Date(),
                f"{column}_hi": pl.Date(),
                f"{column}_precision": pl.String(),
                f"{column}_text": pl.String(),
            }
    if name == "labs":
        columns |= LAB_COMPANIONS
    return columns | PROVENANCE
