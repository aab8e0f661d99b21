"""Read the sheets of a workbook as text, each row with the number a spreadsheet shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import polars as pl

from analytics.durable import hash_file
from analytics.errors import LayoutError, SourceError
from analytics.intake.archive import DAMAGE as DAMAGED_MEMBER
from analytics.intake.archive import MAX_RATIO, UNKNOWN_TO_ZIPFILE, check_archive
from analytics.intake.cell_facts import CellFacts, cannot_open
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery, check_header, may_be_record
from analytics.intake.ods_cells import read_ods_cells
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.intake.xls_cells import read_xls_cells
from analytics.intake.xlsx_cells import read_xlsx_cells
from analytics.tables.study import InputFile

HEADER_SEARCH_ROWS = 20
"""A title or a help line may stand above the header, but not more than this many rows."""

CELL_READERS: Mapping[str, Callable[[Path], dict[str, CellFacts]]] = {
    ".xlsx": read_xlsx_cells,
    ".xlsm": read_xlsx_cells,
    ".ods": read_ods_cells,
    ".xls": read_xls_cells,
}
"""Who looks at the cells of a format one by one."""

MAX_RATIOS: Mapping[str, int] = {".xlsx": MAX_RATIO, ".xlsm": MAX_RATIO, ".ods": 500}
"""How many times its size a format may unpack to; a cell of .ods says in a hundred letters what its neighbours say."""

DAMAGE = (
    *DAMAGED_MEMBER,
    fastexcel.FastExcelError,
    ElementTree.ParseError,
    KeyError,
    *UNKNOWN_TO_ZIPFILE,
)
"""What a damaged workbook, one with a password, or a file that is none raises."""

Grid = tuple[pl.DataFrame, dict[int, int]]
"""The cells of a sheet as text, and the position there of each column of the sheet."""

MIDNIGHT = " 00:00:00"

PANIC = "PanicException"
"""What fastexcel's own reader raises where damage surprises it: no Exception, and of a class nobody can import."""


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
            grid = _load_grid(workbook, sheet, path)
            read = _read_sheet(grid, sheet, path.name, known[table], cells.get(sheet), table)
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
        _read_sheet(
            _load_grid(workbook, sheet, path), sheet, delivery.name, delivery.known, cells.get(sheet), delivery.table
        )
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


def first_cells(path: Path, sheet: str) -> tuple[str, ...]:
    """Return the texts of the rows of a sheet in which its header may stand.

    Raises
    ------
    SourceError
        If the workbook cannot be opened.
    """
    cells, _ = _load_grid(_open(path)[0], sheet, path)
    return tuple(text for row in cells.head(HEADER_SEARCH_ROWS).iter_rows() for text in row if text is not None)


def _open(path: Path) -> tuple[fastexcel.ExcelReader, dict[str, CellFacts]]:
    suffix = path.suffix.casefold()
    if suffix in MAX_RATIOS:
        check_archive(path, MAX_RATIOS[suffix])
    with _told_as_damaged(path):
        cells = CELL_READERS[suffix](path)  # first, since it refuses damage that ends fastexcel and the process with it
        return fastexcel.read_excel(path), cells


@contextmanager
def _told_as_damaged(path: Path) -> Generator[None]:
    """Turn what a damaged workbook raises into the sentence a person reads."""
    try:
        yield
    except DAMAGE as error:
        raise cannot_open(path, error) from None
    except BaseException as panic:
        if type(panic).__name__ != PANIC:
            raise
        raise cannot_open(path, panic) from None


def _load_grid(workbook: fastexcel.ExcelReader, sheet: str, path: Path) -> Grid:
    with _told_as_damaged(path):
        grid = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        places = {info.absolute_index: number for number, info in enumerate(grid.selected_columns)}
        return grid.to_polars(), places


def _read_sheet(
    grid: Grid,
    sheet: str,
    file: str,
    known: frozenset[str],
    cells: CellFacts | None,
    table: str,
) -> TextTable | None:
    where = f"{file}, sheet {sheet}"
    if cells is None:
        raise SourceError("The sheet cannot be looked into for errors.", where, "Save the workbook again as .xlsx.")
    texts, places = grid
    frame = _without_errors(texts, cells, places)
    if frame.width == 0:
        return None
    position = _header_position(frame, known, where)
    header = ["" if cell is None else str(cell) for cell in frame.row(position)]
    check_header(header, where)
    names = [cell.strip() or f"(column {number})" for number, cell in enumerate(header, start=1)]
    numbered = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt32))
    below = numbered.slice(position + 1).rename(dict(zip(frame.columns, names, strict=True)))
    emptied = below.with_columns(_day_alone(pl.exclude(ROW).replace("", None)))
    filled = emptied.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    is_note = pl.col(names[0]).str.starts_with("#").fill_null(value=False)
    rows = filled.filter(~is_note)
    at = {place: names[number] for place, number in places.items()}
    return TextTable(
        table,
        file,
        sheet,
        rows,
        NO_RAGGED,
        is_typed=True,
        notes=filled.height - rows.height,
        doubtful_notes=tuple(_doubtful(filled.filter(is_note))),
        untyped=frozenset(at[column] for column in cells.text_numbers if column in at),
        errors=tuple(
            (row, at[column], word) for row, column, word in cells.errors if row > position + 1 and column in at
        ),
        merged=tuple(reference for reference in cells.merged if _is_of_data(reference, position)),
        unread=tuple(
            (row, at[column], rule_id, value)
            for row, column, rule_id, value in cells.unread
            if row > position + 1 and column in at and clean_header(at[column]) in known
        ),
    )


def _day_alone(cells: pl.Expr) -> pl.Expr:
    """Return the texts of cells, of days without the midnight that a spreadsheet holds and nobody sees."""
    is_day = cells.str.ends_with(MIDNIGHT) & (cells.str.len_bytes() == len("2020-01-10") + len(MIDNIGHT))
    return pl.when(is_day).then(cells.str.strip_suffix(MIDNIGHT)).otherwise(cells)


def _doubtful(notes: pl.DataFrame) -> Iterator[int]:
    """Yield the rows of the notes that are filled like records."""
    for row, *cells in notes.iter_rows():
        if may_be_record([cell or "" for cell in cells], len(cells)):
            yield row


def _is_of_data(reference: str, header: int) -> bool:
    """Say whether merged cells lie below the header, of which the index is given, or span rows."""
    first, last = (int(re.sub(r"\D", "", cell) or 0) for cell in reference.split(":"))
    return first != last or first > header + 1


def _without_errors(frame: pl.DataFrame, cells: CellFacts, places: Mapping[int, int]) -> pl.DataFrame:
    """Empty the cells that hold an error, under which some formats keep a number or a word, or show another thing.

    ``places`` gives the position in ``frame`` of each column of the sheet.
    """
    wrong: dict[str, list[int]] = {}
    for row, column, *_ in (*cells.errors, *cells.unread):
        if column in places:
            wrong.setdefault(frame.columns[places[column]], []).append(row - 1)
    index = pl.int_range(pl.len())
    return frame.with_columns(pl.when(~index.is_in(rows)).then(pl.col(name)) for name, rows in wrong.items())


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
