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

from analytics.intake.cell_facts import CellFacts, is_ambiguous

_REFERENCE = re.compile(r"([A-Z]+)(\d+)")
_STRINGS = "xl/sharedStrings.xml"


def read_xlsx_cells(path: Path) -> dict[str, CellFacts]:
    """Read the facts of every sheet of an .xlsx workbook, by sheet name."""
    with zipfile.ZipFile(path) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        main = book.tag.removesuffix("workbook")
        ambiguous = _ambiguous_strings(archive, main)
        found: dict[str, CellFacts] = {}
        for name, member in _sheet_members(archive, book, main):
            with archive.open(member) as stream:
                found[name] = _sheet_facts(stream, main, ambiguous)
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


def _sheet_facts(stream: IO[bytes], main: str, ambiguous: frozenset[str]) -> CellFacts:
    errors: list[tuple[int, int, str]] = []
    merged: list[str] = []
    text_numbers: set[int] = set()
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
            element.clear()
        elif element.tag == f"{main}mergeCell":
            reference = element.get("ref", "")
            if _spans_rows(reference):
                merged.append(reference)
    return CellFacts(tuple(errors), tuple(merged), frozenset(text_numbers))


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


def _spans_rows(reference: str) -> bool:
    first, _, last = reference.partition(":")
    return bool(last) and _place(first)[0] != _place(last)[0]
