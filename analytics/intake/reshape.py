"""Bring a hospital's own table into the columns of ours, by its layout; every row keeps its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.examine import clean_header
from analytics.intake.layout import TableLayout, WideColumn
from analytics.intake.text_table import NO_CHOICE, NO_RAGGED, ROW, TextTable

TICKED = ("1", "x", "y", "yes", "true", "checked")
NOT_TICKED = ("0", "n", "no", "false", "unchecked")
"""What stands in the column of a box that was ticked, or not."""


def reshape_table(delivered: TextTable, layout: TableLayout) -> Iterator[TextTable]:
    """Yield the table with our column names, codes translated and wide columns turned into rows.

    Wide columns of which some came as numbers and some as texts become tables of their own: 1.234 is one thing in
    a cell that holds a number, and may be another in a text.

    Raises
    ------
    LayoutError
        If the layout names a column the file has not.
    """
    groups: defaultdict[tuple[bool, bool], list[WideColumn]] = defaultdict(list)
    cells = {clean_header(name): (name in delivered.texts, name in delivered.untyped) for name in delivered.header}
    for entry in layout.wide:
        groups[cells.get(clean_header(entry.column), (False, False))].append(entry)
    for number, group in enumerate(groups.values() or [[]]):
        part = delivered if number == 0 else replace(delivered, ragged=NO_RAGGED, merged=(), notes=0, doubtful_notes=())
        yield _reshape(part, layout.model_copy(update={"wide": tuple(group)}))


def _reshape(delivered: TextTable, layout: TableLayout) -> TextTable:
    by_name = {clean_header(name): name for name in delivered.header}
    missing = sorted(name for name in layout.reported if clean_header(name) not in by_name)
    if missing:
        raise LayoutError(
            f"The layout names a column «{missing[0]}», which is not there. Found: {', '.join(delivered.header)}.",
            delivered.where,
            "Correct the layout.",
        )
    named = {by_name[clean_header(name)] for name in layout.reported}
    cells = delivered.rows.with_columns(_cell(name, layout.missing) for name in named)
    is_taken = pl.all_horizontal(pl.lit(value=True), *_belongs(layout, by_name))
    rows = cells.filter(is_taken)
    reshaped = rows.select(ROW, *_columns(layout, by_name), *_said(layout.constants))
    if layout.wide:
        reshaped = _unpivot(rows, reshaped, layout, by_name)
    return replace(
        delivered,
        rows=reshaped,
        n_fields=len(delivered.header),
        written=tuple(sorted(layout.written.items())),
        unnamed=frozenset(name for name in delivered.header if name not in named),
        choice=cells.select(ROW, is_taken=is_taken) if layout.takes_some_rows else NO_CHOICE,
        untyped=_renamed(delivered.untyped, layout),
        texts=_renamed(delivered.texts, layout),
        errors=tuple(
            (row, said, word) for row, column, word in delivered.errors for said in _said_of_cell(column, layout)
        ),
        unread=tuple(
            (row, said, rule_id, value)
            for row, column, rule_id, value in delivered.unread
            for said in _said_of_cell(column, layout)
        ),
    )


def _cell(name: str, missing: tuple[str, ...]) -> pl.Expr:
    """Return a column of the hospital without outer blanks; empty where it says that nothing is known."""
    cell = pl.col(name).str.strip_chars()
    return pl.when(~cell.is_in(["", *missing])).then(cell).alias(name)


def _belongs(layout: TableLayout, by_name: Mapping[str, str]) -> list[pl.Expr]:
    def reported(name: str) -> pl.Expr:
        return pl.col(by_name[clean_header(name)])

    equal = [reported(name).eq_missing(pl.lit(value or None)) for name, value in layout.where.items()]
    filled = [reported(name).is_not_null() for name in layout.filled]
    some = [pl.any_horizontal(reported(name).is_not_null() for name in layout.any_filled)] if layout.any_filled else []
    return equal + filled + some


def _columns(layout: TableLayout, by_name: Mapping[str, str]) -> Iterator[pl.Expr]:
    """Yield our columns; codes that the layout does not list stay as they are, to be checked."""

    def reported(name: str) -> pl.Expr:
        return pl.col(by_name[clean_header(name)])

    for into, name in layout.columns.items():
        yield _translated(reported(name), layout.codes.get(into, {})).alias(into)
    for into, names in layout.joined.items():
        yield pl.concat_str([reported(name) for name in names], separator=" ", ignore_nulls=True).alias(into)
    for into, boxes in layout.ticked.items():
        ticks = [_ticked(reported(name), code) for name, code in boxes.items()]
        yield pl.concat_str(ticks, separator=";", ignore_nulls=True).replace("", None).alias(into)


def _translated(cells: pl.Expr, codes: Mapping[str, str]) -> pl.Expr:
    return cells.replace(list(codes), list(codes.values())) if codes else cells


def _ticked(box: pl.Expr, code: str) -> pl.Expr:
    """Return the code of a ticked box, nothing of an empty one; what is neither stays, to be checked."""
    said = box.str.to_lowercase()
    return pl.when(said.is_in(TICKED)).then(pl.lit(code)).when(~said.is_in(NOT_TICKED)).then(box)


def _said(constants: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.lit(value).alias(name) for name, value in constants.items()]


def _unpivot(rows: pl.DataFrame, common: pl.DataFrame, layout: TableLayout, by_name: Mapping[str, str]) -> pl.DataFrame:
    """Return a row for each filled cell of the wide columns, in the order of the lines."""
    parts: list[pl.DataFrame] = []
    for entry in layout.wide:
        cells = rows.select(_translated(pl.col(by_name[clean_header(entry.column)]), layout.codes.get(entry.into, {})))
        part = common.with_columns(cells.to_series().alias(entry.into), *_said(entry.constants))
        parts.append(part.filter(pl.col(entry.into).is_not_null()))
    return pl.concat(parts, how="diagonal").sort(ROW, maintain_order=True)


def _said_of_cell(column: str, layout: TableLayout) -> frozenset[str]:
    """Return how a message names a cell: by our column, or, where several fill that, by the hospital's own."""
    is_wide = any(clean_header(entry.column) == clean_header(column) for entry in layout.wide)
    narrow = _renamed(frozenset({column}), layout.model_copy(update={"wide": ()}))
    return narrow | {column} if is_wide else narrow


def _renamed(columns: frozenset[str], layout: TableLayout) -> frozenset[str]:
    reported = {clean_header(column) for column in columns}
    direct = {into for into, column in layout.columns.items() if clean_header(column) in reported}
    wide = {entry.into for entry in layout.wide if clean_header(entry.column) in reported}
    of_several = {
        into
        for several in (layout.joined, layout.ticked)
        for into, names in several.items()
        if any(clean_header(name) in reported for name in names)
    }
    return frozenset(direct | wide | of_several)
