"""A plan on marker and outcome in a simulated mixed registry: the right analyses answer, the naive curve does not."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from analytics.questions.marker_status import derive_status_at_landmark
from analytics.questions.question import Question
from analytics.store import open_study

ROOT = Path(__file__).parents[2]
NO_LATER_VALUE = 100_000
"""A landmark after everything."""

PLAN = ROOT / "docs" / "marker-and-outcome.toml"
ANSWERED = (
    "response-by-treatment", "response-adjusted", "time-to-response", "landmark-3-months", "landmark-6-months",
    "response-as-it-comes", "last-value", "slope-so-far", "trajectories-seen", "trajectories-modelled",
    "growth-of-the-marker", "growth-of-the-diameters", "decay-and-regrowth", "marker-and-scan", "missing-imputed",
)  # fmt: skip


def lutetia(*words: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "lutetia", *words]
    return subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan")
    simulated = lutetia("simulate", "mixed-hospital-registry", str(made / "source"), "--patients", "150", "--seed", "7")
    assert simulated.returncode == 0, simulated.stderr
    shutil.copy(PLAN, made / "plan.toml")
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> subprocess.CompletedProcess[str]:
    return lutetia("run", str(folder / "plan.toml"))


def test_all_but_the_naive_curve_are_answered(told: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert told.returncode == 14, told.stderr
    assert f"1 of {len(ANSWERED) + 1} questions were refused" in told.stderr
    assert "immortal time" in told.stdout
    for remedy in ("landmark", "switching", "time_dependent"):
        assert f"lutetia ask {remedy}" in told.stdout
    assert not (folder / "results" / "naive").exists()


@pytest.mark.usefixtures("told")
def test_the_command_line_refuses_the_naive_curve_too(folder: Path) -> None:
    asked = lutetia("ask", "survival", str(folder / "store"), "--by", "cga_response", "--out", str(folder / "naive"))
    assert asked.returncode == 14
    for remedy in ("landmark", "switching", "time_dependent"):
        assert f"lutetia ask {remedy}" in asked.stderr
    assert not (folder / "naive").exists()


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", ANSWERED)
def test_each_answer_has_its_figure_methods_and_flow(name: str, folder: Path) -> None:
    answered = folder / "results" / name
    assert (answered / "figure.png").stat().st_size > 0
    summary = json.loads((answered / "summary.json").read_text(encoding="utf-8"))
    assert summary["methods_sentence"]
    assert summary["summary"]
    assert (answered / "flow.csv").exists()


@pytest.mark.usefixtures("told")
def test_single_courses_are_drawn_at_the_full_level(folder: Path) -> None:
    results = folder / "results"
    assert (results / "trajectories-seen" / "spider.svg").exists()
    assert (results / "trajectories-modelled" / "own_courses.svg").exists()
    assert (results / "response-by-treatment" / "waterfall.svg").exists()


@pytest.mark.usefixtures("told")
def test_the_course_tells_the_curves_by_treatment_with_limits(folder: Path) -> None:
    table = pl.read_csv(folder / "results" / "trajectories-modelled" / "course.csv")
    assert set(table["strata"]) == {"PRRT", "SSA"}
    assert (
        table.select((pl.col("conf.low") < pl.col("typical")) & (pl.col("typical") < pl.col("conf.high")))
        .to_series()
        .all()
    )
    assert table.select((pl.col("value.low") < pl.col("conf.low")).all()).item()


@pytest.mark.usefixtures("told")
def test_the_hazard_follows_the_last_value_beside_the_treatment(folder: Path) -> None:
    table = pl.read_csv(folder / "results" / "last-value" / "coefficients.csv")
    assert table["term"].to_list() == ["cga_last_value", "treatment: SSA", "treatment: PRRT"]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("name", "landmark"), [("landmark-3-months", 91), ("landmark-6-months", 183)])
def test_a_landmark_counts_from_its_day_with_a_figure(name: str, landmark: int, folder: Path) -> None:
    answered = folder / "results" / name
    summary = json.loads((answered / "summary.json").read_text(encoding="utf-8"))
    assert summary["landmark_days"] == landmark
    assert summary["methods"][0]["name"] == "Landmark analysis"
    assert {group["group"] for group in summary["groups"]} == {"responded", "not responded"}
    assert (answered / "figure.svg").exists()
    in_curves = sum(group["n_lines"] for group in summary["groups"])
    assert summary["flow"][-1]["n_lines"] == in_curves


@pytest.mark.usefixtures("told")
def test_switching_cites_its_three_methods(folder: Path) -> None:
    summary = json.loads((folder / "results" / "response-as-it-comes" / "summary.json").read_text(encoding="utf-8"))
    assert [method["name"] for method in summary["methods"][:2]] == ["Simon–Makuch curves", "Mantel–Byar test"]
    assert summary["methods"][2]["name"].startswith("Cox")
    (ratio,) = summary["hazard_ratios"]
    assert ratio["low"] < ratio["hazard_ratio"] < ratio["high"]


@pytest.mark.usefixtures("told")
def test_response_rates_are_compared_between_treatments(folder: Path) -> None:
    with (folder / "results" / "response-by-treatment" / "response_comparisons.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["group"], row["reference"]) == ("PRRT", "SSA")


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("rule", ["ELECT50", "CLAR_OR", "WK12"])
def test_at_a_landmark_after_everything_the_status_is_that_of_the_line(rule: str, folder: Path) -> None:
    """The same rule on all values must give the response table, or two answers would contradict each other."""
    study = open_study(folder / "store")
    question = Question(kind="landmark", response_rule=rule, landmark_days=NO_LATER_VALUE)
    lines = study.table("lines").collect()
    at_the_end = derive_status_at_landmark(study, lines, question)
    of_the_line = study.table("marker_responses").filter(analyte="CGA", rule_id=rule).collect()
    columns = ["pid", "line_no", "status", "response_date"]
    assert at_the_end.select(columns).sort(columns).equals(of_the_line.select(columns).sort(columns))
    early = derive_status_at_landmark(study, lines, replace(question, landmark_days=183))
    responded = early.filter(pl.col("status") == "responder")
    assert responded.height > 0
    assert (responded["response_day"] <= 183).all()
    assert responded.join(of_the_line, on=columns, how="anti").is_empty()
