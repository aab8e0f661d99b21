"""Days from each patient's anchor in place of dates: durations as ever, nothing of the calendar.

A source is written twice, once with dates and once with the same days counted from a different anchor for each
patient. Every duration must agree; whatever needs the calendar is refused with a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from analytics.build import build_study
from analytics.endpoints.explain import explain_endpoint
from analytics.endpoints.surveillance import derive_surveillance
from analytics.errors import RefusedError, SettingsError
from analytics.explain import explain_patient
from analytics.export.cells import table_as_csv
from analytics.intake.accept import accept_source
from analytics.intake.dates import LAST_YEAR
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key
from analytics.questions.ask import QUESTIONS, answer
from analytics.questions.patient import answer_patient
from analytics.questions.question import Question, Selection
from analytics.store import open_study
from analytics.tables.history import PatientHistory
from analytics.tables.relative_days import FIRST_DAY, LAST_DAY, day_from_anchor, is_from_anchor, say_days
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from lutetia import app

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DATED = {
    "patients": "birth_date",
    "labs": "collected",
    "treatments": "start",
    "responses": "date",
    "vital_status": "date",
}

Delivery = dict[str, list[dict[str, object]]]


def a_delivery() -> Delivery:
    """Return twelve patients, whose days are counted from their first treatment; half progress, one dies."""
    tables: Delivery = {name: [] for name in DATED}
    for number in range(12):
        who = {"patient_id": f"P{number:02d}"}
        agent = ("PRRT", "177Lu-DOTATATE") if number % 2 else ("SSA", "lanreotide")
        tables["patients"].append(who | {"birth_date": -20000 - number, "sex": "F"})
        tables["treatments"].append(who | {"treatment_id": "T1", "category": agent[0], "agent": agent[1], "start": 0})
        for day, value in ((-7, 400 + number), (180, 150 + 20 * number)):
            tables["labs"].append(
                who | {"analyte": "CGA", "collected": day, "value_text": value, "unit": "ng/mL", "uln": 85}
            )
        verdict = "PD" if number % 3 == 0 else "SD"
        tables["responses"].append(who | {"date": 200 + 10 * number, "criteria": "RECIST_1_1", "response": verdict})
        kind = "death" if number == 11 else "alive_contact"
        tables["vital_status"].append(who | {"date": 400 + number, "kind": kind})
    return tables


def anchor_of(patient_id: str) -> date:
    """Return the day a patient's count starts; another one for each patient."""
    return date(2015, 1, 1) + timedelta(days=97 * int(patient_id[1:]))


def dated(row: dict[str, object], column: str) -> date:
    """Return the day a count stands for."""
    return anchor_of(str(row["patient_id"])) + timedelta(days=int(str(row[column])))


def write(folder: Path, tables: Delivery, *, relative: bool) -> Path:
    """Write the delivery as CSV files, with days from the anchor or with dates."""
    folder.mkdir()
    for name, rows in tables.items():
        column = DATED[name]
        told = rows if relative else [row | {column: dated(row, column)} for row in rows]
        pl.DataFrame(told).write_csv(folder / f"{name}.csv")
    if relative:
        (folder / "layout.toml").write_text('[settings]\ndates = "relative"\n', encoding="utf-8")
    return folder


@pytest.fixture
def build(tmp_path: Path) -> Callable[[Path], Study]:
    def make(source: Path) -> Study:
        store = tmp_path / f"{source.name}-store"
        build_study(source, store, None, lambda _stage, _done, _total: None, NOW)
        return open_study(store)

    return make


@pytest.fixture
def relative(tmp_path: Path, build: Callable[[Path], Study]) -> Study:
    return build(write(tmp_path / "relative", a_delivery(), relative=True))


def rows_of(study: Study, table: str) -> pl.DataFrame:
    """Return a derived table with the patients' own codes."""
    codes = study.table("patients").select("pid", "patient_id")
    return study.table(table).drop("patient_id", strict=False).join(codes, on="pid").collect()


def test_every_duration_is_that_of_the_same_source_with_dates(tmp_path, relative, build):
    with_dates = build(write(tmp_path / "dated", a_delivery(), relative=False))
    for table, columns in {
        "times_to_event": ["patient_id", "line_no", "endpoint", "rule_set", "days", "happened", "reason"],
        "marker_responses": ["patient_id", "line_no", "analyte", "rule_id", "status", "best_change_pct"],
        "lines": ["patient_id", "line_no", "treatment", "age_years", "n_cycles"],
    }.items():
        first, second = (rows_of(study, table).select(columns).sort(columns) for study in (relative, with_dates))
        assert first.height
        assert first.equals(second)


def test_the_counts_are_kept_as_they_came(relative):
    assert relative.settings.dates == "relative"
    labs = relative.table("labs").filter(pl.col("patient_id") == "P00").collect()
    assert labs["collected_text"].to_list() == ["-7", "180"]
    assert (labs["collected"][1] - labs["collected"][0]).days == 187


@pytest.mark.parametrize("period", [{"started_from": "2015-01-01"}, {"started_to": "2020-01-01"}])
def test_a_period_of_the_calendar_is_refused(relative, period):
    refused = answer(relative, Question(kind="survival", selection=Selection(**period)))
    assert isinstance(refused, Refusal)
    assert "days from each patient's anchor" in refused.sentence


