"""A whole analysis plan on a simulated mixed registry: one command, and every answer beside the others."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLAN = ROOT / "docs" / "progression-free-survival.toml"

IMMORTAL = """
[[questions]]
name = "immortal"
kind = "regression"
covariates = ["n_cycles"]
"""


def lutetia(*words: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "lutetia", *words]
    return subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan")
    simulated = lutetia("simulate", "mixed-hospital-registry", str(made / "source"), "--patients", "250", "--seed", "7")
    assert simulated.returncode == 0, simulated.stderr
    (made / "plan.toml").write_text(PLAN.read_text(encoding="utf-8") + IMMORTAL, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> subprocess.CompletedProcess[str]:
    return lutetia("run", str(folder / "plan.toml"))


def test_one_command_answers_all_and_says_what_it_refuses(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 14, told.stderr
    assert "1 of 10 questions were refused" in told.stderr
    assert "immortal time" in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.usefixtures("told")
def test_rule_sets_and_models_stand_side_by_side(folder: Path) -> None:
    with (folder / "results" / "three-rule-sets" / "sensitivity.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rule_set"], row["model"]) for row in rows] == [
        (rule_set, model) for rule_set in ("default", "fda", "ema") for model in ("unadjusted", "cox")
    ]
    assert all(row["ratio"] for row in rows)


@pytest.mark.usefixtures("told")
def test_log_cga_is_a_curve_with_a_test_for_its_bend(folder: Path) -> None:
    with (folder / "results" / "cox-spline" / "tests.csv").open(encoding="utf-8") as file:
        tests = {row["name"]: row for row in csv.DictReader(file)}
    assert tests["log2_cga_fold_uln"]["df"] == "3"
    assert tests["log2_cga_fold_uln: bend"]["df"] == "2"
    assert (folder / "results" / "cox-spline" / "schoenfeld.svg").exists()


@pytest.mark.usefixtures("told")
def test_competing_risks_and_intervals_have_their_tables_figures_and_methods(folder: Path) -> None:
    results = folder / "results"
    for rule_set in ("default", "fda", "ema"):
        summary = json.loads((results / f"pfs-{rule_set}" / "summary.json").read_text(encoding="utf-8"))
        assert summary["endpoint"]["rule_set"] == rule_set
    for name, table in (("competing", "cif.csv"), ("between-visits", "turnbull.csv")):
        assert {table, "figure.svg", "manifest.json"} <= {path.name for path in (results / name).iterdir()}
        summary = json.loads((results / name / "summary.json").read_text(encoding="utf-8"))
        assert "doi" in summary["methods_sentence"]


def test_every_run_says_how_many_lines_other_rules_and_choices_would_move(
    told: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert "People with a line that is moved: PFS by the rules «admiral» " in told.stdout
    assert "PFS by the rules «ema», all: " in told.stdout
    assert "PFS: RECIST 1.0 in place of the criteria chosen, all: " in told.stdout
    for name in ("moved-by-rules", "moved-by-choices"):
        with (folder / "results" / name / "counts.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        lines = {row["topic"]: 0 for row in rows}
        for row in rows:
            lines[row["topic"]] += int(row["n"])
        assert len(set(lines.values())) == 1, "every rule and choice is about the same lines"


@pytest.mark.usefixtures("told")
def test_weights_interactions_and_what_lies_beyond_follow_up_are_said(folder: Path) -> None:
    results = folder / "results"
    with (results / "weighted" / "balance.csv").open(encoding="utf-8") as file:
        assert all(abs(float(row["difference.after"])) < 1e-6 for row in csv.DictReader(file))
    weighted = json.loads((results / "weighted" / "summary.json").read_text(encoding="utf-8"))
    assert "Overlap weights" in weighted["methods_sentence"]
    cox = json.loads((results / "cox-spline" / "summary.json").read_text(encoding="utf-8"))
    assert any(line.startswith("Interaction treatment × prior_lines") for line in cox["summary"])
    assert "model, not data" in (results / "beyond-follow-up" / "adjusted_curves.svg").read_text(encoding="utf-8")
    between = json.loads((results / "between-visits" / "summary.json").read_text(encoding="utf-8"))
    assert any("detection dates it" in line and "limits" in line for line in between["summary"])
    assert between["test"]["df"] == 1
