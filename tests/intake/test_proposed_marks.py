"""A proposed layout says how each file writes dates and numbers, and names the files that do not show it."""

from __future__ import annotations

import tomllib

import polars as pl
import pytest

from analytics.intake.accept import accept_source
from analytics.intake.suggest import suggest_layout

GERMAN = "Pat.-Nr.;Geschlecht;Geburtsdatum\nP1;F;17.04.1950\nP2;M;05.03.1960\n"
AMERICAN = (
    "MRN,Sample Date,Test,Result,Units,Ref High\nP1,03/17/2020,CGA,588.1,ng/mL,85\nP2,04/03/2020,CGA,88.5,ng/mL,85\n"
)


def propose(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return suggest_layout(folder)


def test_files_of_two_countries_are_read_each_in_its_form(tmp_path):
    (tmp_path / "layout.toml").write_text(
        propose(tmp_path, {"Stamm.csv": GERMAN, "us.csv": AMERICAN}), encoding="utf-8"
    )
    tables = accept_source(tmp_path).tables
    assert tables["patients"]["birth_date"].dt.to_string("%Y-%m-%d").to_list() == ["1950-04-17", "1960-03-05"]
    assert tables["labs"]["collected"].dt.to_string("%Y-%m-%d").to_list() == ["2020-03-17", "2020-04-03"]


def test_a_file_that_does_not_show_its_form_is_not_read_by_that_of_another(tmp_path):
    early = AMERICAN.replace("03/17/2020", "03/07/2020")
    proposed = propose(tmp_path, {"Stamm.csv": GERMAN, "us.csv": early})
    layout = tomllib.loads(proposed)
    assert "date_form" not in layout["settings"]
    assert layout["tables"]["patients"]["written"] == {"date_form": "dd.mm.yyyy"}
    assert "written" not in layout["tables"]["labs"]
    assert "# date_form of this file = ?  no date shows whether the day comes first" in proposed


def test_marks_that_differ_are_said_of_each_file(tmp_path):
    comma = "Pat.-Nr.;Entnahme;Parameter;Wert;Einheit\nP1;2020-01-10;NSE;1.012,5;ng/mL\nP1;2020-02-10;NSE;12,5;ng/mL\n"
    layout = tomllib.loads(propose(tmp_path, {"a.csv": comma, "us.csv": AMERICAN}))
    said = {part["file"]: part["written"] for part in layout["tables"]["labs"]}
    assert said == {"a.csv": {"decimal_mark": ",", "thousands_mark": "."}, "us.csv": {"decimal_mark": "."}}


def test_slashes_of_one_file_say_nothing_of_another(tmp_path):
    proposed = propose(tmp_path, {"a.csv": AMERICAN, "b.csv": AMERICAN.replace("03/17/2020", "03/07/2020")})
    assert "# date_form = ?  not shown by b.csv; the others say it under «written»" in proposed.splitlines()
    assert [part.get("written") for part in tomllib.loads(proposed)["tables"]["labs"]] == [
        {"date_form": "mm/dd/yyyy"},
        None,
    ]


def test_dots_of_one_file_are_those_of_another(tmp_path):
    early = GERMAN.replace("17.04.1950", "07.04.1950")
    assert 'date_form = "dd.mm.yyyy"' in propose(tmp_path, {"a.csv": GERMAN, "b.csv": early}).splitlines()


def test_a_mark_with_three_digits_behind_it_is_not_read_by_that_of_another_file(tmp_path):
    thousand = "Pat.-Nr.;Entnahme;Parameter;Wert;Einheit\nP1;2020-01-10;NSE;1,234;ng/mL\n"
    lines = propose(tmp_path, {"a.csv": thousand.replace("1,234", "12,5"), "b.csv": thousand}).splitlines()
    assert "# decimal_mark = ?  not shown by b.csv; the others say it under «written»" in lines
    assert lines.count('written = { decimal_mark = "," }') == 1


def test_cells_that_came_as_numbers_show_no_mark(tmp_path):
    frame = pl.DataFrame(
        {"MRN": ["P1"], "Sample Date": ["2020-03-17"], "Test": ["CGA"], "Result": [88.5], "Units": ["ng/mL"]}
    )
    frame.write_parquet(tmp_path / "labs.parquet")
    comma = "Pat.-Nr.;Entnahme;Parameter;Wert;Einheit\nP1;2020-02-10;NSE;12,5;ng/mL\n"
    proposed = propose(tmp_path, {"a.csv": comma})
    assert 'decimal_mark = ","' in proposed.splitlines()


CYCLES = "Patient,Therapie-ID,Zyklus,Datum,{}\nP1,T1,1,2020-02-01,7400\n"


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Activity", '# activity_gbq = "Activity" ?  if it is in GBq'),
        ("Aktivität [GBq]", 'activity_gbq = "Aktivität [GBq]"'),
        ("Activity (MBq)", "# not used: Datum, Activity (MBq)"),
    ],
)
def test_a_unit_that_no_header_says_is_a_question(header, line, tmp_path):
    lines = propose(tmp_path, {"cycles.csv": CYCLES.format(header)}).splitlines()
    assert any(one.startswith(line) for one in lines)


def test_codes_beyond_those_shown_are_counted(tmp_path):
    rows = "".join(f"P{number},C{number}\n" for number in range(25))
    lines = propose(tmp_path, {"a.csv": f"Patient,Sex\n{rows}"}).splitlines()
    assert "# and 5 more" in lines


def test_packed_files_are_named(tmp_path):
    (tmp_path / "Labor.csv.gz").write_bytes(b"")
    assert (
        "# Labor.csv.gz: packed; unpack it to have it proposed" in propose(tmp_path, {"Stamm.csv": GERMAN}).splitlines()
    )
