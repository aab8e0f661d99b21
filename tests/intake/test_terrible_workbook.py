"""A workbook as a ward might send it, and the report a ward secretary gets back."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from lutetia import app

SHEETS: dict[str, list[list[object]]] = {
    "patients": [
        ["Register NET, Stand 3.3.2024"],
        [],
        ["patient_id", "sex", "birth_date", "birth_year", "Telefon"],
        ["NET-001", "w", "17.04.1950", 1950, "4711"],
        ["NET-002", "M", "1961", 1960],
        ["net 2", "M", "1961", 1961],
        ["NET-003", "F", "", 1890],
        ["NET-003", "M", "", 1955],
        ["", "F", "1949"],
        ["#Summe", 5],
    ],
    "labs": [
        ["patient_id", "analyte", "collected", "value_text", "unit", "uln", "Kommentar"],
        ["NET-001", "CgA", datetime(2022, 1, 10), "1.234", "ng/mL", 85],
        ["NET-001", "CgA", "05/03/22", "588,1", "ng/mL", 85],
        ["NET-001", "CgA", 44700, "<20", "ng/ml", 85, "PPI"],
        ["NET-001", "CgA", "2022-06-31", "pending", "ng/mL", 85],
        ["NET-001", "5-HIAA", "2022-07-01", "40", "mg"],
        ["NET-001", "CgA", "2022-02-01", "610", "ng/mL", 85],
        ["NET-001", "CgA", "2022-02-01", "610", "ng/mL", 85],
        ["NET-002", "CgA", "2022-03-01", "100 ng/mL", "ng/mL"],
        ["NET-004", "CgA", "2022-03-01", "80", "ng/mL", 85],
        ["NET-002", "CgA", "2031-03-01", "80", "U/L", 85],
        ["", "CgA", "2022-03-01", "80", "ng/mL", 85],
        ["NET-002", "CgA", "2022-04-01", "612", "", 85],
    ],
    "treatments": [
        ["patient_id", "treatment_id", "category", "agent", "start", "end"],
        ["NET-001", "T1", "PRRT", "177Lu-DOTATATE", "2022-02-01", "2021-12-01"],
        ["NET-003", "T1", "Chemo", "CAPTEM", "2023"],
    ],
    "cycles": [
        ["patient_id", "treatment_id", "cycle_no", "date", "nuclide", "activity_gbq"],
        ["NET-001", "T1", 1, "2022-02-01", "177Lu", 7400],
        ["NET-001", "T1", 3, "2022-02-10", "177Lu", 7.4],
    ],
    "vital_status": [
        ["patient_id", "date", "kind"],
        ["NET-001", "2022-05-01", "death"],
        ["NET-001", "2022-09-01", "alive_contact"],
        ["NET-002", "", "verstorben"],
    ],
    "Tabelle1": [["x"]],
}

TOLD = (
    # lost rows first
    ("sheet patients, row 9", "The row names no patient."),
    ("sheet patients, row 7", "2 rows say different things of patients NET-003: birth_year 1890 / 1955; sex F / M. "
     "The patient stays, without what is contradicted."),
    ("sheet labs, row 13", "The CGA value 612 has no unit."),
    ("sheet labs, row 12", "The row names no patient."),
    ("sheet labs, row 10", "Patient «NET-004» is not on the patients sheet."),
    ("sheet vital_status, row 3", "The patient is reported alive on 2022-09-01, after the death on 2022-05-01."),
    # lost cells
    ("sheet patients, row 4", "«w» is not a known sex."),
    ("sheet patients, row 4", "«17.04.1950» is not a date of the form 2020-04-17, and no other form was declared."),
    ("sheet labs, row 2", "«1.234» could be 1.234 or 1234."),
    ("sheet labs, row 3", "«05/03/22» could be a day of 1922 or a day of 2022."),
    ("sheet labs, row 4", "«44700» is not a date: it looks like the day number of a spreadsheet, "
     "whose cell was not formatted as a date."),
    ("sheet labs, row 5", "«2022-06-31» is not a date: there is no such day."),
    ("sheet labs, row 6", "«5-HIAA» is not a known analyte. Did you mean «5HIAA_S» or «5HIAA_U24»?"),
    ("sheet labs, row 9", "«100 ng/mL» in value_text cannot be read as a result."),
    ("sheet labs, row 9", "The cell in uln holds the spreadsheet error #DIV/0!."),
    ("sheet labs, row 11", "collected 2031-03-01 is after "),
    ("sheet treatments, row 2", "The end 2021-12-01 is before the start 2022-02-01."),
    ("sheet treatments, row 3", "«Chemo» is not a known category. Did you mean «Chemoembolisation» or «chemotherapy»?"),
    ("sheet cycles, row 2", "Cycle 1: an activity of 7400 GBq of 177Lu is not possible (at most 12)."),
    ("sheet vital_status, row 4", "«verstorben» is not a known kind."),
    # to check
    ("sheet patients", "«NET-002» and «net 2» may be one patient written in different ways; they are kept apart."),
    ("sheet patients, row 5", "The birth year 1960 is not that of the birth date 1961."),
    ("sheet patients, Telefon", "Column «Telefon» is not used."),
    ("sheet labs, Kommentar", "Column «Kommentar» is not used. Did you mean «comment»?"),
    ("sheet labs", "The cells A10:A11 are merged; only the first of them has the value, the others are empty."),
    ("sheet patients", "Lines that start with «#» and are filled like records, passed over as notes: 1 (lines "),
    ("sheet cycles, row 3", "Cycle 3: the one before is 1."),
    ("sheet Tabelle1", "It is named after no table and is not used."),
    # good to know
    ("terrible.xlsx", "Lines starting with «#», passed over as notes: 1 (in patients)."),
    ("sheet labs, row 8", "Repeated rows of labs, counted once: 1."),
)  # fmt: skip


@pytest.fixture
def terrible(tmp_path: Path) -> Path:
    path = tmp_path / "terrible.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        for name, rows in SHEETS.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    write = sheet.write_datetime if isinstance(cell, datetime) else sheet.write
                    write(number, column, cell)
            if name == "labs":
                sheet.write_formula("F9", "=1/0", None, "#DIV/0!")
                sheet.merge_range("A10:A11", "NET-004")
                sheet.write_string("A11", "NET-002")
    return path


@pytest.fixture
def report(terrible: Path) -> str:
    checked = CliRunner().invoke(app, ["check", str(terrible)])
    assert checked.exit_code == 0
    return checked.stdout


def test_every_fault_is_told_with_its_place(report):
    lines = report.splitlines()
    for place, sentence in TOLD:
        assert any(place in line and sentence in line for line in lines), sentence


def test_what_costs_most_stands_first_and_every_group_ends_in_what_to_do(report):
    lines = report.splitlines()
    assert lines[0] == "Of 25 rows 13 are used. To mend: 23. To check: 12. What costs most stands first."
    titles = [line.partition(" (")[0] for line in lines if line and line[0].isupper()][1:]
    assert titles == ["Cannot be used as it stands", "Used, please check", "Good to know"]
    told = [line for line in lines if line.startswith("  V")]
    lost = ["V05", "V05", "V06", "V09", "V09", "V09", "V20", "V21", "V25", "V38", "V59"]
    assert sorted(line.split()[0] for line in told[: len(lost)]) == lost
    for line, after in pairwise(lines):
        if line.startswith("  V"):
            assert after.startswith(("  V", "        "))


def test_no_sentence_speaks_of_the_program(report):
    for word in ("null", "NaN", "dtype", "schema", "Traceback", "None,", "regex", "ISO 8601", "parse"):
        assert word not in report


def test_the_list_of_findings_runs_nothing_in_a_spreadsheet(tmp_path):
    (tmp_path / "patients.csv").write_text('patient_id,sex\nP1,"=HYPERLINK(""http://x"")"\n', encoding="utf-8")
    out = tmp_path / "findings.csv"
    assert CliRunner().invoke(app, ["check", str(tmp_path), "--out", str(out)]).exit_code == 0
    assert "'=HYPERLINK" in out.read_text(encoding="utf-8")
