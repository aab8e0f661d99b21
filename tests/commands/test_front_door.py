"""The command line: help that teaches, light to start, one exit code a family, no traceback for a person's mistake."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from analytics.allocator import SETTINGS, keep_memory
from analytics.errors import FAMILIES
from analytics.questions.ask import QUESTIONS
from analytics.questions.kinds import KINDS
from analytics.questions.question import Question, Selection

ROOT = Path(__file__).parents[2]
FREE_PORT = "a free port"  # a dashboard may be open on the usual one
Lutetia = Callable[..., subprocess.CompletedProcess[str]]

HEAVY = ("lifelines", "statsmodels", "dataframely", "matplotlib", "plotly", "pandas", "dash", "scipy", "polars")
COMMANDS = (
    "demo",
    "simulate",
    "template",
    "check",
    "build",
    "ask",
    "run",
    "dictionary",
    "explain",
    "withdraw",
    "serve",
)


def find_free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def lutetia(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lutetia", *words]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)

    return call


def test_help_names_every_command_and_every_exit_code(lutetia: Lutetia) -> None:
    shown = lutetia("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in shown.stdout
    for family in FAMILIES:
        assert f"{family.exit_code}: {family.family}" in shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, lutetia: Lutetia) -> None:
    shown = lutetia(command, "--help")
    assert shown.returncode == 0
    assert "Usage" in shown.stdout


def test_help_of_ask_names_every_question_and_says_every_option(lutetia: Lutetia) -> None:
    shown = " ".join(lutetia("ask", "--help").stdout.split())
    assert set(KINDS) == set(QUESTIONS)
    for kind, says in KINDS.items():
        assert f"{kind}: {says}" in shown
    for entry in (*fields(Question), *fields(Selection)):
        if entry.metadata:
            assert f"--{entry.metadata['word'] or entry.name.replace('_', '-')} <" in shown
            assert entry.metadata["says"].split()[0] in shown


def test_help_loads_nothing_heavy() -> None:
    loaded = (
        "import sys, lutetia\n"
        "try:\n    lutetia.app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert shown.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("build",), 2, "Missing argument"),
        (("conquer",), 2, "No such command"),
        (("build", "nowhere", "store"), 10, "nowhere"),
        (("check", "nowhere"), 10, "nowhere"),
        (("ask", "survival", "nowhere", "--out", "x"), 13, "nowhere"),
        (("run", "nowhere.toml"), 12, "nowhere.toml"),
        (("serve", "nowhere", "--port", FREE_PORT), 13, "nowhere"),
        (("check", "nowhere", "--set", "decimal_mark"), 2, "NAME=VALUE"),
        (("ask", "regression", "nowhere", "--out", "x", "--spline-df", "7"), 2, "--spline-df"),
        (("ask", "survival", "nowhere", "--out", "x", "--choose", "some_line"), 2, "--choose"),
    ],
)
def test_a_mistake_is_a_sentence_with_its_exit_code(
    words: tuple[str, ...], exit_code: int, said: str, lutetia: Lutetia, tmp_path: Path
) -> None:
    shown = lutetia(*(find_free_port() if word == FREE_PORT else word for word in words))
    assert shown.returncode == exit_code, shown.stderr
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""
    assert list(tmp_path.iterdir()) == []


CRASH = """
import sys, lutetia
from analytics.intake import accept, prepare
def fail(*_): raise KeyError("patient P1: 588.1")
prepare.open_source = fail
sys.argv = ["lutetia", "check", "nowhere"]
lutetia.main()
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_crash_ends_with_its_own_exit_code_and_shows_nothing_of_a_patient(debug: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LUTETIA_DEBUG": debug}
    shown = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False, env=environment)
    assert shown.returncode == 70
    assert "our bug: please report it): KeyError at analytics/intake/prepare.py, line" in shown.stderr
    assert ("588.1" in shown.stderr, "Traceback" in shown.stderr) == (bool(debug), bool(debug))


@pytest.mark.parametrize(("before", "after"), [(None, "narenas:"), ("narenas:7", "narenas:7")])
def test_the_front_door_chooses_how_memory_is_kept_unless_it_was_chosen(before, after, monkeypatch):
    monkeypatch.setenv(SETTINGS, before or "")
    if before is None:
        monkeypatch.delenv(SETTINGS)
    keep_memory()
    assert after in os.environ[SETTINGS]
