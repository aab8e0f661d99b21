"""The cells of an Office Open XML workbook (.xlsx): which hold an error, which are merged, which texts are numbers.

The XML is read with expat, which refuses entity bombs; the archive is checked before it is opened.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from analytics.intake.cell_facts import (
    NEVER_CALCULATED,
    NO_DATE,
    SHOWN_OTHERWISE,
    CellFacts,
    changes_meaning,
    is_ambiguous,
    is_date_format,
    is_no_date,
)

_REFERENCE = re.compile(r"([A-Z]+)(\d+)")
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"

BUILT_IN_FORMATS = {"9": "0%", "10": "0.00%", "14": "m/d/yyyy", "22": "m/d/yyyy h:mm"}
"""The formats that workbooks name by number alone, of percentages and dates."""


def read_xlsx_cells(path: Path) -> dict[str, CellFacts]:
    """Read the facts of every sheet of an .xlsx workbook, by sheet name."""
    with zipfile.ZipFile(path) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        main = book.tag.removesuffix("workbook")
        ambiguous = _ambiguous_strings(archive, main)
        formats = _telling_formats(archive, main)
        found: dict[str, CellFacts] = {}
        for name, member in _sheet_members(archive, book, main):
            with archive.open(member) as stream:
                found[name] = _sheet_facts(stream, main, ambiguous, formats)
        return found


def _sheet_members(archive: zipfile.ZipFile, book: ET.Element, main: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the file of each sheet; ``main`` is the namespace, which strict workbooks have another of."""
    names = set(archive.namelist())
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    for sheet in book.iter(f"{main}sheet"):
        link = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
        target = targets.get(link, "")
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if member in names:
            yield sheet.get("name", ""), member


def _ambiguous_strings(archive: zipfile.ZipFile, main: str) -> frozenset[str]:
    """Return the indices of shared strings that look like «1,234»."""
    if _STRINGS not in archive.namelist():
        return frozenset()
    found: set[str] = set()
    with archive.open(_STRINGS) as stream:
        index = 0
        for _, element in ET.iterparse(stream):  # noqa: S314
            if element.tag == f"{main}si":
                if is_ambiguous("".join(element.itertext())):
                    found.add(str(index))
                index += 1
                element.clear()
    return frozenset(found)


def _telling_formats(archive: zipfile.ZipFile, main: str) -> dict[str, str]:
    """Return the number format of each style in which a cell may show another thing than it holds, by its index."""
    if _STYLES not in archive.namelist():
        return {}
    styles = ET.fromstring(archive.read(_STYLES))  # noqa: S314
    codes = BUILT_IN_FORMATS | {
        entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in styles.iter(f"{main}numFmt")
    }
    cells = styles.find(f"{main}cellXfs")
    used = enumerate(() if cells is None else cells)
    named = {str(index): codes.get(style.get("numFmtId", ""), "") for index, style in used}
    return {index: code for index, code in named.items() if changes_meaning(code) or is_date_format(code)}


def _sheet_facts(stream: IO[bytes], main: str, ambiguous: frozenset[str], formats: dict[str, str]) -> CellFacts:
    errors: list[tuple[int, int, str]] = []
    merged: list[str] = []
    text_numbers: set[int] = set()
    unread: list[tuple[int, int, str, str]] = []
    row = 0
    for _, element in ET.iterparse(stream):  # noqa: S314
        if element.tag == f"{main}row":
            row = int(element.get("r", row + 1))
            for column, cell in _cells(element):
                value = cell.findtext(f"{main}v", "")
                if cell.get("t") == "e":
                    errors.append((row, column, value))
                elif _is_text_number(cell, value, ambiguous):
                    text_numbers.add(column)
                elif not value:
                    if cell.get("t", "n") == "n" and cell.find(f"{main}f") is not None:
                        unread.append((row, column, NEVER_CALCULATED, ""))
                elif cell.get("s") in formats and cell.get("t", "n") == "n":
                    unread.extend((row, column, *why) for why in _unread(value, formats[cell.get("s", "")]))
            element.clear()
        elif element.tag == f"{main}mergeCell":
            reference = element.get("ref", "")
            if ":" in reference:
                merged.append(reference)
    return CellFacts(tuple(errors), tuple(merged), frozenset(text_numbers), tuple(unread))


def _unread(value: str, number_format: str) -> Iterator[tuple[str, str]]:
    """Yield the rule that a number breaks in its format, and what is told of it."""
    if changes_meaning(number_format):
        yield SHOWN_OTHERWISE, f"{value} in the format {number_format}"
    elif is_no_date(float(value)):
        yield NO_DATE, value


def _cells(row: ET.Element) -> Iterator[tuple[int, ET.Element]]:
    """Yield the cells of a row with their columns; a cell that does not say where it is follows the one before."""
    column = -1
    for cell in row:
        reference = cell.get("r", "")
        column = _place(reference)[1] if reference else column + 1
        yield column, cell


def _is_text_number(cell: ET.Element, value: str, ambiguous: frozenset[str]) -> bool:
    kind = cell.get("t")
    if kind == "s":
        return value in ambiguous
    return (kind == "str" and is_ambiguous(value)) or (kind == "inlineStr" and is_ambiguous("".join(cell.itertext())))


def _place(reference: str) -> tuple[int, int]:
    """Return (row from 1, column from 0) of a reference.

    Examples
    --------
    >>> _place("AB12")
    (12, 27)
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return 0, -1
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1
