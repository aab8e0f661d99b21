"""What a spreadsheet reader passes over in silence: formula errors, merged cells, numbers held as text.

The XML is read with expat, which refuses entity bombs; the archive is checked before it is opened.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_AMBIGUOUS = re.compile(r"\s*[<>≤≥~]?\s*[+-]?[1-9]\d{0,2}[.,]\d{3}\s*")
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What a sheet's own file says of its cells; columns are counted from 0, rows from 1.

    Attributes
    ----------
    errors
        (row, column, «#DIV/0!») of every cell that holds an error.
    merged
        References like «B3:B5» of merged cells that span rows.
    text_numbers
        Columns with a text cell whose decimal mark cannot be told, such as «1,234».
    """

    errors: tuple[tuple[int, int, str], ...]
    merged: tuple[str, ...]
    text_numbers: frozenset[int]


def read_cell_facts(path: Path) -> dict[str, CellFacts]:
    """Read the facts of every sheet of an .xlsx workbook, by sheet name."""
    with zipfile.ZipFile(path) as archive:
        ambiguous = _ambiguous_strings(archive)
        found: dict[str, CellFacts] = {}
        for name, member in _sheet_members(archive):
            with archive.open(member) as stream:
                found[name] = _sheet_facts(stream, ambiguous)
        return found


def _sheet_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    names = set(archive.namelist())
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_LINK, ""), "")
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if member in names:
            yield sheet.get("name", ""), member


def _ambiguous_strings(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the indices of shared strings that look like «1,234»."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return frozenset()
    found: set[str] = set()
    with archive.open("xl/sharedStrings.xml") as stream:
        index = 0
        for _, element in ET.iterparse(stream):  # noqa: S314
            if element.tag == f"{_MAIN}si":
                if _AMBIGUOUS.fullmatch("".join(element.itertext())):
                    found.add(str(index))
                index += 1
                element.clear()
    return frozenset(found)


def _sheet_facts(stream: IO[bytes], ambiguous: frozenset[str]) -> CellFacts:
    errors: list[tuple[int, int, str]] = []
    merged: list[str] = []
    text_numbers: set[int] = set()
    for _, element in ET.iterparse(stream):  # noqa: S314
        if element.tag == f"{_MAIN}c":
            kind = element.get("t", "n")
            row, column = _place(element.get("r", ""))
            value = element.findtext(f"{_MAIN}v") or ""
            if kind == "e":
                errors.append((row, column, value))
            elif (kind == "s" and value in ambiguous) or (
                kind in ("str", "inlineStr") and _AMBIGUOUS.fullmatch("".join(element.itertext()))
            ):
                text_numbers.add(column)
        elif element.tag == f"{_MAIN}mergeCell":
            reference = element.get("ref", "")
            if _spans_rows(reference):
                merged.append(reference)
        elif element.tag == f"{_MAIN}row":
            element.clear()
    return CellFacts(tuple(errors), tuple(merged), frozenset(text_numbers))


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
