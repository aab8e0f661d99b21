"""A hospital's own files, read through a layout; and layouts proposed from files and dictionaries."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from analytics.errors import LayoutError
from analytics.intake.accept import accept_source
from analytics.intake.header_words import bare, words_of
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.suggest import suggest_layout
from analytics.intake.suggest_settings import SEVERAL_FORMS

STAMMDATEN = "PatNr;Geschlecht;Geburtsdatum;Todesdatum\n007;weiblich;17.04.1950;\n008;männlich;1960;03.02.2022\n"
LABOR = "PatNr;Abnahmedatum;CgA;NSE;Kreatinin\n007;05.03.2020;588,1;<5;\n007;05.06.2020;;12,5;80\n"
LAYOUT = """
[settings]
date_form = "dd.mm.yyyy"
decimal_mark = ","

[tables.patients]
file = "Stammdaten.csv"
columns = { patient_id = "PatNr", sex = "Geschlecht", birth_date = "Geburtsdatum" }
[tables.patients.codes.sex]
"weiblich" = "F"
"männlich" = "M"

[tables.vital_status]
file = "Stammdaten.csv"
columns = { patient_id = "PatNr", date = "Todesdatum" }
constants = { kind = "death" }
filled = ["Todesdatum"]

[tables.labs]
file = "Labor.csv"
columns = { patient_id = "PatNr", collected = "Abnahmedatum" }
[[tables.labs.wide]]
column = "CgA"
constants = { analyte = "CGA", unit = "ng/mL", uln = "85" }
[[tables.labs.wide]]
column = "NSE"
constants = { analyte = "NSE", unit = "ng/mL", uln = "16" }
[[tables.labs.wide]]
column = "Kreatinin"
constants = { analyte = "CREAT", unit = "umol/L", uln = "104" }
"""


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """Write a German delivery with its layout."""
    (tmp_path / "Stammdaten.csv").write_text(STAMMDATEN, encoding="utf-8")
    (tmp_path / "Labor.csv").write_text(LABOR, encoding="utf-8")
    (tmp_path / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    return tmp_path


def test_a_wide_german_delivery_is_read_without_renaming_anything(hospital):
    accepted = accept_source(hospital)
    patients = accepted.tables["patients"].select("patient_id", "sex", "birth_date_precision").rows()
    assert patients == [("007", "F", "D"), ("008", "M", "Y")]
    labs = accepted.tables["labs"].select("analyte", "collected_text", "value", "comparator", "_file", "_row").rows()
    assert labs == [
        ("CGA", "05.03.2020", 588.1, None, "Labor.csv", 2),
        ("NSE", "05.03.2020", 5.0, "<", "Labor.csv", 2),
        ("NSE", "05.06.2020", 12.5, None, "Labor.csv", 3),
        ("CREAT", "05.06.2020", 80.0, None, "Labor.csv", 3),
    ]
    assert accepted.tables["vital_status"].select("patient_id", "kind").rows() == [("008", "death")]
    assert [(file.name, file.role) for file in accepted.inputs] == [
        ("Stammdaten.csv", "data"),
        ("Labor.csv", "data"),
        ("layout.toml", "layout"),
    ]


def test_a_finding_names_the_hospitals_own_line(hospital):
    (hospital / "Labor.csv").write_text(LABOR.replace("588,1", "588,1,2"), encoding="utf-8")
    finding = accept_source(hospital).findings.filter(pl.col("rule_id") == "V20").row(0, named=True)
    assert (finding["file"], finding["row"], finding["value"]) == ("Labor.csv", 2, "588,1,2")


def test_a_code_the_layout_forgot_is_a_finding(hospital):
    (hospital / "Stammdaten.csv").write_text(STAMMDATEN.replace("männlich", "divers"), encoding="utf-8")
    assert "V09" in accept_source(hospital).findings["rule_id"].to_list()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[tables.patients]", "[tables.patient]", "no table «patient».*Did you mean «patients»"),
        ("sex = ", "sexx = ", "no column «sexx».*Did you mean «sex»"),
        ('"Stammdaten.csv"', '"Stammdatei.csv"', "names a file «Stammdatei.csv»"),
        ('"Geschlecht"', '"Sexus"', "names a column «Sexus».*Found: PatNr"),
        ("[settings]", "[settings", "not TOML"),
        ("filled = ", "fillled = ", "tables.vital_status"),
        ("[tables.patients.codes", 'constants = { site = "A" }\njoined = { site = ["PatNr"] }\n[tables.patients.codes',
         "layout of patients says twice what is in «site»"),
        ("[tables.patients.codes", "joined = { site = [] }\n[tables.patients.codes", "makes up «site» of patients"),
        ("[tables.patients.codes.sex]", "[tables.patients.codes.site]", "codes of «site» of patients translate"),
        ('kind = "death"', 'kind = "death", date = "2020-01-01"', "of vital_status says twice what is in «date»"),
        ('analyte = "NSE",', 'analyte = "NSE", value_text = "5",', "of labs says twice what is in «value_text»"),
    ],
)  # fmt: skip
def test_a_wrong_layout_stops_with_the_entry(old, new, words, hospital):
    (hospital / "layout.toml").write_text(LAYOUT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LayoutError, match=words):
        accept_source(hospital)


def test_a_sheet_of_a_workbook_can_be_laid_out(hospital):
    with xlsxwriter.Workbook(hospital / "Register.xlsx") as book:
        sheet = book.add_worksheet("Therapie")
        for number, row in enumerate([["PatNr", "Mittel", "Beginn"], ["007", "lanreotide", "01.04.2020"]]):
            sheet.write_row(number, 0, row)
    more = """
