"""The pages as plain functions: what each panel shows is what the answer says."""

from __future__ import annotations

import ast
import csv
import inspect
import io
import json
import shlex
import textwrap
from dataclasses import replace

import polars as pl
import pytest
from dash import Dash
from flask.testing import FlaskClient

from analytics.figures.screen.look import LIGHT
from analytics.questions.question import Answer
from analytics.tables.history import PatientHistory
from analytics.tables.results import Refusal
from analytics.tables.survival_results import SurvivalResult
from dashboards.app import PAGES, find_page
from dashboards.call import spell_call
from dashboards.components.flow import build_flow
from dashboards.components.panel import Shown, fill_panel, panel_outputs
from dashboards.pages import cohort, data, patient
from dashboards.pages.cohort import BANDS, CURVE, RESPONSE, WATERFALL, Panel
from dashboards.pages.cohort_panels import show_flow, table_of_who
from dashboards.pages.patient_panels import show_around, show_marker
from dashboards.pages.patient_tables import tables_of
from dashboards.shelf import Shelf
from dashboards.view import parse_view

LONGEST_CALLBACK = 10
"""Lines; a callback turns browser values into a question and an answer into a panel, and does nothing else."""


def show(shelf: Shelf, panel: Panel, search: str = "") -> Shown | Refusal:
    return cohort.show(shelf, parse_view(search, shelf), panel, LIGHT)


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (CURVE, ("Progression-free survival", "months", "95 % log-log", "18 lines")),
        (RESPONSE, ("ELECT50", "fall of at least 50 %")),
        (WATERFALL, ("%", "not evaluable")),
    ],
    ids=["curve", "response", "waterfall"],
)
def test_a_panel_says_what_it_shows_how_many_and_from_which_data(shelf: Shelf, panel: Panel, words: tuple):
    shown = show(shelf, panel)
    assert isinstance(shown, Shown)
    assert "data version 0123456789ab" in shown.about
    assert [word for word in words if word not in shown.about] == []


def test_medians_and_landmarks_stand_beside_the_curve_with_limits(shelf: Shelf):
    shown = show(shelf, CURVE)
    assert isinstance(shown, Shown)
    assert shown.beside["head"][:4] == ["Group", "Lines", "Events", "Median, months"]
    answer = shelf.ask("first", parse_view("", shelf).question("survival"))
    assert isinstance(answer, Answer) and isinstance(answer.result, SurvivalResult)
    for row, group in zip(shown.beside["body"], answer.result.groups, strict=True):
        assert row[:3] == [group.group, group.n_lines, group.n_events]
        assert " to " in row[3]
    assert [sentence for sentence in answer.summary if sentence not in shown.sentences] == []


def test_the_risk_table_adds_up(shelf: Shelf):
    shown = show(shelf, CURVE)
    assert isinstance(shown, Shown)
    sums = {row[0]: set() for row in shown.table["body"]}
    for group, _, at_risk, events, censored, _ in shown.table["body"]:
        sums[group].add(at_risk + events + censored)
    assert sums == {"SSA": {9}, "PRRT": {9}}


def test_a_refusal_is_its_sentence_and_remedy_and_no_empty_chart(shelf: Shelf):
    shown = show(shelf, CURVE, "?from=2031-01-01")
    assert isinstance(shown, Refusal)
    filled = dict(zip([f"{o.component_id}.{o.component_property}" for o in panel_outputs("x")],
                      fill_panel(shown, ""), strict=True))  # fmt: skip
    assert filled["x-box.style"] == {"display": "none"} and filled["x-refusal.style"] == {}
    assert filled["x-refusal.children"][1] == f"{shown.sentence} {shown.remedy}"


def test_too_few_for_bands_is_said(shelf: Shelf):
    shown = show(shelf, BANDS, "?grade=G1&from=2020-01-13")
    assert isinstance(shown, Refusal) and shown.remedy


def test_the_flow_names_everybody_who_left(shelf: Shelf):
    view = parse_view("?grade=G1", shelf)
    answer, cohort_answer = (shelf.ask("first", view.question(kind)) for kind in ("survival", "cohort"))
    flow, table = show_flow(answer, cohort_answer), table_of_who(cohort_answer)
    assert isinstance(answer, Answer)
    assert sum(step.n_lines_removed for step in answer.flow) == answer.flow[0].n_lines - answer.flow[-1].n_lines
    assert len(flow) == len(build_flow(answer.flow)) and table["body"]


