"""The cells of an old Excel workbook (.xls): which hold an error, which are merged, which texts are numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import xlrd
from xlrd.sheet import Sheet

from analytics.intake.cell_facts import (
    NO_DATE,
    SHOWN_OTHERWISE,
    UNNAMED_ERROR,
    CellFacts,
    cannot_open,
    changes_meaning,
    is_ambiguous,
    is_no_date,
    range_name,
)


def read_xls_cells(path: Path) -> dict[str, CellFacts]:
    """Read the facts of every sheet of an .xls workbook, by sheet name.

    Raises
    ------
    SourceError
        If its records cannot be followed.
    """
    try:
        return dict(_read_sheets(path))
    except Exception as error:  # xlrd holds a damaged file to assertions, indices and lengths of many kinds
        raise cannot_open(path, error) from None


def _read_sheets(path: Path) -> Iterator[tuple[str, CellFacts]]:
    """Yield one sheet after the other, each forgotten before the next is read."""
    with xlrd.open_workbook(
        file_contents=path.read_bytes(),
        formatting_info=True,  # to xlrd merged cells are formatting
        on_demand=True,
        ragged_rows=True,
        logfile=io.StringIO(),  # otherwise its warnings stand among our answers
    ) as book:
        named = enumerate(book.format_map[style.format_key].format_str for style in book.xf_list)
        formats = {index: code for index, code in named if changes_meaning(code)}
        for number, name in enumerate(book.sheet_names()):
            yield name, _sheet_facts(book.sheet_by_index(number), formats)
            book.unload_sheet(number)


def _sheet_facts(sheet: Sheet, formats: Mapping[int, str]) -> CellFacts:
    errors: list[tuple[int, int, str]] = []
    text_numbers: set[int] = set()
    unread: list[tuple[int, int, str, str]] = []
    for row in range(sheet.nrows):
        cells = zip(sheet.row_types(row), sheet.row_values(row), strict=True)
        for column, (kind, value) in enumerate(cells):
            if kind == xlrd.XL_CELL_ERROR:
                errors.append((row + 1, column, xlrd.error_text_from_code.get(int(value), UNNAMED_ERROR)))
            elif kind == xlrd.XL_CELL_TEXT and is_ambiguous(value):
                text_numbers.add(column)
            elif kind == xlrd.XL_CELL_NUMBER and formats and (code := formats.get(sheet.cell_xf_index(row, column))):
                unread.append((row + 1, column, SHOWN_OTHERWISE, f"{value:g} in the format {code}"))
            elif kind == xlrd.XL_CELL_DATE and is_no_date(float(value)):
                unread.append((row + 1, column, NO_DATE, f"{value:g}"))
    merged = tuple(range_name((top + 1, left), (bottom, right - 1)) for top, bottom, left, right in sheet.merged_cells)
    return CellFacts(tuple(errors), merged, frozenset(text_numbers), tuple(unread))