[tables.treatments]
file = "Register.xlsx"
sheet = "Therapie"
columns = { patient_id = "PatNr", agent = "Mittel", start = "Beginn" }
constants = { treatment_id = "T1", category = "SSA" }
"""
    (hospital / "layout.toml").write_text(LAYOUT + more, encoding="utf-8")
    row = accept_source(hospital).tables["treatments"].row(0, named=True)
    assert (row["patient_id"], row["agent"], row["_sheet"], row["_row"]) == ("007", "lanreotide", "Therapie", 2)


def test_a_layout_is_proposed_and_what_cannot_be_told_is_left_open(hospital):
    (hospital / "layout.toml").unlink()
    (hospital / "Stammdaten.csv").write_text(
        STAMMDATEN.replace(";\n", ";;\n").replace("Todesdatum", "Todesdatum;Bemerkung").replace("2022", "2022;")
    )
    proposal = suggest_layout(hospital)
    plain = tomllib.loads(proposal)
    assert plain["settings"] == {"date_form": "dd.mm.yyyy", "decimal_mark": ","}
    patients = plain["tables"]["patients"]
    assert patients["file"] == "Stammdaten.csv"
    assert patients["columns"] == {"patient_id": "PatNr", "birth_date": "Geburtsdatum", "sex": "Geschlecht"}
    assert '# "weiblich" = ?' in proposal
    assert "# not used: Bemerkung" in proposal


def test_a_date_form_nobody_can_tell_is_left_open(hospital):
    (hospital / "Stammdaten.csv").write_text(STAMMDATEN.replace("17.04.1950", "07.04.1950"), encoding="utf-8")
    (hospital / "layout.toml").unlink()
    assert "# date_form = ?  no date shows whether the day comes first" in suggest_layout(hospital)


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        ({"a.csv": "Beginn\n05.03.2020\n"}, "# date_form = ?  no date shows whether the day comes first"),
        ({"a.csv": "Beginn\n17.03.2020\n", "b.csv": "Beginn\n17/03/2020\n"}, f"# date_form = ?  {SEVERAL_FORMS}"),
        ({"a.csv": "Beginn\n17/03/2020\n03/17/2020\n"}, f"# date_form = ?  {SEVERAL_FORMS}"),
        ({"a.csv": "Wert\n1.234\n"}, "# decimal_mark = ?  the numbers do not show one mark"),
        ({"a.csv": 'Wert\n12.5\n"12,5"\n'}, "# decimal_mark = ?  the numbers do not show one mark"),
        ({"a.csv": "Beginn\n03.2020\n"}, ""),
        (
            {"a.csv": "Beginn\n-7\n180\n"},
            '# dates = ?  whole numbers stand in Beginn: "relative" if they are days from an anchor',
        ),
        ({"a.csv": "Beginn\n2019\n2020\n"}, ""),
    ],
)
def test_what_the_values_do_not_show_is_never_guessed(files, settings, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text("PatNr," + text.replace("\n", "\n1,").removesuffix("1,"), encoding="utf-8")
    proposal = suggest_layout(tmp_path)
    assert tomllib.loads(proposal)["settings"] == {}
    assert proposal.partition("[settings]\n")[2].partition("\n")[0] == settings


def test_headers_are_known_in_any_spelling(tmp_path):
    (tmp_path / "labor.csv").write_text(
        "Pat.-Nr.;Abnahme:;Untersuchung;Messwert*;EINHEIT;Norm max\n17;2021-04-13;CgA;<20;ng/ml;85\n", encoding="utf-8"
    )
    assert tomllib.loads(suggest_layout(tmp_path))["tables"]["labs"]["columns"] == {
        "patient_id": "Pat.-Nr.",
        "analyte": "Untersuchung",
        "collected": "Abnahme:",
        "value_text": "Messwert*",
        "unit": "EINHEIT",
        "uln": "Norm max",
    }


def test_two_columns_that_may_be_the_unit_are_both_named(tmp_path):
    (tmp_path / "labor.csv").write_text("PatNr,Parameter,Wert,Einheit,Units\n1,CgA,5,ng/mL,ng/mL\n", encoding="utf-8")
    proposal = suggest_layout(tmp_path)
    assert "# unit = ?  one of: Einheit, Units" in proposal
    assert "unit" not in tomllib.loads(proposal)["tables"]["labs"]["columns"]


def test_a_table_that_fits_two_of_ours_is_left_open(tmp_path):
    (tmp_path / "a.csv").write_text("PatNr,Beginn\n1,2020-01-01\n", encoding="utf-8")
    proposal = suggest_layout(tmp_path)
    assert "# [tables.?]  may be: " in proposal
    assert "tables" not in tomllib.loads(proposal)


def test_a_layout_is_proposed_for_a_lone_workbook_and_passes_over_sheets_without_a_header(tmp_path):
    source = tmp_path / "register.xlsx"
    with xlsxwriter.Workbook(source) as book:
        book.add_worksheet("Labor").write_row(0, 0, ["PatNr", "Parameter", "Wert", "Einheit"])
        book.add_worksheet("Notizen").write_row(0, 0, ["Anruf am Montag"])
        book.add_worksheet("leer")
    proposal = suggest_layout(source)
    assert "save it as register.layout.toml" in proposal
    assert tomllib.loads(proposal)["tables"]["labs"]["sheet"] == "Labor"
    assert "# register.xlsx, sheet Notizen: No row of this sheet looks like a header." in proposal
    assert "sheet «leer»" in proposal


BOXES = "PatNr;Sex;Leber;Knochen;Haus;Bett;Ki67\n007;F;x;;B;12;-99\n008;M;ja;0;A;3;5\n009;F;;;;;\n"
BOXED = """
missing = ["-99"]

