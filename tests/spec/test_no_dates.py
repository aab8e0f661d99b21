"""A published case without any date: it loads and shows, and what needs a date says so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.build import build_study
from analytics.questions.ask import answer
from analytics.questions.patient import answer_patient
from analytics.questions.question import Question
from analytics.store import open_study
from analytics.tables.history import PatientHistory
from analytics.tables.results import Refusal
from analytics.tables.study import Study

SOURCE = {
    "patients": "patient_id,sex\nCASE,F\n",
    "labs": "patient_id,analyte,collected,value_text,unit,uln\nCASE,CGA,,588.1,ng/mL,85\n",
    "treatments": "patient_id,treatment_id,category,agent,start\nCASE,T1,PRRT,177Lu-DOTATATE,\n",
    "vital_status": "patient_id,date,kind\nCASE,,death\n",
}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in SOURCE.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    build_study(
        source, tmp_path / "store", None, lambda _stage, _done, _total: None, datetime(2026, 11, 20, tzinfo=UTC)
    )
    return open_study(tmp_path / "store")


def test_the_case_shows_its_value_and_says_that_it_has_no_date(study):
    history = answer_patient(study, "CASE")
    assert isinstance(history, PatientHistory)
    assert history.zero_date is None
    assert history.values["value"].to_list() == [588.1]
    assert "1 of 1 values without a date, in the table only" in history.notes


@pytest.mark.parametrize("endpoint", ["OS", "PFS", "TTNT"])
def test_an_endpoint_that_needs_dates_is_refused_in_words(study, endpoint):
    refused = answer(study, Question(kind="survival", endpoint=endpoint, by="none"))
    assert isinstance(refused, Refusal)
    assert refused.sentence == f"No treatment line is left for {endpoint} (no start date: 1 line)."
    assert "complete the dates" in refused.remedy
