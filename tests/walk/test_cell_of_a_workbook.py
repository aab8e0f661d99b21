"""A workbook's numbers keep their file, sheet and row to the very end, whatever the sheet is called."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from analytics.build import build_study
from analytics.explain import explain_patient
from analytics.questions.patient import answer_patient
from analytics.store import open_study
from analytics.tables.history import PatientHistory
from analytics.tables.study import Study

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHEETS = {
    "patients": [["patient_id", "sex"], ["P1", "F"]],
    "Labor": [
        ["Pat", "Marker", "Tag", "Wert", "Einheit", "Grenze"],
        ["P1", "CGA", "2020-01-10", "588.1", "ng/mL", 85],
        ["P1", "CGA", "2020-06-10", "200.5", "ng/mL", 85],
    ],
    "treatments": [
        ["patient_id", "treatment_id", "category", "agent", "start"],
        ["P1", "T1", "PRRT", "177Lu-DOTATATE", "2020-02-01"],
    ],
    "responses": [
        ["patient_id", "date", "criteria", "response"],
        ["P1", "2020-06-15", "RECIST_1_1", "SD"],
        ["P1", "2020-12-15", "RECIST_1_1", "PD"],
    ],
    "vital_status": [["patient_id", "date", "kind"], ["P1", "2021-06-15", "alive_contact"]],
}
LAYOUT = """
[tables.labs]
sheet = "Labor"
[tables.labs.columns]
patient_id = "Pat"
analyte = "Marker"
collected = "Tag"
value_text = "Wert"
unit = "Einheit"
uln = "Grenze"
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    source = tmp_path / "register.xlsx"
    with xlsxwriter.Workbook(source) as book:
        for name, rows in SHEETS.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    (tmp_path / "register.layout.toml").write_text(LAYOUT, encoding="utf-8")
    build_study(source, tmp_path / "store", None, lambda _stage, _done, _total: None, NOW)
    return open_study(tmp_path / "store")


def test_a_progression_names_the_cell_it_was_read_in(study):
    pfs = study.table("times_to_event").filter((pl.col("endpoint") == "PFS") & (pl.col("rule_set") == "default"))
    assert pfs.select("reason", "source_file", "source_row").collect().rows() == [
        ("progression", "register.xlsx, sheet responses", 3)
    ]


def test_a_marker_response_names_the_cells_it_was_decided_on(study):
    told = study.table("marker_responses").filter(pl.col("rule_id") == "ELECT50").collect().row(0, named=True)
    assert (told["baseline_file"], told["baseline_row"]) == ("register.xlsx, sheet Labor", 2)
    assert (told["deciding_file"], told["deciding_row"]) == ("register.xlsx, sheet Labor", 3)


def test_every_derived_row_with_a_file_names_its_sheet(study):
    seen = 0
    for table in study.tables.values():
        rows = table.collect()
        for name in rows.columns:
            if name == "file" or (name.endswith("_file") and name != "_file"):
                files = rows[name].cast(pl.String).drop_nulls()
                seen += files.len()
                assert files.str.starts_with("register.xlsx, sheet ").all()
    assert seen


def test_the_page_of_the_patient_finds_its_values_and_names_their_cells(study):
    history = answer_patient(study, "P1")
    assert isinstance(history, PatientHistory)
    assert history.values.select("file", "row").rows() == [
        ("register.xlsx, sheet Labor", 2),
        ("register.xlsx, sheet Labor", 3),
    ]
    assert history.values["change_from_baseline_pct"][1] == pytest.approx((200.5 / 588.1 - 1) * 100)
    assert any("← register.xlsx, sheet Labor, line 2" in line for line in explain_patient(study, "P1"))