[tables.patients]
file = "a.csv"
columns = { patient_id = "PatNr", sex = "Sex" }
joined = { site = ["Haus", "Bett"] }

[tables.diagnoses]
file = "a.csv"
columns = { patient_id = "PatNr", ki67_pct = "Ki67" }
constants = { diagnosis_no = "1" }
ticked = { metastatic_sites = { Leber = "liver", Knochen = "bone" } }
any_filled = ["Leber", "Knochen", "Ki67"]
"""


def test_boxes_joined_columns_and_texts_that_mean_nothing_known(tmp_path):
    (tmp_path / "a.csv").write_text(BOXES, encoding="utf-8")
    (tmp_path / "layout.toml").write_text(BOXED, encoding="utf-8")
    accepted = accept_source(tmp_path)
    assert accepted.tables["patients"].select("patient_id", "site").rows() == [
        ("007", "B 12"),
        ("008", "A 3"),
        ("009", None),
    ]
    assert accepted.tables["diagnoses"].select("patient_id", "ki67_pct", "metastatic_sites").rows() == [
        ("007", None, ["liver"]),
        ("008", 5.0, None),
    ]
    asked = accepted.findings.filter(pl.col("rule_id") == "V09")
    assert asked.select("row", "column", "value").rows() == [(3, "metastatic_sites", "ja")]


def test_what_no_table_of_a_layout_takes_is_said(hospital):
    text = LAYOUT.replace(
        'columns = { patient_id = "PatNr", sex', 'filled = ["Todesdatum"]\ncolumns = { patient_id = "PatNr", sex'
    )
    (hospital / "layout.toml").write_text(text.replace(', birth_date = "Geburtsdatum"', ""), encoding="utf-8")
    (hospital / "Labor.csv").write_text(
        "PatNr;Abnahmedatum;CgA;NSE;Kreatinin;Bett\n008;05.03.2020;5;;;4\n", encoding="utf-8"
    )
    told = accept_source(hospital).findings.filter(pl.col("rule_id").is_in(["V81", "V82"]))
    assert told.select("rule_id", "file", "row", "message").rows() == [
        ("V82", "Stammdaten.csv", 2, "Rows that no table of the layout takes: 1. This is the first."),
        ("V81", "Labor.csv", None, "Columns that the layout names nowhere, which are not used: 1 (Bett)."),
        ("V81", "Stammdaten.csv", None, "Columns that the layout names nowhere, which are not used: 1 (Geburtsdatum)."),
    ]


def test_a_table_from_several_files_is_proposed_so_that_it_is_read_back(tmp_path):
    (tmp_path / "Patienten.csv").write_text("PatNr;Geschlecht;Geburtsdatum\n1;F;17.04.1950\n", encoding="utf-8")
    for year in (2019, 2020):
        lab = f'PatNr;Abnahme;Parameter;Wert;Einheit;"Bem\nerkung"\n1;17.04.{year};CGA;5,5;ng/mL;\n'
        (tmp_path / f"Labor{year}.csv").write_text(lab, encoding="utf-8")
    proposal = suggest_layout(tmp_path)
    assert proposal.count("[[tables.labs]]") == 2
    (tmp_path / "layout.toml").write_text(proposal, encoding="utf-8")
    labs = accept_source(tmp_path).tables["labs"]
    assert labs.select("collected_text", "value", "_file").rows() == [
        ("17.04.2019", 5.5, "Labor2019.csv"),
        ("17.04.2020", 5.5, "Labor2020.csv"),
    ]


@pytest.mark.parametrize(
    ("patients", "labs"),
    [
        ("MRN,Gender,DOB\n1,F,1950-04-17\n", "MRN,Collection Date,Test,Result,Units\n1,2020-03-15,CGA,5.5,ng/mL\n"),
        (
            "Pat-ID;Geschl.;geb. am\n1;F;17.04.1950\n",
            "Pat-ID;Entnahme;Parameter;Wert;Einheit\n1;15.03.2020;CGA;5,5;ng/mL\n",
        ),
        (
            "N° patient,Sexe,Date de naissance\n1,F,17/04/1950\n",
            'N° patient,Date de prélèvement,Analyse,Résultat,Unité\n1,15/03/2020,CGA,"5,5",ng/mL\n',
        ),
    ],
)  # fmt: skip
def test_headers_of_other_languages_are_known(patients, labs, tmp_path):
    (tmp_path / "a.csv").write_text(patients, encoding="utf-8")
    (tmp_path / "b.csv").write_text(labs, encoding="utf-8")
    (tmp_path / "layout.toml").write_text(suggest_layout(tmp_path), encoding="utf-8")
    accepted = accept_source(tmp_path).tables
    assert accepted["patients"].select("patient_id", "sex", "birth_date_precision").rows() == [("1", "F", "D")]
    lab = accepted["labs"].select("analyte", "collected", "value", "unit").row(0)
    assert lab == ("CGA", date(2020, 3, 15), 5.5, "ng/mL")


def test_no_header_stands_for_two_columns_of_one_table():
    for table, columns in KNOWN_COLUMNS.items():
        words = [word for column in columns for word in {bare(word) for word in words_of(column)}]
        assert len(words) == len(set(words)), table


def test_thousands_show_both_marks(tmp_path):
    (tmp_path / "labs.csv").write_text("Pat;Wert\n1;1.588,1\n2;<12.500\n", encoding="utf-8")
    settings = tomllib.loads(suggest_layout(tmp_path))["settings"]
    assert settings == {"decimal_mark": ",", "thousands_mark": "."}


def test_codes_translate_the_cells_of_wide_columns(hospital):
    more = """
[tables.toxicities]
file = "Neben.csv"
columns = { patient_id = "PatNr", start = "Beginn" }
codes = { grade = { leicht = "1", schwer = "3" } }
[[tables.toxicities.wide]]
column = "Übelkeit"
into = "grade"
constants = { term = "nausea" }
"""
    (hospital / "layout.toml").write_text(LAYOUT + more, encoding="utf-8")
    rows = "PatNr;Beginn;Übelkeit\n007;01.04.2020;leicht\n007;01.05.2020;\n008;01.04.2020;schwer\n"
    (hospital / "Neben.csv").write_text(rows, encoding="utf-8")
    rows = accept_source(hospital).tables["toxicities"].select("patient_id", "term", "grade", "_row").rows()
    assert rows == [("007", "nausea", 1, 2), ("008", "nausea", 3, 4)]
