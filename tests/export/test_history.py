"""One patient's history leaves at the full level only, with the file and line of every value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.build import build_study
from analytics.errors import RefusedError
from analytics.export.history import write_history
from analytics.questions.patient import answer_patient
from analytics.store import open_study
from analytics.tables.history import PatientHistory
from analytics.tables.study import Study

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PUBLISHED = Path(__file__).parents[2] / "synthetic_data" / "published" / "patients"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    store = tmp_path_factory.mktemp("stores") / "published"
    build_study(PUBLISHED, store, None, lambda _stage, _done, _total: None, NOW)
    return open_study(store)


@pytest.fixture(scope="module")
def case_a(study: Study) -> PatientHistory:
    history = answer_patient(study, "CASE-A")
    assert isinstance(history, PatientHistory)
    return history


def test_the_values_are_those_of_the_paper(case_a: PatientHistory, study: Study, tmp_path: Path) -> None:
    write_history(case_a, study, tmp_path / "out", "full", call="by hand", now=NOW)
    values = pl.read_csv(tmp_path / "out" / "values.csv")
    assert values["value"].to_list() == [588.1, 394.2, 1210.0, 121.0]
    assert [round(fold, 2) for fold in values["fold_uln"]] == [6.92, 4.64, 14.24, 1.42]
    assert values["row"].to_list() == [2, 3, 4, 5]


def test_the_manifest_hashes_every_file(case_a: PatientHistory, study: Study, tmp_path: Path) -> None:
    files = write_history(case_a, study, tmp_path / "out", "full", call="by hand", now=NOW)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {path.name for path in files} == set(manifest["files"]) | {"manifest.json"}
    assert manifest["question"]["kind"] == "patient"


def test_the_safe_level_refuses_a_single_person(case_a: PatientHistory, study: Study, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="full level"):
        write_history(case_a, study, tmp_path / "out", "safe", call="by hand", now=NOW)
    assert not (tmp_path / "out").exists()
