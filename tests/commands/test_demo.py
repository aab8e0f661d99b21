"""The demo as a newcomer meets it: one command, two stores, a folder of files for each question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
QUESTIONS = ("cohort", "survival", "response", "trajectory", "endpoints")
SURVIVAL_FILES = (
    "curve.csv", "risk_table.csv", "subjects.csv", "summary.json", "figure.svg", "figure.pdf", "figure.png",
    "manifest.json",
)  # fmt: skip


def run_demo(out: Path) -> subprocess.CompletedProcess[str]:
    words = ["demo", "--no-serve", "--out", str(out), "--patients", "80", "--seed", "3"]
    return subprocess.run(
        [sys.executable, "-m", "lutetia", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo") / "out"
    shown = run_demo(out)
    assert shown.returncode == 0, shown.stderr
    return out, shown.stdout


def test_every_question_leaves_a_folder(demo: tuple[Path, str]) -> None:
    out, _ = demo
    for question in QUESTIONS:
        assert (out / "simulated-answers" / question / "manifest.json").is_file()
    for name in SURVIVAL_FILES:
        assert (out / "simulated-answers" / "survival" / name).stat().st_size > 0


def test_the_summary_says_who_how_long_and_what_was_turned_away(demo: tuple[Path, str]) -> None:
    _, said = demo
    for words in ("rows read", "Why rows were turned away", "median", "evaluable", "never pooled"):
        assert words in said


def test_case_a_is_censored_at_its_last_assessment_and_responded(demo: tuple[Path, str]) -> None:
    out, _ = demo
    times = pl.read_csv(out / "published-answers" / "survival" / "subjects.csv")
    prrt = times.filter(patient_id="CASE-A", treatment="PRRT").row(0, named=True)
    assert prrt["happened"] is False
    assert prrt["end_date"].startswith("2019")
    responses = pl.read_csv(out / "published-answers" / "response" / "subjects.csv")
    assert responses.filter(patient_id="CASE-A", treatment="PRRT")["status"].to_list() == ["responder"]


def test_a_second_demo_in_the_same_folder_replaces_the_first(demo: tuple[Path, str]) -> None:
    out, _ = demo
    assert run_demo(out).returncode == 0


def test_a_folder_that_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work", encoding="utf-8")
    shown = run_demo(tmp_path)
    assert shown.returncode == 15
    assert "not a demo" in shown.stderr
    assert (tmp_path / "thesis.docx").read_text(encoding="utf-8") == "years of work"
