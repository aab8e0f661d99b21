"""Wide tables whose columns came in different ways: each cell is read as it came, and named as the hospital does."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from analytics.intake.accept import accept_source

HEAD = """
[settings]
decimal_mark = ","
thousands_mark = "."
[tables.patients]
file = "p.csv"
columns = { patient_id = "Fall", sex = "Sex" }
"""
WIDE = """
[tables.labs]
file = "{file}"
sheet = "{sheet}"
columns = {{ patient_id = "Fall", collected = "Tag" }}
[[tables.labs.wide]]
column = "CgA"
constants = {{ analyte = "CGA", unit = "ng/mL" }}
[[tables.labs.wide]]
column = "NSE"
constants = {{ analyte = "NSE", unit = "ng/mL" }}
"""
TWICE = """
[[tables.labs]]
file = "l.parquet"
columns = { patient_id = "Fall", collected = "Tag", value_text = "CgA" }
constants = { analyte = "CGA", unit = "ng/mL" }
[[tables.labs]]
file = "l.parquet"
columns = { patient_id = "Fall", collected = "Tag", value_text = "NSE" }
constants = { analyte = "NSE", unit = "ng/mL" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text("Fall,Sex\nP1,F\n", encoding="utf-8")
    cells = {
        "Fall": ["P1", "P1"],
        "Tag": ["2020-01-10", "2020-02-10"],
        "CgA": ["1.310,0", "1.234"],
        "NSE": [1.234, 14.5],
    }
    pl.DataFrame(cells).write_parquet(tmp_path / "l.parquet")
    return tmp_path


@pytest.mark.parametrize("tables", [WIDE.format(file="l.parquet", sheet=""), TWICE])
def test_a_number_beside_a_column_of_texts_keeps_its_point(tables, folder):
    (folder / "layout.toml").write_text(HEAD + tables, encoding="utf-8")
    accepted = accept_source(folder)
    labs = accepted.tables["labs"].sort("analyte", "_row").select("analyte", "value", "_row")
    assert labs.rows() == [("CGA", 1310.0, 2), ("CGA", 1234.0, 3), ("NSE", 1.234, 2), ("NSE", 14.5, 3)]
    assert not accepted.findings["rule_id"].is_in(["V20", "V21"]).any()
    assert accepted.ledger.filter(pl.col("table") == "labs").select("read", "accepted").rows() == [(4, 4)]


def test_an_error_in_a_wide_column_is_named_by_the_hospitals_column(folder):
    with xlsxwriter.Workbook(folder / "l.xlsx") as book:
        sheet = book.add_worksheet("Labor")
        sheet.write_row(0, 0, ["Fall", "Tag", "CgA", "NSE"])
        sheet.write_row(1, 0, ["P1", "2020-01-10", "1.310", 1.234])
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
        sheet.write_row(2, 0, ["P1", "2020-02-10", 588.1])
    (folder / "layout.toml").write_text(HEAD + WIDE.format(file="l.xlsx", sheet="Labor"), encoding="utf-8")
    accepted = accept_source(folder)
    told = accepted.findings.filter(pl.col("rule_id").is_in(["V02", "V21"]))
    assert told.select("rule_id", "row", "column", "value").rows() == [
        ("V21", 2, "value_text", "1.310"),
        ("V02", 3, "NSE", "#DIV/0!"),
    ]
    assert accepted.tables["labs"].sort("analyte", "_row").select("analyte", "value", "_row").rows() == [
        ("CGA", 588.1, 3),
        ("NSE", 1.234, 2),
    ]


def test_a_column_that_one_of_two_entries_of_a_table_names_is_not_called_unused(folder):
    contacts = """
    [[tables.vital_status]]
    file = "p.csv"
    columns = {{ patient_id = "Fall", date = "{}" }}
    constants = {{ kind = "{}" }}
    filled = ["{}"]
    """
    both = contacts.format("Tot", "death", "Tot") + contacts.format("Da", "alive_contact", "Da")
    (folder / "p.csv").write_text("Fall,Sex,Tot,Da,Bett\nP1,F,2021-01-02,2020-12-01,3\n", encoding="utf-8")
    (folder / "layout.toml").write_text(HEAD + both, encoding="utf-8")
    told = accept_source(folder).findings.filter(pl.col("rule_id") == "V81")["message"].to_list()
    assert told == ["Columns that the layout names nowhere, which are not used: 1 (Bett)."]


def test_a_broken_line_and_a_note_of_a_file_of_several_tables_are_told_once(folder):
    (folder / "p.csv").write_text(
        "Fall,Sex,Tag,CgA,Bett\nP1,F,2020-01-10,5,1\n# a note\nP1,,2020-02-10,5,,1\n", encoding="utf-8"
    )
    labs = """
    [tables.labs]
    file = "p.csv"
    columns = { patient_id = "Fall", collected = "Tag", value_text = "CgA" }
    constants = { analyte = "CGA", unit = "ng/mL" }
    """
    (folder / "layout.toml").write_text(HEAD + 'filled = ["Sex"]\n' + labs, encoding="utf-8")
    accepted = accept_source(folder)
    told = accepted.findings.filter(pl.col("rule_id").is_in(["V72", "V73"]))
    assert told.select("rule_id", "row", "message").rows() == [
        ("V72", 4, "The header has 5 fields, this record 6."),
        ("V73", None, "Lines starting with «#», passed over as notes: 1 (in patients, labs)."),
    ]
    assert accepted.ledger.select("table", "read", "accepted", "rejected").rows() == [
        ("patients", 2, 1, 1),
        ("labs", 2, 1, 1),
    ]