def test_the_command_beside_a_chart_is_one_the_command_line_takes(shelf: Shelf):
    from typer.testing import CliRunner

    import lutetia

    search = "?endpoint=OS&by=grade&grade=G1&from=2020-01-02&choose=first_line"
    call = spell_call(parse_view(search, shelf).question("survival"), "no store here")
    words = shlex.split(call)
    assert words[0] == "lutetia"
    result = CliRunner().invoke(lutetia.app, words[1:])
    # every word was understood: what is missing is the store
    assert result.exit_code != 2 and "no study here" in str(result.exception)


def test_a_callback_only_hands_over(app: Dash):
    functions = [inspect.unwrap(entry["callback"]) for entry in app.callback_map.values() if "callback" in entry]
    assert len(functions) > len(PAGES)
    lengths = {}
    for function in functions:
        [told] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        assert isinstance(told, ast.FunctionDef)
        lengths[function.__name__] = told.body[-1].end_lineno - told.body[0].lineno + 1
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_CALLBACK} == {}


@pytest.mark.parametrize(
    "search",
    ["?primary_site=pancreas", "?grade=G1", "?hospital=Bern", "?treatment=PRRT", "?from=2020-01-05", "?to=2020-01-05"],
)
def test_each_filter_narrows_the_curve_and_stands_in_the_flow(shelf: Shelf, search: str):
    every, some = (
        shelf.ask("first", parse_view(words, shelf).question("survival")) for words in ("?treatment=all", search)
    )
    assert isinstance(every, Answer) and isinstance(some, Answer)
    assert 0 < some.subjects.height < every.subjects.height
    assert some.flow[-1].n_lines == some.subjects.height


def test_pages_are_found_by_their_address():
    assert [find_page(path) for path in ("/", "/patient/abc", "/data", "/nowhere")] == [cohort, patient, data, cohort]
    assert len({page.PATH for page in PAGES}) == len(PAGES)


def test_the_patient_page_shows_neighbours_under_opaque_names(shelf: Shelf):
    view = parse_view("", shelf)
    around = show_around(shelf, view, "EDGE")
    assert around.title.startswith("Patient EDGE")
    assert "EDGE" not in around.opaque + around.before + around.after + around.query
    codes = shelf.opened("first").codes
    assert codes[around.before.removeprefix("/patient/")] == "C15"
    assert codes[around.after.removeprefix("/patient/")] == "C00"


def test_every_table_of_the_patient_is_filled(shelf: Shelf):
    around = show_around(shelf, parse_view("", shelf), "EDGE")
    tables = tables_of(around.history)
    assert set(tables) == set(patient.TABLES) and all(table["body"] for table in tables.values())
    lesions = tables["lesions"]
    assert lesions["head"] == ["Tracer", "Examination", "Date", "T01", "N01"]
    assert tables["outcomes"]["head"][:2] == ["Endpoint", "Line 1: surgery (Resection), from 2021-05-20"]
    pfs = next(row for row in tables["outcomes"]["body"] if row[0] == "Progression-free survival (PFS)")
    assert "event at 42.2 months: progression" in pfs
    assert ["68Ga-DOTATATE", "PET/CT", "2025-07-20", "SUVmax 22.5, 31 mm", "SUVmax 8.1, 9 mm, new"] in lesions["body"]


def test_two_readers_of_an_examination_stand_in_rows_of_their_own(shelf: Shelf):
    history = show_around(shelf, parse_view("", shelf), "EDGE").history
    assert isinstance(history, PatientHistory)
    local = history.lesions.with_columns(reader=pl.lit("local"))
    both = pl.concat([local, local.with_columns(pl.col("longest_mm") + 1, reader=pl.lit("central"))])
    body = tables_of(replace(history, lesions=both))["lesions"]["body"]
    assert len(body) == 2 * local["imaging_id"].n_unique()
    assert ["68Ga-DOTATATE", "PET/CT, local", "2025-07-20", "SUVmax 22.5, 31 mm", "SUVmax 8.1, 9 mm, new"] in body
    assert ["68Ga-DOTATATE", "PET/CT, central", "2025-07-20", "SUVmax 22.5, 32 mm", "SUVmax 8.1, 10 mm, new"] in body


