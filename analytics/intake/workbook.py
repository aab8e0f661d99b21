"""Read the sheets of a workbook as text, each row with the number a spreadsheet shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import polars as pl

from analytics.errors import LayoutError, SourceError
from analytics.intake.archive import check_archive
from analytics.intake.columnar import hash_file
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery, check_header
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.intake.workbook_cells import CellFacts, read_cell_facts
from analytics.tables.study import InputFile

HEADER_SEARCH_ROWS = 20
"""A title or a help line may stand above the header, but not more than this many rows."""


PLAIN_XML = (".xlsx", ".xlsm")
"""Formats whose cells can be looked at one by one."""


def read_workbook(
    path: Path, known: Mapping[str, frozenset[str]], spoken_for: Collection[str] = ()
) -> tuple[tuple[TextTable, ...], InputFile, tuple[str, ...]]:
    """Read every sheet named after a table of ``known`` (table → its columns), those ``spoken_for`` left out.

    Returns
    -------
    The tables, the file's facts, and the names of the sheets that belong to no table.

    Raises
    ------
    SourceError
        If the workbook cannot be opened (damaged, protected by a password, not a workbook).
    LayoutError
        If a sheet has no header row, or names a column twice.
    """
    facts = InputFile(path.name, path.stat().st_size, hash_file(path))
    workbook, cells = _open(path)
    tables: list[TextTable] = []
    unused: list[str] = []
    for sheet in workbook.sheet_names:
        if sheet in spoken_for:
            continue
        table = clean_header(sheet)
        if table in known:
            read = _read_sheet(workbook, sheet, path.name, known[table], cells.get(sheet), table)
            tables.extend([read] if read is not None else [])
        elif not sheet.startswith("#"):
            unused.append(sheet)
    return tuple(tables), facts, tuple(unused)


def read_sheet_as(delivery: Delivery) -> tuple[TextTable, InputFile]:
    """Read the one sheet a layout names.

    Raises
    ------
    SourceError
        If the workbook cannot be opened.
    LayoutError
        If it has no such sheet, or the sheet is empty.
    """
    path, sheet = delivery.path, delivery.layout.sheet if delivery.layout else ""
    workbook, cells = _open(path)
    read = (
        _read_sheet(workbook, sheet, delivery.name, delivery.known, cells.get(sheet), delivery.table)
        if sheet in workbook.sheet_names
        else None
    )
    if read is None:
        found = ", ".join(workbook.sheet_names)
        raise LayoutError(
            f"The layout names a sheet «{sheet}», which is not there or empty. Found: {found}.",
            delivery.name,
            "Correct the layout.",
        )
    return read, InputFile(delivery.name, path.stat().st_size, hash_file(path))


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    SourceError
        If the workbook cannot be opened.
    """
    return tuple(_open(path)[0].sheet_names)


def _open(path: Path) -> tuple[fastexcel.ExcelReader, dict[str, CellFacts]]:
    try:
        if path.suffix.casefold() in PLAIN_XML:
            check_archive(path)
            return fastexcel.read_excel(path), read_cell_facts(path)
        return fastexcel.read_excel(path), {}
    except (fastexcel.FastExcelError, KeyError, ElementTree.ParseError) as error:
        raise SourceError(
            f"The workbook cannot be opened ({str(error).splitlines()[0]}).",
            path.name,
            "Take off its password, or save it again as .xlsx or as CSV UTF-8.",
        ) from None


def _read_sheet(
    workbook: fastexcel.ExcelReader,
    sheet: str,
    file: str,
    known: frozenset[str],
    cells: CellFacts | None,
    table: str,
) -> TextTable | None:
    grid = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    frame = grid.to_polars()
    if frame.width == 0:
        return None
    where = f"{file}, sheet {sheet}"
    position = _header_position(frame, known, where)
    header = ["" if cell is None else str(cell) for cell in frame.row(position)]
    check_header(header, where)
    names = [cell.strip() or f"(column {number})" for number, cell in enumerate(header, start=1)]
    numbered = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt32))
    below = numbered.slice(position + 1).rename(dict(zip(frame.columns, names, strict=True)))
    emptied = below.with_columns(pl.exclude(ROW).replace("", None))
    filled = emptied.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    is_note = pl.col(names[0]).str.starts_with("#").fill_null(value=False)
    rows = filled.filter(~is_note)
    at = {info.absolute_index: name for info, name in zip(grid.selected_columns, names, strict=True)}
    read = TextTable(table, file, sheet, rows, NO_RAGGED, notes=filled.height - rows.height)
    if cells is not None:
        return _with_cell_facts(read, cells, at, position + 1)
    return replace(read, is_typed=True, untyped=_text_columns(workbook, sheet, position + 1, names), hides_errors=True)


def _text_columns(workbook: fastexcel.ExcelReader, sheet: str, header_row: int, names: list[str]) -> frozenset[str]:
    """Return the columns of which not every filled cell below the header is a number."""
    if workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").height <= header_row:
        return frozenset()
    below = workbook.load_sheet(sheet, header_row=None, skip_rows=header_row, schema_sample_rows=None).to_polars()
    by_place = zip(names, below.schema.values(), strict=True)
    return frozenset(name for name, kind in by_place if not kind.is_numeric())


def _with_cell_facts(read: TextTable, cells: CellFacts, at: Mapping[int, str], header_row: int) -> TextTable:
    """Add what the cells themselves say; ``at`` gives the name of each column by its place in the sheet."""
    return replace(
        read,
        is_typed=True,
        untyped=frozenset(at[column] for column in cells.text_numbers if column in at),
        errors=tuple(
            (row, at[column], word) for row, column, word in cells.errors if row > header_row and column in at
        ),
        merged=cells.merged,
    )


def _header_position(cells: pl.DataFrame, known: frozenset[str], where: str) -> int:
    """Return the index of the first row that holds more known column names than any before the limit."""
    best, merit = 0, 0
    for index, row in enumerate(cells.head(HEADER_SEARCH_ROWS).iter_rows()):
        matches = sum(clean_header(str(cell)) in known for cell in row if cell is not None)
        if matches > merit:
            best, merit = index, matches
    if merit == 0:
        raise LayoutError(
            "No row of this sheet looks like a header.",
            where,
            f"Write the column names in one row: {', '.join(sorted(known))}.",
        )
    return best
