"""Old Excel workbooks and open documents: read like the newer ones, with their limits said once."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import pytest
import xlwt

from analytics.errors import SourceError
from analytics.intake.accept import accept_source

LABS = ["patient_id", "analyte", "collected", "value_text", "unit", "uln"]
Sheets = dict[str, list[list[object]]]

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"""


def write_xls(path: Path, sheets: Sheets) -> Path:
    """Write a workbook of Excel 97 to 2003."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                style = xlwt.easyxf(num_format_str="YYYY-MM-DD") if isinstance(cell, date) else xlwt.Style.default_style
                sheet.write(number, column, cell, style)
    book.save(str(path))
    return path


def _cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value:%Y-%m-%d}"/>'
    if isinstance(value, str):
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def write_ods(path: Path, sheets: Sheets) -> Path:
    """Write the least an open document spreadsheet needs."""
    told = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(_cell(cell) for cell in row)}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    manifest = '<?xml version="1.0"?><manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", ODS.format(sheets=told))
    return path


@pytest.fixture(params=["xls", "ods"])
def write(request, tmp_path: Path):
    """Write a workbook in each of the older formats."""
    writer = {"xls": write_xls, "ods": write_ods}[request.param]
    return lambda sheets: writer(tmp_path / f"registry.{request.param}", sheets)


PATIENTS: list[list[object]] = [["patient_id", "sex"], ["P1", "F"]]


def test_dates_numbers_and_texts_come_as_they_were_typed(write):
    rows = [
        LABS,
        ["P1", "CGA", datetime(2020, 1, 10), 1.234, "ng/mL", 85],
        ["P1", "NSE", "2020-01", 7, "ng/mL", 16.3],
    ]
    labs = accept_source(write({"patients": PATIENTS, "labs": rows})).tables["labs"]
    assert labs.select("collected", "collected_precision", "value", "uln", "_sheet", "_row").rows() == [
        (date(2020, 1, 10), "D", 1.234, 85.0, "labs", 2),
        (date(2020, 1, 1), "M", 7.0, 16.3, "labs", 3),
    ]


def test_a_number_typed_as_text_that_could_be_two_is_asked_about(write):
    rows = [LABS, ["P1", "CGA", "2020-01-10", "1.234", "ng/mL", 85], ["P1", "CGA", "2020-02-10", "<5", "ng/mL", 85]]
    accepted = accept_source(write({"patients": PATIENTS, "labs": rows}))
    asked = accepted.findings.filter(pl.col("rule_id") == "V21")
    assert asked.select("sheet", "row", "value").rows() == [("labs", 2, "1.234")]
    assert accepted.tables["labs"]["comparator"].to_list() == ["<"]


def test_what_the_format_hides_is_said_once(write):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    accepted = accept_source(write({"patients": PATIENTS, "labs": rows}))
    assert accepted.findings.filter(pl.col("rule_id") == "V76")["file"].str.starts_with("registry.").to_list() == [True]


def test_a_sheet_with_a_header_alone_is_empty(write):
    assert accept_source(write({"patients": PATIENTS, "labs": [LABS]})).tables["labs"].height == 0


def test_a_damaged_old_workbook_stops(tmp_path):
    (tmp_path / "registry.xls").write_bytes(b"\xd0\xcf\x11\xe0 nothing behind it")
    with pytest.raises(SourceError, match="cannot be opened"):
        accept_source(tmp_path / "registry.xls")
