"""Read the sheets of a workbook as text, each row with the number a spreadsheet shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import fastexcel
import polars as pl

from analytics.errors import LayoutError, SourceError
from analytics.intake.delimited import check_header
from analytics.intake.examine import clean_header
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.tables.study import InputFile

HEADER_SEARCH_ROWS = 20
"""A title or a help line may stand above the header, but not more than this many rows."""


def read_workbook(
    path: Path, known: Mapping[str, frozenset[str]]
) -> tuple[tuple[TextTable, ...], InputFile, tuple[str, ...]]:
    """Read every sheet named after a table of ``known`` (table → its columns).

    Returns
    -------
    The tables, the file's facts, and the names of the sheets that belong to no table; sheets named with «#» are notes
    for people.

    Raises
    ------
    SourceError
        If the workbook cannot be opened (damaged, protected by a password, not a workbook).
    LayoutError
        If a sheet has no header row, or names a column twice.
    """
    content = path.read_bytes()
    facts = InputFile(path.name, len(content), hashlib.sha256(content).hexdigest())
    workbook = _open(content, path.name)
    tables: list[TextTable] = []
    unused: list[str] = []
    for sheet in workbook.sheet_names:
        table = clean_header(sheet)
        if table in known:
            read = _read_sheet(workbook, sheet, table, path.name, known[table])
            tables.extend([read] if read is not None else [])
        elif not sheet.startswith("#"):
            unused.append(sheet)
    return tuple(tables), facts, tuple(unused)


def _open(content: bytes, name: str) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(content)
    except fastexcel.FastExcelError as error:
        raise SourceError(
            f"The workbook cannot be opened ({str(error).splitlines()[0]}).",
            name,
            "Take off its password, or save it again as .xlsx or as CSV UTF-8.",
        ) from None


def _read_sheet(
    workbook: fastexcel.ExcelReader, sheet: str, table: str, file: str, known: frozenset[str]
) -> TextTable | None:
    cells = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    if cells.width == 0:
        return None
    where = f"{file}, sheet {sheet}"
    numbered = cells.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt32))
    position = _header_position(cells, known, where)
    header = ["" if cell is None else str(cell) for cell in cells.row(position)]
    check_header(header, where)
    names = [cell.strip() or f"(column {number})" for number, cell in enumerate(header, start=1)]
    below = numbered.slice(position + 1).rename(dict(zip(cells.columns, names, strict=True)))
    emptied = below.with_columns(pl.exclude(ROW).replace("", None))
    filled = emptied.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    is_note = pl.col(names[0]).str.starts_with("#").fill_null(value=False)
    rows = filled.filter(~is_note)
    return TextTable(table, file, sheet, rows, NO_RAGGED, is_typed=True, notes=filled.height - rows.height)


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
