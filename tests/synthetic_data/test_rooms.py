"""The world knows tables, catalogue and errors of the analysis, and nothing that it is used to prove."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "synthetic_data"
KNOWN = ("analytics.tables", "analytics.catalogue", "analytics.errors")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_module_imports_the_analysis(path: Path):
    imported = {
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    strangers = {name for name in imported if name.split(".")[0] == "analytics" and not name.startswith(KNOWN)}
    assert not strangers
    assert not {name.split(".")[0] for name in imported} & {"scipy", "pandas", "lifelines", "statsmodels", "random"}
