"""Workbooks: what a spreadsheet shows is what is read, and what it hides is said."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from analytics.errors import LayoutError, SourceError
from analytics.intake.accept import accept_source
from lutetia import app
from tests.intake.workbooks import Shown, write_xlsx

PATIENTS = [["patient_id", "sex"], ["P1", "F"]]
LABS = ["patient_id", "analyte", "collected", "value_text", "unit", "uln"]


@pytest.fixture
def workbook(tmp_path: Path):
    """Write a workbook of sheets, each a list of rows; a function may do more to a sheet."""

    def write(sheets: dict[str, list[list[object]]], more=None) -> Path:
        path = tmp_path / "registry.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if isinstance(cell, datetime):
                            sheet.write_datetime(number, column, cell)
                        else:
                            sheet.write(number, column, cell)
                if more:
                    more(name, sheet)
        return path

    return write


def fired(accepted, rule_id: str) -> pl.DataFrame:
    """Return the findings of a rule."""
    return accepted.findings.filter(pl.col("rule_id") == rule_id)


def test_dates_numbers_and_leading_zeros_come_as_a_person_sees_them(workbook):
    rows = [
        LABS,
        ["P1", "CGA", datetime(2020, 1, 10), 1.234, "ng/mL", 85],
        ["P1", "NSE", "2020-01", "<5", "ng/mL", 16.3],
    ]
    labs = accept_source(workbook({"patients": PATIENTS, "labs": rows})).tables["labs"]
    assert labs.select("collected_text", "value", "comparator", "_sheet", "_row").rows() == [
        ("2020-01-10", 1.234, None, "labs", 2),
        ("2020-01", 5.0, "<", "labs", 3),
    ]


CORRECTION = ["table", "patient_id", "key", "column", "old_value", "new_value", "reason"]


def test_a_correction_names_a_day_as_a_person_sees_it(workbook):
    rows = [LABS, ["P1", "CGA", datetime(2020, 1, 10), 5, "ng/mL", 85]]
    key = "analyte=CGA; collected="
    corrections = [
        CORRECTION,
        ["labs", "P1", f"{key}2020-01-10", "value_text", 5, 6, "typed wrongly"],
        ["labs", "P1", "analyte=CGA", "collected", datetime(2020, 1, 10), datetime(2020, 1, 11), "typed wrongly"],
        ["labs", "P1", f"{key}10.01.2020", "value_text", 5, 6, "typed wrongly"],
        ["labs", "P9", "analyte=CGA", "value_text", 5, 6, "typed wrongly"],
    ]
    accepted = accept_source(workbook({"patients": PATIENTS, "labs": rows, "corrections": corrections}))
    assert accepted.tables["labs"].select("collected_text", "value").rows() == [("2020-01-11", 6.0)]
    assert fired(accepted, "V08")["message"].to_list() == [
        "The correction of value_text was not applied: no row fits it; none has collected «10.01.2020», "
        "but «2020-01-11».",
        "The correction of value_text was not applied: no row fits it; none has patient_id «P9».",
    ]


def test_a_number_held_as_text_is_asked_about(workbook):
    rows = [LABS, ["P1", "CGA", "2020-01-10", "x", "ng/mL", 85]]
    path = workbook(
        {"patients": PATIENTS, "labs": rows}, lambda name, sheet: name == "labs" and sheet.write_string("D2", "1.234")
    )
    finding = fired(accept_source(path), "V21").row(0, named=True)
    assert (finding["sheet"], finding["row"], finding["value"]) == ("labs", 2, "1.234")


def test_a_formula_error_is_named_with_its_cell(workbook):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    path = workbook(
        {"patients": PATIENTS, "labs": rows},
        lambda name, sheet: name == "labs" and sheet.write_formula("F2", "=1/0", None, "#DIV/0!"),
    )
    accepted = accept_source(path)
    finding = fired(accepted, "V02").row(0, named=True)
    assert (finding["row"], finding["column"]) == (2, "uln")
    assert "#DIV/0!" in finding["message"]
    assert accepted.tables["labs"]["uln"].to_list() == [None]


def test_a_formula_never_calculated_is_named_with_its_cell(workbook):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    path = workbook(
        {"patients": PATIENTS, "labs": rows},
        lambda name, sheet: name == "labs" and sheet.write_formula("F2", "=80+5", None, ""),
    )
    accepted = accept_source(path)
    assert fired(accepted, "V89").select("row", "column").rows() == [(2, "uln")]
    assert accepted.tables["labs"]["uln"].to_list() == [None]


def test_a_number_formatted_as_a_date_beyond_all_dates_is_told(tmp_path):
    path = tmp_path / "registry.xlsx"
    labs = [LABS, ["P1", "CGA", Shown(1e10, "yyyy-mm-dd", "#####"), 5, "ng/mL", 85]]
    accepted = accept_source(write_xlsx(path, {"patients": PATIENTS, "labs": labs}, {}))
    assert fired(accepted, "V90").select("row", "column", "value").rows() == [(2, "collected", "10000000000")]


def test_merged_cells_are_pointed_out(workbook):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85], ["", "CGA", "2020-02-10", 6, "ng/mL", 85]]
    path = workbook(
        {"patients": PATIENTS, "labs": rows}, lambda name, sheet: name == "labs" and sheet.merge_range("A2:A3", "P1")
    )
    accepted = accept_source(path)
    assert "A2:A3" in fired(accepted, "V75")["message"].item()
    assert fired(accepted, "V05")["row"].to_list() == [3]


def test_a_title_and_a_help_row_may_stand_around_the_header(workbook):
    rows = [["Registry 2026"], [], LABS, ["# study code", "which marker"], ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    accepted = accept_source(workbook({"patients": PATIENTS, "labs": rows}))
    assert accepted.tables["labs"]["_row"].to_list() == [5]
    assert "passed over as notes: 1" in fired(accepted, "V73")["message"].item()


def test_a_sheet_named_after_nothing_is_said(workbook):
    accepted = accept_source(workbook({"patients": PATIENTS, "Patient": [["a"]], "legend": [["b"]]}))
    assert fired(accepted, "V04").select("file", "message").rows() == [
        ("sheet Patient", "It is named after no table and is not used. Did you mean «patients»?"),
        ("sheet legend", "It is named after no table and is not used."),
    ]


def test_a_plain_workbook_breaks_no_rule_of_workbooks(workbook):
    accepted = accept_source(
        workbook({"patients": PATIENTS, "labs": [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]})
    )
    assert not {"V02", "V75"} & set(accepted.findings["rule_id"])


def test_a_sheet_without_header_stops(workbook):
    with pytest.raises(LayoutError, match="No row of this sheet looks like a header"):
        accept_source(workbook({"patients": PATIENTS, "labs": [["a", "b"], [1, 2]]}))


def test_a_damaged_workbook_stops(tmp_path):
    path = tmp_path / "registry.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing behind it")
    with pytest.raises(SourceError, match="cannot be opened"):
        accept_source(path)


def test_a_member_outside_its_folder_stops(tmp_path):
    path = tmp_path / "registry.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil.xml", "<a/>")
    with pytest.raises(SourceError, match="outside its folder"):
        accept_source(path)


def test_an_inflated_workbook_stops(tmp_path):
    path = tmp_path / "registry.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    with pytest.raises(SourceError, match="100 times its size"):
        accept_source(path)


def test_a_zip_of_tables_is_read_like_a_folder(tmp_path):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("march/patients.csv", "patient_id,sex\nP1,F\n")
    accepted = accept_source(path)
    assert accepted.tables["patients"]["_file"].to_list() == ["patients.csv"]
    assert [file.name for file in accepted.inputs] == ["delivery.zip", "patients.csv"]


def test_an_archive_in_an_archive_stops(tmp_path):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("more.zip", b"PK")
    with pytest.raises(SourceError, match="another archive"):
        accept_source(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_of_an_archive_stops(packing, tmp_path):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("patients.csv", "patient_id,sex\n" + "".join(f"P{n},F\n" for n in range(500)))
    content = bytearray(path.read_bytes())
    content[60:140] = bytes(80)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"^delivery.zip: The archive is damaged"):
        accept_source(path)


@pytest.mark.parametrize("suffix", [".zip", ".ods", ".xlsx"])
def test_a_member_whose_name_is_no_text_stops(suffix, tmp_path):
    path = tmp_path / f"delivery{suffix}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("patiénts.csv", "patient_id,sex\nP1,F\n")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xfe"))
    with pytest.raises(SourceError, match="The archive cannot be opened"):
        accept_source(path)


def test_a_folder_that_holds_a_workbook_alone_says_how_to_give_it(workbook):
    folder = workbook({"patients": PATIENTS}).parent
    with pytest.raises(LayoutError, match=r"read only where a layout names its sheets .*Give the workbook itself"):
        accept_source(folder)


def test_a_day_on_the_study_sheet_may_be_a_date_cell(workbook):
    study = [["setting", "value"], ["extract_date", datetime(2024, 1, 1)], ["data_cutoff", datetime(2022, 6, 30)]]
    settings = accept_source(workbook({"patients": PATIENTS, "study": study})).settings
    assert (settings.extract_date, settings.data_cutoff) == ("2024-01-01", "2022-06-30")


def test_what_was_not_used_is_told_with_its_sheet_wherever_lines_are_named(workbook, tmp_path):
    rows = [LABS, ["P1", "CGA", "2020-02-30", 5, "ng/mL", 85], ["P9", "CGA", "2020-02-20", 5, "ng/mL", 85]]
    store = str(tmp_path / "store")
    built = CliRunner().invoke(app, ["build", str(workbook({"patients": PATIENTS, "labs": rows})), store])
    assert ", sheet labs, line 3: Patient «P9» is not on the patients sheet." in built.output
    explained = CliRunner().invoke(app, ["explain", store, "P1"]).output
    assert any("V10" in line and line.endswith(", sheet labs, line 2") for line in explained.splitlines())
