"""Every rule of time to event, response, lesions, dates, baseline and markers is named by the test that pins it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOMS = ("spec", "endpoints", "longitudinal")
SERIES = {"T": 12, "R": 11, "L": 7, "D": 4, "B": 4, "M": 4}
RULES = tuple(f"{series}{number}" for series, last in SERIES.items() for number in range(1, last + 1))


def read_docstrings() -> Iterator[tuple[str, str]]:
    """Give the name and docstring of every test of the rooms that derive."""
    for room in ROOMS:
        for path in sorted((TESTS / room).glob("test_*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield f"{path.stem}.{node.name}", ast.get_docstring(node) or ""


def named_rules() -> dict[str, list[str]]:
    """Return the tests that name each rule."""
    found: dict[str, list[str]] = {}
    for test, docstring in read_docstrings():
        for rule in set(re.findall(r"\b[TRLDBM][1-9]\d*\b", docstring)):
            found.setdefault(rule, []).append(test)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_test_names_the_rule(rule: str):
    assert named_rules().get(rule), f"no test of {', '.join(ROOMS)} names {rule} in its docstring"


def test_no_test_names_a_rule_there_is_not():
    assert set(named_rules()) <= set(RULES)
