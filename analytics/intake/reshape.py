"""Bring a hospital's own table into the columns of ours, by its layout; every row keeps its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.examine import clean_header
from analytics.intake.layout import TableLayout
from analytics.intake.text_table import ROW, TextTable


def reshape_table(delivered: TextTable, layout: TableLayout) -> TextTable:
    """Return the table with our column names, codes translated and wide columns turned into rows.

    Raises
    ------
    LayoutError
        If the layout names a column the file has not.
    """
    by_name = {clean_header(name): name for name in delivered.header}
    missing = sorted(name for name in layout.reported if clean_header(name) not in by_name)
    if missing:
        raise LayoutError(
            f"The layout names a column «{missing[0]}», which is not there. Found: {', '.join(delivered.header)}.",
            delivered.where,
            "Correct the layout.",
        )
    rows = delivered.rows.filter(*_belongs(layout, by_name))
    reshaped = rows.select(ROW, *_cells(layout.columns, layout.codes, by_name), *_said(layout.constants))
    if layout.wide:
        reshaped = _unpivot(rows, reshaped, layout, by_name)
    return replace(
        delivered,
        rows=reshaped,
        untyped=_renamed(delivered.untyped, layout),
        errors=tuple(
            (row, into, word)
            for row, column, word in delivered.errors
            for into in _renamed(frozenset({column}), layout)
        ),
    )


def _belongs(layout: TableLayout, by_name: Mapping[str, str]) -> list[pl.Expr]:
    equal = [_cell(name, by_name).eq_missing(pl.lit(value)) for name, value in layout.where.items()]
    return equal + [_cell(name, by_name).is_not_null() for name in layout.filled]


def _cell(name: str, by_name: Mapping[str, str]) -> pl.Expr:
    return pl.col(by_name[clean_header(name)]).str.strip_chars().replace("", None)


def _cells(
    columns: Mapping[str, str], codes: Mapping[str, Mapping[str, str]], by_name: Mapping[str, str]
) -> list[pl.Expr]:
    """Return the renamed columns; codes that the layout does not list stay as they are, to be checked."""
    found: list[pl.Expr] = []
    for into, reported in columns.items():
        cell = _cell(reported, by_name)
        known = codes.get(into, {})
        found.append((cell.replace(list(known), list(known.values())) if known else cell).alias(into))
    return found


def _said(constants: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.lit(value).alias(name) for name, value in constants.items()]


def _unpivot(rows: pl.DataFrame, common: pl.DataFrame, layout: TableLayout, by_name: Mapping[str, str]) -> pl.DataFrame:
    """Return a row for each filled cell of the wide columns, in the order of the lines."""
    parts: list[pl.DataFrame] = []
    for entry in layout.wide:
        cells = rows.select(_cell(entry.column, by_name).alias(entry.into)).to_series()
        part = common.with_columns(cells, *_said(entry.constants))
        parts.append(part.filter(pl.col(entry.into).is_not_null()))
    return pl.concat(parts, how="diagonal").sort(ROW, maintain_order=True)


def _renamed(columns: frozenset[str], layout: TableLayout) -> frozenset[str]:
    reported = {clean_header(column) for column in columns}
    direct = {into for into, column in layout.columns.items() if clean_header(column) in reported}
    wide = {entry.into for entry in layout.wide if clean_header(entry.column) in reported}
    return frozenset(direct | wide)
