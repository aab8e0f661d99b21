"""The pages for analysts are tested: their files are written, their commands run, the lines they show are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.errors import RefusedError
from lutetia import app

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "commands"),
    [
        ("first-analysis.md", ["template", "check", "build", "ask", "ask", "ask", "explain"]),
        ("layouts.md", ["check"]),
    ],
)
def test_a_page_says_what_its_commands_do(
    page: str, commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = ""
    ran: list[str] = []
    for kind, name, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind in ("csv", "toml"):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        elif kind == "sh":
            printed = ""
            for line in text.splitlines():
                _, *words = shlex.split(line)
                done = CliRunner().invoke(app, words)
                assert done.exit_code == 0 or (name == "refused" and isinstance(done.exception, RefusedError)), line
                printed += done.output + (done.exception.what if isinstance(done.exception, RefusedError) else "")
                ran.append(words[0])
        else:
            for line in text.splitlines():
                assert line in printed.splitlines(), (line, printed)
    assert ran == commands