def test_what_is_due_on_a_day_is_refused(relative):
    with pytest.raises(RefusedError, match="days from each patient's anchor"):
        derive_surveillance(relative.tables, "esmo_g1_g2", date(2020, 1, 1))


@pytest.mark.parametrize("setting", ["data_cutoff=2020-01-01", "extract_date=2020-01-01", "date_form=dd.mm.yyyy"])
def test_a_setting_of_the_calendar_stops(setting, tmp_path):
    source = write(tmp_path / "source", a_delivery(), relative=True)
    name, _, value = setting.partition("=")
    with pytest.raises(SettingsError, match="is of the calendar"):
        accept_source(source, {name: value})


def test_no_answer_names_a_day_of_the_calendar(relative):
    """Every question there is: rows leave as counts, sentences say days, or the question is refused."""
    answered = 0
    for kind in QUESTIONS:
        given = answer(relative, Question(kind=kind, as_of="2020-01-01"))
        if isinstance(given, Refusal):
            told = f"{given.sentence} {given.remedy}"
        else:
            answered += 1
            told = "\n".join((*given.summary, *given.notes, table_as_csv(given.subjects).decode()))
        assert say_days(told) == told, kind
    assert answered


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_furthest_counts_can_be_told_from_dates_and_from_other_patients(day):
    stands_for = day_from_anchor(day)
    assert is_from_anchor(stands_for)
    assert stands_for.year > LAST_YEAR
    keys = pl.DataFrame({"pid": [7], "day": [stands_for]}, schema_overrides={"pid": pl.UInt32})
    assert keys.select(compute_day_key(pl.col("day")) // DAYS_PER_PATIENT).item() == 7


def test_a_patient_is_told_in_days(relative):
    history = answer_patient(relative, "P00")
    assert isinstance(history, PatientHistory)
    assert history.values["date_text"].to_list() == ["day -7", "day 180"]
    told = [*history.facts, *(card.lines for card in history.cards), *explain_patient(relative, "P00")]
    told += explain_endpoint(relative.tables, "P00", "PFS", 1)
    assert "Born" not in dict(history.facts)
    assert any("day 180" in str(line) for line in told)
    assert any("Time zero: day 0" in str(line) for line in told)
    assert not any("2300-" in str(line) or "2299-" in str(line) for line in told)


def test_the_command_line_builds_and_answers_in_days(tmp_path):
    source, store, out = write(tmp_path / "source", a_delivery(), relative=True), tmp_path / "store", tmp_path / "out"
    run = CliRunner().invoke
    assert run(app, ["check", str(source)]).exit_code == 0
    assert run(app, ["build", str(source), str(store)]).exit_code == 0
    asked = ["ask", "survival", str(store), "--out", str(out), "--level", "full"]
    assert run(app, asked).exit_code == 0
    data = json.loads((out / "adtte.json").read_text(encoding="utf-8"))
    names = [column["name"] for column in data["columns"]]
    row = dict(zip(names, data["rows"][0], strict=True))
    assert (row["STARTDT"], row["ADT"]) == (None, None)
    assert row["AVAL"] > 0
    subjects = pl.read_csv(out / "subjects.csv")
    assert subjects["start_date"].to_list() == [0] * 12
    assert (subjects["end_date"] - subjects["start_date"] + 1 == subjects["days"]).all()
    refused = run(app, [*asked, "--from", "2015-01-01"])
    assert refused.exit_code != 0
    assert "period of the calendar" in str(refused.exception)


PATIENTS = "patient_id,sex,birth_date,birth_year\n"
RELATIVE = {"study": "setting,value\ndates,relative\n"}


def findings_of(folder: Path, tables: dict[str, str]) -> pl.DataFrame:
    for name, text in (RELATIVE | tables).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return accept_source(folder).findings


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2020-01-10", "no number of days"),
        ("12.5", "no number of days"),
        ("99999", "no number of days"),
        ("10", "a birth lies before"),
    ],
)
def test_what_is_no_count_of_days_is_not_used(cell, words, tmp_path):
    findings = findings_of(tmp_path, {"patients": f"{PATIENTS}P1,F,{cell},\n"}).filter(pl.col("rule_id") == "V78")
    assert words in findings["message"].item()


def test_a_birth_year_gives_no_age_beside_days(tmp_path):
    findings = findings_of(tmp_path, {"patients": f"{PATIENTS}P1,F,,1950\nP2,M,,1960\n"})
    assert (
        findings.filter(pl.col("rule_id") == "V79")["message"]
        .item()
        .startswith("Birth years beside days from an anchor: 2.")
    )


def test_an_assay_that_holds_for_a_period_is_not_used(tmp_path):
    assays = "assay_id,analyte,unit,uln,valid_from\nA,CGA,ng/mL,85,2015-01-01\nB,CGA,ng/mL,100,\n"
    findings = findings_of(tmp_path, {"patients": f"{PATIENTS}P1,F,,\n", "assays": assays})
    assert findings.filter(pl.col("rule_id") == "V80")["row"].to_list() == [2]


def test_a_finding_says_days_too(tmp_path):
    vital = "patient_id,date,kind\nP1,100,death\nP1,107,alive_contact\n"
    findings = findings_of(tmp_path, {"patients": f"{PATIENTS}P1,F,,\n", "vital_status": vital})
    assert findings.filter(pl.col("rule_id") == "V59")["message"].item() == (
        "The patient is reported alive on 107, after the death on day 100."
    )
