"""Counts by topic at both levels: files, and nobody singled out."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.export.disclosure import make_safe
from analytics.export.write import write_answer
from analytics.questions.question import Answer, Question
from analytics.questions.tally import make_tally
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.tally_results import TallyResult
from tests.questions.derived_study import derive_study

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FLOOR = 5


@pytest.fixture(scope="module")
def empty_study() -> Study:
    return derive_study({})


def tally_of(study: Study, categories: dict[str, list[str]]) -> Answer:
    """Make an answer about people 0, 1, 2, …: a list of categories a topic."""
    rows = [
        {"pid": place, "line_no": 1, "group": "PRRT", "patient_id": f"P{place}", "topic": topic, "category": category}
        for topic, values in categories.items()
        for place, category in enumerate(values)
    ]
    subjects = pl.DataFrame(rows)
    n = len(next(iter(categories.values())))
    flow = (FlowStep("all treatment lines", n, n, 0, ""),)
    details = subjects.select("patient_id", "topic", "category")
    return make_tally(study, Question(kind="toxicity"), subjects, flow, details=details)


def counts_of(answer: Answer | Refusal) -> dict[tuple[str, str], int]:
    assert isinstance(answer, Answer)
    assert isinstance(answer.result, TallyResult)
    return {(topic, category): n for topic, category, n in answer.result.counts.select("topic", "category", "n").rows()}


def test_small_categories_are_merged(empty_study: Study):
    exact = tally_of(empty_study, {"Fatigue": ["grade 0"] * 20 + ["grade 3"] * 3 + ["grade 1"] * 7})
    assert counts_of(make_safe(exact, FLOOR)) == {
        ("Fatigue", "grade 0"): 20,
        ("Fatigue", "other categories together"): 10,
    }


def test_two_topics_that_differ_by_few_people_do_not_both_show_their_split(empty_study: Study):
    exact = tally_of(
        empty_study,
        {"Anemia": ["grade 0"] * 20 + ["grade 1"] * 10, "Fatigue": ["grade 0"] * 22 + ["grade 1"] * 8},
    )
    assert counts_of(make_safe(exact, FLOOR)) == {
        ("Anemia", "grade 0"): 20,
        ("Anemia", "grade 1"): 10,
        ("Fatigue", "all categories together"): 30,
    }


def test_a_group_below_the_floor_is_refused(empty_study: Study):
    assert isinstance(make_safe(tally_of(empty_study, {"Fatigue": ["grade 0"] * 4}), FLOOR), Refusal)


def test_rows_behind_the_counts_leave_at_the_full_level_only(empty_study: Study, tmp_path: Path):
    exact = tally_of(empty_study, {"Fatigue": ["grade 0"] * 20 + ["grade 3"] * 6})
    write_answer(exact, tmp_path / "full", "full", call="test", now=NOW)
    write_answer(exact, tmp_path / "safe", "safe", call="test", now=NOW)
    full = {path.name for path in (tmp_path / "full").iterdir()}
    safe = {path.name for path in (tmp_path / "safe").iterdir()}
    assert {"counts.csv", "details.csv", "subjects.csv", "summary.json", "flow.csv"} <= full
    assert not {"details.csv", "subjects.csv"} & safe
    rows = list(csv.DictReader(io.StringIO((tmp_path / "safe" / "counts.csv").read_text(encoding="utf-8"))))
    assert [(row["category"], row["n"]) for row in rows] == [("grade 0", "20"), ("grade 3", "6")]
    summary = json.loads((tmp_path / "safe" / "summary.json").read_text(encoding="utf-8"))
    assert summary["summary"] == ["Fatigue, PRRT: 20 grade 0, 6 grade 3 (of 26 lines)."]
