"""A protocol takes the options of a question, and says which entry is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.errors import SettingsError
from analytics.protocol import read_protocol
from analytics.questions.question import Selection

PLAN = """
title = "PRRT and SSA"
source = "study.xlsx"

[selection]
treatments = ["PRRT", "SSA"]

[[questions]]
name = "pfs"
kind = "survival"

[[questions]]
name = "pfs-grade-2"
kind = "regression"
spline_df = 2
selection = { grades = ["G2"] }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_question_has_the_selection_of_the_plan_or_its_own(tmp_path: Path) -> None:
    plan = read_protocol(write(tmp_path, PLAN))
    first, second = (planned.as_question(plan.selection) for planned in plan.questions)
    assert first.selection == Selection(treatments=("PRRT", "SSA"))
    assert second.selection == Selection(grades=("G2",))
    assert (second.kind, second.spline_df) == ("regression", 2)


@pytest.mark.parametrize(
    ("written", "instead", "entry"),
    [
        ("spline_df = 2", "spline_df = 7", "questions.1.spline_df"),
        ("spline_df = 2", "splines = 2", "questions.1.splines"),
        ('grades = ["G2"]', 'grade = ["G2"]', "questions.1.selection.grade"),
        ('treatments = ["PRRT", "SSA"]', 'choose = "some_line"', "selection.choose"),
        ('name = "pfs"', 'name = "PFS curve"', "questions.0.name"),
        ('name = "pfs"', "", "questions.0.name"),
        ('title = "PRRT and SSA"', "", "title"),
    ],
)
def test_a_wrong_entry_is_named(written: str, instead: str, entry: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"«{entry}»"):
        read_protocol(write(tmp_path, PLAN.replace(written, instead)))


def test_two_questions_of_one_name_would_share_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="«pfs»"):
        read_protocol(write(tmp_path, PLAN.replace("pfs-grade-2", "pfs")))
