"""Where a layout stands: in the folder, beside a lone file, inside an archive, or given by hand."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from analytics import api
from analytics.build import build_study
from analytics.errors import LayoutError, SourceError
from analytics.intake.accept import accept_source
from analytics.protocol import read_protocol
from analytics.store import open_study
from lutetia import app

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EXPORT = "PatNr;Geschlecht;Mittel;Beginn\n007;F;lanreotide;01.04.2020\n008;M;;\n"
LAYOUT = """
[settings]
date_form = "dd.mm.yyyy"

[tables.patients]
{place}
columns = {{ patient_id = "PatNr", sex = "Geschlecht" }}

[tables.treatments]
{place}
columns = {{ patient_id = "PatNr", agent = "Mittel", start = "Beginn" }}
constants = {{ treatment_id = "T1", category = "SSA" }}
filled = ["Mittel"]
"""
IN_FILE = LAYOUT.format(place='file = "export.csv"')
IN_SHEET = LAYOUT.format(place='sheet = "Register"')


def write_workbook(path: Path) -> Path:
    """Write a register under its own names, a study sheet under ours, and a sheet nobody asked for."""
    sheets = {
        "Register": [line.split(";") for line in EXPORT.splitlines()],
        "study": [["setting", "value"], ["confirmation_days", "35"]],
        "Notizen": [["Anruf am Montag"]],
    }
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def taken(accepted) -> list[tuple[str, str]]:
    """Return the patients and starts that were read."""
    return accepted.tables["treatments"].select("patient_id", pl.col("start").cast(pl.String)).rows()


def test_a_lone_workbook_has_its_layout_beside_it(tmp_path):
    source = write_workbook(tmp_path / "register.xlsx")
    (tmp_path / "register.layout.toml").write_text(IN_SHEET, encoding="utf-8")
    accepted = accept_source(source)
    assert taken(accepted) == [("007", "2020-04-01")]
    assert accepted.settings.confirmation_days == 35
    assert accepted.findings.filter(pl.col("rule_id") == "V04")["file"].to_list() == ["sheet Notizen"]


def test_a_lone_file_is_read_by_the_layout_given(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "ours.toml").write_text(IN_FILE, encoding="utf-8")
    accepted = accept_source(tmp_path / "export.csv", layout=tmp_path / "ours.toml")
    assert taken(accepted) == [("007", "2020-04-01")]


def test_a_lone_file_without_a_layout_stops(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    with pytest.raises(SourceError, match="or give a layout"):
        accept_source(tmp_path / "export.csv")


def test_an_archive_may_hold_its_layout(tmp_path):
    with zipfile.ZipFile(tmp_path / "delivery.zip", "w") as archive:
        archive.writestr("export.csv", EXPORT)
        archive.writestr("layout.toml", IN_FILE)
    assert taken(accept_source(tmp_path / "delivery.zip")) == [("007", "2020-04-01")]


def test_the_layout_given_wins_over_that_of_the_folder(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "layout.toml").write_text("[settings", encoding="utf-8")
    (tmp_path / "ours.toml").write_text(IN_FILE, encoding="utf-8")
    assert taken(accept_source(tmp_path, layout=tmp_path / "ours.toml")) == [("007", "2020-04-01")]


def test_sheets_of_a_folder_that_no_table_comes_from_are_said(tmp_path):
    write_workbook(tmp_path / "register.xlsx")
    (tmp_path / "layout.toml").write_text(
        LAYOUT.format(place='file = "register.xlsx"\nsheet = "Register"'), encoding="utf-8"
    )
    accepted = accept_source(tmp_path)
    assert accepted.findings.filter(pl.col("rule_id") == "V04")["file"].to_list() == ["register.xlsx, sheet Notizen"]
    assert accepted.settings.confirmation_days == 35


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("missing.toml", "There is no such layout"),
        ("other.toml", "names a file «another.csv», but the source is «export.csv»"),
    ],
)
def test_a_layout_that_does_not_fit_stops(layout, words, tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "other.toml").write_text(IN_FILE.replace("export.csv", "another.csv"), encoding="utf-8")
    with pytest.raises(LayoutError, match=words):
        accept_source(tmp_path / "export.csv", layout=tmp_path / layout)


def test_the_manifest_names_the_layout_and_another_layout_makes_another_version(tmp_path):
    source = write_workbook(tmp_path / "register.xlsx")
    layout = tmp_path / "register.layout.toml"
    versions = []
    for text in (IN_SHEET, f"# seen by two\n{IN_SHEET}"):
        layout.write_text(text, encoding="utf-8")
        build_study(source, tmp_path / "store", None, lambda _stage, _done, _total: None, NOW)
        study = open_study(tmp_path / "store")
        versions.append((study.version, study.inputs[-1].sha256))
        assert [(file.name, file.role) for file in study.inputs] == [
            ("register.xlsx", "data"),
            ("register.layout.toml", "layout"),
        ]
    assert versions[0][0] != versions[1][0]
    assert versions[0][1] != versions[1][1]


def test_commands_plans_and_notebooks_take_a_layout(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "ours.toml").write_text(IN_FILE, encoding="utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'title = "t"\nsource = "export.csv"\nlayout = "ours.toml"\n[[questions]]\nname = "a"\nkind = "cohort"\n',
        encoding="utf-8",
    )
    assert read_protocol(plan).layout == tmp_path.resolve() / "ours.toml"
    checked = CliRunner().invoke(app, ["check", str(tmp_path / "export.csv"), "--layout", str(tmp_path / "ours.toml")])
    assert "treatments: 1 rows read, 1 used" in checked.stdout
    assert "treatments: 1 rows read, 1 used" in api.build(
        tmp_path / "export.csv", tmp_path / "store", layout=tmp_path / "ours.toml"
    )


def test_a_folder_of_tables_within_the_folder_is_told_unless_a_layout_names_it(tmp_path):
    labs = "patient_id,analyte,collected,value_text,unit\nP1,CGA,2020-01-10,5,ng/mL\n"
    (tmp_path / "patients.csv").write_text("patient_id,sex\nP1,F\n", encoding="utf-8")
    for folder, file in (("2023", "labs.csv"), ("letters", "a.docx"), (".cache", "labs.csv"), ("store", "labs.csv")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text(labs, encoding="utf-8")
    (tmp_path / "store" / "CURRENT").write_text("1", encoding="utf-8")
    told = accept_source(tmp_path).findings.filter(pl.col("rule_id") == "V04")
    assert told.select("file", "suggestion").rows() == [
        ("2023/", "Put its files beside the others, as labs-2023.csv, or name them in a layout.")
    ]
    columns = ", ".join(f'{name} = "{name}"' for name in labs.partition("\n")[0].split(","))
    entry = f'[tables.labs]\nfile = "2023/labs.csv"\ncolumns = {{ {columns} }}\n'
    (tmp_path / "layout.toml").write_text(entry, encoding="utf-8")
    accepted = accept_source(tmp_path)
    assert accepted.tables["labs"]["_file"].to_list() == ["2023/labs.csv"]
    assert "V04" not in accepted.findings["rule_id"].to_list()
