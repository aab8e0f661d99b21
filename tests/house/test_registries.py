"""A new module is of no use until it is listed: every room with a register lists each of its modules."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _modules_defining(room: str, prefix: str) -> set[str]:
    folder = ROOT / room
    return {path.stem for path in folder.glob("*.py") if f"\ndef {prefix}" in path.read_text(encoding="utf-8")}


def test_every_question_is_listed() -> None:
    questions = importlib.import_module("analytics.questions.ask").QUESTIONS
    listed = {asked.__module__.rsplit(".", 1)[-1] for asked in questions.values()}
    about_one_patient = {"patient"}  # shown inside, never exported as an aggregate
    assert _modules_defining("analytics/questions", "answer_") == listed | about_one_patient


def test_every_page_is_listed() -> None:
    pages = importlib.import_module("dashboards.app").PAGES
    listed = {page.__name__.rsplit(".", 1)[-1] for page in pages}
    assert _modules_defining("dashboards/pages", "layout(") == listed


@pytest.mark.parametrize("attribute", ["PATH", "TITLE", "layout", "register"])
def test_a_page_has_the_four_parts(attribute: str) -> None:
    for page in importlib.import_module("dashboards.app").PAGES:
        assert hasattr(page, attribute), page.__name__
