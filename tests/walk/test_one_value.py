"""One CgA value followed from its line of a CSV file to a number in an exported table, file and line still known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.build import build_study
from analytics.export.write import write_answer
from analytics.figures.screen.look import LIGHT
from analytics.figures.screen.patient import draw_patient
from analytics.questions.ask import answer
from analytics.questions.patient import answer_patient
from analytics.questions.question import Answer, Question
from analytics.store import open_study
from analytics.tables.history import PatientHistory
from analytics.tables.study import Study

NOW = datetime(2026, 11, 20, tzinfo=UTC)

TABLES = {
    "patients": """patient_id,sex
W-1,F
W-2,M
""",
    "treatments": """patient_id,treatment_id,category,agent,start,end
W-1,T1,PRRT,177Lu-DOTATATE,2020-03-02,2020-09-01
W-2,T1,SSA,lanreotide,2020-01-15,
""",
    "labs": """patient_id,analyte,collected,value_text,unit,uln,assay_id,specimen,ppi_within_2w
W-1,CGA,2020-02-20,400,ng/mL,85,KRYPTOR,serum,N
W-1,CGA,2020-06-10,170,ug/L,85,KRYPTOR,serum,N
W-1,CGA,2020-08-01,"160,5",ng/mL,85,KRYPTOR,serum,N
W-2,CGA,2020-01-10,pending,ng/mL,85,KRYPTOR,serum,N
""",
    "vital_status": """patient_id,date,kind
W-1,2021-06-01,alive_contact
W-2,2021-06-01,alive_contact
""",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    source = tmp_path_factory.mktemp("source")
    for name, text in TABLES.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    store = tmp_path_factory.mktemp("stores") / "store"
    build_study(source, store, {"decimal_mark": ""}, lambda _stage, _done, _total: None, NOW)
    return open_study(store)


def one_row(table: pl.LazyFrame, **conditions: object) -> dict[str, object]:
    found = table.filter(**conditions).collect()
    assert found.height == 1
    return found.row(0, named=True)


def test_the_cell_stays_as_reported_beside_its_meaning(study: Study) -> None:
    value = one_row(study.table("labs"), _row=3)
    assert (value["value_text"], value["unit"], value["_file"]) == ("170", "ug/L", "labs.csv")
    assert (value["value_standard"], value["unit_standard"]) == (170.0, "ng/mL")
    assert value["fold_uln"] == 170 / 85


def test_a_decimal_comma_that_can_only_be_one_is_read(study: Study) -> None:
    assert one_row(study.table("labs"), _row=4)["value"] == 160.5


def test_a_word_is_a_reason_and_the_row_stays(study: Study) -> None:
    value = one_row(study.table("labs"), _row=5)
    assert (value["value"], value["value_reason"]) == (None, "pending")


def test_the_value_is_read_against_its_line_by_hand(study: Study) -> None:
    value = one_row(study.table("marker_values"), row=3, analyte="CGA")
    assert value["days"] == 101  # 2020-06-10 − 2020-03-02 + 1
    assert value["change_pct"] == pytest.approx(100 * (170 / 400 - 1))


def test_the_response_names_the_lines_that_decided(study: Study) -> None:
    response = one_row(study.table("marker_responses"), analyte="CGA", rule_id="ELECT50", baseline_row=2)
    assert response["status"] == "responder"
    assert (response["baseline_file"], response["deciding_file"], response["deciding_row"]) == (
        "labs.csv",
        "labs.csv",
        3,
    )
    assert response["is_confirmed"] is True  # 160.5 ≤ 200 on 2020-08-01, 52 days later


def test_the_exported_row_still_names_file_and_line(study: Study, tmp_path: Path) -> None:
    given = answer(study, Question(kind="response", by="none"))
    assert isinstance(given, Answer)
    write_answer(given, tmp_path / "response", "full", call="by hand", now=NOW, settings=study.settings)
    exported = pl.read_csv(tmp_path / "response" / "subjects.csv").filter(pl.col("status") == "responder")
    row = exported.row(0, named=True)
    assert (row["deciding_file"], row["deciding_row"], row["baseline_row"]) == ("labs.csv", 3, 2)
    assert row["best_change_pct"] == pytest.approx(100 * (160.5 / 400 - 1))


def test_the_marker_on_the_patients_page_is_the_same_cell(study: Study) -> None:
    told = answer_patient(study, "W-1")
    assert isinstance(told, PatientHistory)
    figure = draw_patient(told, LIGHT, scale="log", unit="uln", calendar=True)
    marks = next(trace for trace in figure["data"] if trace["name"] == "assay KRYPTOR, serum")
    at = marks["x"].index("2020-06-10")
    assert marks["y"][at] == 170 / 85
    assert marks["text"][at].startswith("2020-06-10<br>170 ug/L<br>2.00 × ULN (85)<br>assay KRYPTOR")
    row = told.values.row(at, named=True)
    assert (row["file"], row["row"], row["value_text"]) == ("labs.csv", 3, "170")
    assert row["change_from_previous_pct"] == pytest.approx(100 * (170 / 400 - 1))


def test_the_manifest_names_the_data_and_the_question(study: Study, tmp_path: Path) -> None:
    given = answer(study, Question(kind="endpoints", by="none"))
    assert isinstance(given, Answer)
    write_answer(given, tmp_path / "endpoints", "full", call="by hand", now=NOW, settings=study.settings)
    manifest = json.loads((tmp_path / "endpoints" / "manifest.json").read_text(encoding="utf-8"))
    assert study.version in json.dumps(manifest)
    assert "by hand" in json.dumps(manifest)
