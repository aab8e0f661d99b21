"""Write small workbooks of each format: sheets as rows of cells, formula errors and merged cells among them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter
import xlwt

ERROR_CODES = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


@dataclass(frozen=True, slots=True)
class Failed:
    """A cell with the formula =1/0, or another, and the error it came to."""

    word: str


@dataclass(frozen=True, slots=True)
class Worked:
    """A cell with a formula, and the text it came to."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell with a number in a format, and the text it shows."""

    number: float
    number_format: str
    text: str


Sheets = dict[str, list[list[object]]]
Merged = dict[str, Sequence[tuple[int, int, int, int]]]
"""By sheet the first row, last row, first column and last column of merged cells, counted from 0."""

Write = Callable[[Path, Sheets, Merged], Path]


def write_xlsx(path: Path, sheets: Sheets, merged: Merged) -> Path:
    """Write a workbook of Excel 2007 or later."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, Failed | Worked):
                        told = cell.word if isinstance(cell, Failed) else cell.text
                        sheet.write_formula(number, column, "=1/0", None, told)
                    elif isinstance(cell, Shown):
                        form = book.add_format({"num_format": cell.number_format})
                        sheet.write_number(number, column, cell.number, form)
                    elif isinstance(cell, date):
                        sheet.write_datetime(number, column, cell)
                    elif isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    else:
                        sheet.write(number, column, cell)
            for top, bottom, left, right in merged.get(name, ()):
                sheet.merge_range(top, left, bottom, right, rows[top][left])
    return path


def write_xls(path: Path, sheets: Sheets, merged: Merged) -> Path:
    """Write a workbook of Excel 97 to 2003."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, Failed | Worked):
                    sheet.row(number).insert_cell(column, _Formula(number, column, cell))
                    continue
                if isinstance(cell, Shown):
                    sheet.write(number, column, cell.number, xlwt.easyxf(num_format_str=cell.number_format))
                    continue
                style = xlwt.easyxf(num_format_str="YYYY-MM-DD") if isinstance(cell, date) else xlwt.Style.default_style
                sheet.write(number, column, cell, style)
        for place in merged.get(name, ()):
            sheet.merge(*place)
    book.save(str(path))
    return path


class _Formula:
    """The records of a formula with its result, which xlwt cannot write."""

    def __init__(self, row: int, column: int, cell: Failed | Worked) -> None:
        self.colx, self._place, self._cell = column, struct.pack("<3H", row, column, 15), cell

    def get_biff_data(self) -> bytes:
        tokens = struct.pack("<BHBHB", 0x1E, 1, 0x1E, 0, 0x06)  # 1, 0, divided
        is_failed = isinstance(self._cell, Failed)
        code = ERROR_CODES[self._cell.word] if is_failed else 0
        result = struct.pack("<6BH", 2 if is_failed else 0, 0, code, 0, 0, 0, 0xFFFF)
        formula = self._place + result + struct.pack("<HLH", 0, 0, len(tokens)) + tokens
        return _record(0x0006, formula) + (b"" if is_failed else _record(0x0207, self._text()))

    def _text(self) -> bytes:
        assert isinstance(self._cell, Worked)
        return struct.pack("<HB", len(self._cell.text), 0) + self._cell.text.encode("latin-1")


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">
<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"""
MANIFEST = '<?xml version="1.0"?><manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
EMPTY_END = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)


def write_ods(path: Path, sheets: Sheets, merged: Merged) -> Path:
    """Write an open document as LibreOffice does, the empty rest of each sheet included."""
    tables = {
        name: "".join(_ods_row(number, row, merged.get(name, ())) for number, row in enumerate(rows))
        for name, rows in sheets.items()
    }
    return write_ods_rows(path, {name: rows + EMPTY_END for name, rows in tables.items()})


def write_ods_rows(path: Path, tables: dict[str, str]) -> Path:
    """Write an open document of sheets whose rows are given as XML."""
    told = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in tables.items())
    return write_ods_content(path, ODS.format(sheets=told))


def write_ods_content(path: Path, content: str, manifest: str = MANIFEST) -> Path:
    """Write the least an open document spreadsheet needs around its content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def _ods_row(number: int, row: Sequence[object], merged: Sequence[tuple[int, int, int, int]]) -> str:
    spans = {
        left: f' table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'
        for top, bottom, left, right in merged
        if top == number
    }
    cells = (_ods_cell(cell, spans.get(column, "")) for column, cell in enumerate(row))
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _ods_cell(value: object, spans: str) -> str:
    if value is None:
        return f"<table:table-cell{spans}/>"
    if isinstance(value, date):
        kind, text = f'office:value-type="date" office:date-value="{value:%Y-%m-%d}"', f"{value:%d.%m.%Y}"
    elif isinstance(value, Failed):
        kind = 'table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"'
        text = value.word
    elif isinstance(value, Worked):
        kind, text = (
            f'table:formula="of:=1/0" office:value-type="string" office:string-value="{value.text}"',
            value.text,
        )
    elif isinstance(value, Shown):
        kind = "percentage" if value.text.endswith("%") else "float"
        kind, text = f'office:value-type="{kind}" office:value="{value.number}"', value.text
    elif isinstance(value, str):
        kind, text = 'office:value-type="string"', value
    else:
        kind, text = f'office:value-type="float" office:value="{value}"', f"{value:.0f}"
    return f"<table:table-cell {kind}{spans}><text:p>{escape(text)}</text:p></table:table-cell>"


WRITERS: dict[str, Write] = {"xlsx": write_xlsx, "xls": write_xls, "ods": write_ods}
