"""The cells of an OpenDocument spreadsheet (.ods): which hold an error, which are merged, which texts are numbers.

The XML is read with expat, which refuses entity bombs; the archive is checked before it is opened.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from analytics.errors import SourceError
from analytics.intake.cell_facts import (
    NEVER_CALCULATED,
    SHOWN_OTHERWISE,
    UNNAMED_ERROR,
    CellFacts,
    is_ambiguous,
    range_name,
    shows_bound,
)

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SHEET, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_PARAGRAPH = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_CALC_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_ERROR_WORD = re.compile(r"#\S+\s?[!?]|#\w/\w+|#NV|#YOK|Err\s?:\s?\d{3}")
"""«#DIV/0!», «#VALEUR !», «#N/A», «#NV» and «Err:502»: the words depend on the language of who saved the file."""

MAX_ERRORS = 1_000_000
"""An error may be written once and repeated; more than this are a bomb or no table."""


@dataclass(slots=True)
class _Sheet:
    """The facts of the sheet being read; ``row`` is the number of the next row."""

    row: int = 1
    errors: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    merged: list[str] = field(default_factory=list[str])
    text_numbers: set[int] = field(default_factory=set[int])
    unread: list[tuple[int, int, str, str]] = field(default_factory=list[tuple[int, int, str, str]])

    def facts(self) -> CellFacts:
        return CellFacts(
            tuple(sorted(self.errors)), tuple(self.merged), frozenset(self.text_numbers), tuple(self.unread)
        )


def read_ods_cells(path: Path) -> dict[str, CellFacts]:
    """Read the facts of every sheet of an .ods workbook, by sheet name.

    Raises
    ------
    SourceError
        If errors are repeated more often than a table has cells.
    """
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        sheets: dict[str, CellFacts] = {}
        for name, sheet in _read_sheets(stream):
            if max(len(sheet.errors), len(sheet.unread)) > MAX_ERRORS:
                raise SourceError(
                    f"More than {MAX_ERRORS} cells hold an error or no plain value.", path.name, "Mend the formulas."
                )
            sheets[name] = sheet.facts()
        return sheets


def _read_sheets(stream: IO[bytes]) -> Iterator[tuple[str, _Sheet]]:
    sheet = _Sheet()
    for _, element in ET.iterparse(stream):  # noqa: S314
        if element.tag == _ROW:
            _read_row(element, sheet)
            element.clear()
        elif element.tag == _SHEET:
            yield element.get(f"{_TABLE}name", ""), sheet
            element.clear()
            sheet = _Sheet()


def _read_row(row: ET.Element, sheet: _Sheet) -> None:
    rows = _count(row, "number-rows-repeated")
    column = 0
    for cell in row:
        columns = _count(cell, "number-columns-repeated")
        if cell.attrib:
            shown = "\n".join("".join(part.itertext()) for part in cell if part.tag == _PARAGRAPH)
            word = _error_word(cell, shown)
            spanned = _count(cell, "number-rows-spanned")
            if word:
                _add_errors(sheet, range(sheet.row, sheet.row + rows), range(column, column + columns), word)
            elif is_ambiguous(_text(cell, shown)):
                sheet.text_numbers.update(range(column, column + columns))
            elif (told := _unread(cell, shown)) is not None:
                _add_unread(sheet, range(sheet.row, sheet.row + rows), range(column, column + columns), told)
            across = _count(cell, "number-columns-spanned")
            if spanned > 1 or across > 1:
                last = column + columns * across - 1
                sheet.merged.append(range_name((sheet.row, column), (sheet.row + spanned - 1, last)))
        column += columns
    sheet.row += rows


def _add_errors(sheet: _Sheet, rows: range, columns: range, word: str) -> None:
    left = MAX_ERRORS + 1 - len(sheet.errors)
    places = ((row, column, word) for row in rows for column in columns)
    sheet.errors.extend(place for place, _ in zip(places, range(left), strict=False))


def _add_unread(sheet: _Sheet, rows: range, columns: range, told: tuple[str, str]) -> None:
    left = MAX_ERRORS + 1 - len(sheet.unread)
    places = ((row, column, *told) for row in rows for column in columns)
    sheet.unread.extend(place for place, _ in zip(places, range(left), strict=False))


def _unread(cell: ET.Element, shown: str) -> tuple[str, str] | None:
    """Return the rule that a cell breaks which shows another thing than it holds, or nothing yet; and what is told."""
    kind = cell.get(f"{_OFFICE}value-type")
    if kind is None:
        return (NEVER_CALCULATED, "") if f"{_TABLE}formula" in cell.attrib and not shown else None
    is_number = kind in ("float", "percentage", "currency")
    if is_number and (kind == "percentage" or shows_bound(shown)):
        return SHOWN_OTHERWISE, f"{cell.get(f'{_OFFICE}value', '')} shown as {shown}"
    return None


def _count(element: ET.Element, attribute: str) -> int:
    return int(element.get(f"{_TABLE}{attribute}", "1"))


def _text(cell: ET.Element, shown: str) -> str:
    """Return what a text cell holds; nothing for other cells."""
    is_text = cell.get(f"{_OFFICE}value-type") == "string"
    return cell.get(f"{_OFFICE}string-value", shown) if is_text else ""


def _error_word(cell: ET.Element, shown: str) -> str:
    """Return the error a cell holds, or nothing.

    LibreOffice says that a cell is an error. Others give it a number or a text beside the word that is shown; a text
    that is no formula's result was typed, and stays a text as in other formats.
    """
    if cell.get(_CALC_TYPE) == "error":
        return shown or UNNAMED_ERROR
    is_typed_text = f"{_TABLE}formula" not in cell.attrib and cell.get(f"{_OFFICE}value-type") == "string"
    return shown if not is_typed_text and _ERROR_WORD.fullmatch(shown) else ""