def test_the_values_table_has_reported_text_change_and_cell(shelf: Shelf):
    view = parse_view("", shelf)
    shown = show_marker(show_around(shelf, view, "EDGE"), view, LIGHT)
    assert isinstance(shown, Shown)
    rows = {row[0]: row for row in shown.table["body"]}
    assert rows["2022-09-15"][1:6] == ["<20", "ng/mL", "A", "85", "<0.24"]
    assert rows["2022-04-01"][7] == "−53 % (beyond noise)"
    assert rows["2022-04-01"][-1] == "labs.csv line 4"


@pytest.mark.parametrize("search", ["?analyte=NSE", "?analyte=PLT&unit=reported&scale=linear&zero=date"])
def test_every_state_of_the_page_can_be_drawn(shelf: Shelf, search: str):
    view = parse_view(search, shelf)
    assert isinstance(show_marker(show_around(shelf, view, "EDGE"), view, LIGHT), Shown)


def test_an_address_of_nobody_is_said(shelf: Shelf):
    assert patient.find_code(shelf.opened("first"), "/patient/0000") is None
    assert patient.find_code(shelf.opened("first"), "/patient") == "C00"
    around = show_around(shelf, parse_view("", shelf), None)
    assert isinstance(show_marker(around, parse_view("", shelf), LIGHT), Refusal)


def test_findings_are_filtered(shelf: Shelf):
    findings = shelf.opened("first").study.findings
    assert data.select_findings(findings, [], [], "").height == 3
    assert data.select_findings(findings, ["ERROR"], [], "").height == 2
    assert data.select_findings(findings, ["ERROR"], ["labs"], "").height == 1
    assert data.select_findings(findings, [], [], "edge")["patient_id"].to_list() == ["EDGE"]
    assert data.table_of_rules(findings)["body"][0][0] == "ERROR"


def test_the_ledger_is_summed_in_a_sentence():
    ledger = pl.DataFrame({name: [5] for name in data.LEDGER} | {"read": [30], "accepted": [5]})
    assert data.describe_ledger(ledger).startswith("Of 30 rows read, 5 are used; 5 rejected, 5 exact duplicates")


@pytest.mark.parametrize("kind", ["survival", "response", "waterfall", "cohort"])
def test_downloads_hold_the_answer(client: FlaskClient, kind: str):
    answer = client.get(f"/download/{kind}.csv")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert len(list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))) > 1


def test_the_patients_download_is_named_by_the_opaque_name(client: FlaskClient, shelf: Shelf):
    opaque = shelf.opened("first").opaque["EDGE"]
    answer = client.get(f"/download/patient/{opaque}.csv")
    assert "EDGE" not in answer.headers["Content-Disposition"]
    assert [row["value_text"] for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True)))][4] == "<20"


@pytest.mark.parametrize("path", ["patient/0000.csv", "nothing.csv", "survival.csv?from=2031-01-01"])
def test_what_cannot_be_downloaded_is_not_found(client: FlaskClient, path: str):
    assert client.get(f"/download/{path}").status_code == 404


def test_a_cell_that_would_run_in_a_spreadsheet_is_disarmed(client: FlaskClient):
    assert "'=1+1" in client.get("/download/findings.csv").get_data(as_text=True)


def test_studies_are_never_pooled(client: FlaskClient, shelf: Shelf):
    one, other = (shelf.ask(key, parse_view(f"?study={key}", shelf).question("cohort")) for key in ("first", "second"))
    assert isinstance(one, Answer) and isinstance(other, Answer)
    assert (one.study_name, other.study_name) == ("first", "second")
    assert one.flow[0].n_lines == other.flow[0].n_lines


def test_no_patient_stands_in_the_layout_or_the_callbacks(client: FlaskClient):
    for path in ("/", "/_dash-layout", "/_dash-dependencies"):
        assert "EDGE" not in client.get(path).get_data(as_text=True)
    assert json.loads(client.get("/_dash-layout").get_data(as_text=True))
