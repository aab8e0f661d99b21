"""The example notebook is documentation, and documentation is tested: its cells run and say what they promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "first-analysis.ipynb"


def test_the_example_notebook_runs_from_template_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert (tmp_path / "first-analysis" / "empty-template.xlsx").is_file()
    mistakes = names["findings"].filter(severity="ERROR", column="unit")
    assert mistakes.select("file", "row").rows() == [("labs.csv", 25)]
    said = capsys.readouterr().out
    assert "labs: 24 rows read, 24 used" in said
    assert "3/12 evaluable" in said  # 90 + 25 i is at most half of 300 + 10 i for i = 1, 2 and 3
