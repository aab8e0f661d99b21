"""Layouts proposed for files that hold several of our tables, or one measurement a column."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import xlsxwriter

from analytics.intake.accept import accept_source
from analytics.intake.measured import read_measured
from analytics.intake.suggest import suggest_layout

MASTER = [
    ["Register der Klinik"],
    ["Pat.-Nr.", "Geschl.", "Geb.-Jahr", "ED-Datum", "Primarius", "Verstorben am", "Letzter Kontakt", "Bett"],
    ["K1", "F", "1951", "2018-03", "lung", "", "2024-01-12", "7"],
    ["K2", "M", "1948", "2017-11-02", "pancreas", "2021-01-15", "2020-12-20", "8"],
]
COURSE = [
    ["Pat.-Nr.", "Datum", "CgA (µg/l)", "Krea (mg/dl)", "5-HIES i.U. (mg/24h)", "Thrombos [Tsd/µl]", "PPI"],
    ["K1", "2020-01-10", "588.1", "0.9", "12", "210", "N"],
    ["K1", "2020-07-14", "<20", "", "", "190", "Y"],
    ["K2", "2018-02-01", "1240.5", "1.1", "", "", ""],
]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """Write a workbook with master data under a title, and laboratory values in columns."""
    path = tmp_path / "register.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("Stammdaten", MASTER), ("Labor (Verlauf)", COURSE)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_a_proposal_for_a_register_is_read_back_as_it_stands(register):
    proposal = suggest_layout(register)
    register.with_name("register.layout.toml").write_text(proposal, encoding="utf-8")
    tables = accept_source(register).tables
    assert tables["patients"].select("patient_id", "sex", "birth_year").rows() == [("K1", "F", 1951), ("K2", "M", 1948)]
    diagnoses = tables["diagnoses"].select("patient_id", "diagnosis_no", "primary_site", "diagnosis_date_text")
    assert diagnoses.rows() == [("K1", 1, "lung", "2018-03"), ("K2", 1, "pancreas", "2017-11-02")]
    assert tables["vital_status"].sort("patient_id", "kind").select("patient_id", "kind", "date_text").rows() == [
        ("K1", "alive_contact", "2024-01-12"),
        ("K2", "alive_contact", "2020-12-20"),
        ("K2", "death", "2021-01-15"),
    ]
    labs = tables["labs"].sort("_row", "analyte").select("analyte", "value", "comparator", "unit", "_row")
    assert labs.rows() == [
        ("5HIAA_U24", 12.0, None, "mg/24h", 2),
        ("CGA", 588.1, None, "µg/l", 2),
        ("CREAT", 0.9, None, "mg/dl", 2),
        ("PLT", 210.0, None, "Tsd/µl", 2),
        ("CGA", 20.0, "<", "µg/l", 3),
        ("PLT", 190.0, None, "Tsd/µl", 3),
        ("CGA", 1240.5, None, "µg/l", 4),
        ("CREAT", 1.1, None, "mg/dl", 4),
    ]


def test_what_a_proposal_leaves_out_is_named_once(register):
    lines = suggest_layout(register).splitlines()
    assert [line for line in lines if line.startswith("# not used")] == ["# not used: Bett"]


def test_patients_of_several_rows_are_not_numbered(tmp_path):
    (tmp_path / "d.csv").write_text("Patient;Sex;Primary;Histology\n1;F;lung;NET\n1;F;pancreas;NET\n", encoding="utf-8")
    assert "# diagnosis_no = ?  needed" in suggest_layout(tmp_path)


def test_a_column_of_results_without_a_unit_asks_for_it(tmp_path):
    (tmp_path / "labor.csv").write_text("PatNr;Abnahme;CgA;Bett\n1;2020-01-10;588;7\n", encoding="utf-8")
    proposal = suggest_layout(tmp_path)
    assert tomllib.loads(proposal)["tables"]["labs"]["wide"] == [{"column": "CgA", "constants": {"analyte": "CGA"}}]
    assert "# unit = ?  needed among the constants" in proposal


def test_an_id_the_hospital_has_not_can_be_made_of_what_it_has(tmp_path):
    (tmp_path / "p.csv").write_text("MRN,Sex,DOB\nU1,F,1950\n", encoding="utf-8")
    (tmp_path / "rx.csv").write_text(
        "MRN,Therapy Type,Drug,Start Date\nU1,SSA,lanreotide,2020-01-10\n", encoding="utf-8"
    )
    made = 'joined = { treatment_id = ["Drug", "Start Date"] }'
    proposal = suggest_layout(tmp_path)
    assert (
        f"# treatment_id = ?  needed: Id of the treatment within the patient. Or, before the columns: {made}"
        in proposal
    )
    answered = proposal.replace("[tables.treatments.columns]", f"{made}\n[tables.treatments.columns]")
    (tmp_path / "layout.toml").write_text(answered, encoding="utf-8")
    assert accept_source(tmp_path).tables["treatments"]["treatment_id"].to_list() == ["lanreotide 2020-01-10"]


def test_a_table_with_a_row_a_result_stays_one(tmp_path):
    (tmp_path / "labor.csv").write_text(
        "PatNr;Abnahme;Untersuchung;Ergebnis;Einheit\n1;2020-01-10;CgA;588;ng/mL\n", encoding="utf-8"
    )
    assert "wide" not in tomllib.loads(suggest_layout(tmp_path))["tables"]["labs"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("NSE [ng/ml]", ("NSE", "ng/ml")),
        ("cga_ng_ml", ("CGA", "ng/ml")),
        ("Hb g/dl", ("HB", "g/dl")),
        ("Chromogranin A, ng/mL", ("CGA", "ng/mL")),
        ("S-Kreatinin µmol/L", ("CREAT", "µmol/L")),
        ("tU-5HIAA (µmol/d)", ("5HIAA_U24", "µmol/d")),
        ("5-HIAA (nmol/l)", ("5HIAA_S", "nmol/l")),
        ("GOT (AST) [U/l]", ("AST", "U/l")),
        ("Créatinine (µmol/L)", ("CREAT", "µmol/L")),
        ("CgA (furlong)", ("CGA", "")),
        ("5-HIAA", None),
        ("Sammelvolumen (ml)", None),
        ("Bemerkung", None),
    ],
)
def test_a_header_says_what_is_measured_in_which_unit(header, found):
    measured = read_measured(header)
    assert (None if measured is None else (measured.analyte, measured.unit)) == found
