"""The page for analysts is tested: its files are written, its commands run, the lines it shows are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.errors import RefusedError
from lutetia import app

PAGE = Path(__file__).parents[2] / "docs" / "first-analysis.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_for_analysts_says_what_its_commands_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed = ""
    ran: list[str] = []
    for kind, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "csv":
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
    assert ran == ["template", "check", "build", "ask", "ask", "ask", "explain"]
    assert (tmp_path / "overall-survival" / "manifest.json").is_file()
