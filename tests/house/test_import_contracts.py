"""Imports go down only; every contract is shown to catch a violation of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = {
    "analytics uses the dashboard": ("analytics/errors.py", "import dashboards"),
    "analytics uses the synthetic world": ("analytics/errors.py", "import synthetic_data"),
    "analytics uses the front door": ("analytics/errors.py", "import lutetia"),
    "the dashboard uses the synthetic world": ("dashboards/__init__.py", "import synthetic_data"),
    "the synthetic world uses the analysis": ("synthetic_data/__init__.py", "import analytics.longitudinal"),
    "figures estimate": ("analytics/figures/__init__.py", "import analytics.estimation"),
    "estimation draws": ("analytics/estimation/__init__.py", "import analytics.figures"),
    "figures ask questions": ("analytics/figures/__init__.py", "import analytics.questions"),
    "tables know endpoints": ("analytics/tables/__init__.py", "import analytics.endpoints"),
    "endpoints know estimation": ("analytics/endpoints/__init__.py", "import analytics.estimation"),
    "longitudinal knows endpoints": ("analytics/longitudinal/__init__.py", "import analytics.endpoints"),
    "catalogue knows tables": ("analytics/catalogue/__init__.py", "import analytics.tables"),
    "questions touch files": ("analytics/questions/__init__.py", "import analytics.store"),
    "intake exports": ("analytics/intake/__init__.py", "import analytics.export"),
    "lifelines outside its gate": ("analytics/questions/__init__.py", "import lifelines"),
    "statsmodels outside its gate": ("analytics/endpoints/__init__.py", "import statsmodels"),
    "pandas outside its gate": ("analytics/intake/__init__.py", "import pandas"),
    "scipy outside its gate": ("analytics/longitudinal/__init__.py", "import scipy"),
    "dash inside analytics": ("analytics/figures/__init__.py", "import dash"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*command, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder)},
    )


def _copy_of_the_house(target: Path) -> Path:
    for name in ("analytics", "dashboards", "synthetic_data"):
        shutil.copytree(ROOT / name, target / name, ignore=lambda _, names: [n for n in names if not _is_python(n)])
    for name in ("lutetia.py", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    return target


def _is_python(name: str) -> bool:
    return name.endswith(".py") or "." not in name


def test_the_house_keeps_its_contracts(tmp_path: Path) -> None:
    result = _lint(_copy_of_the_house(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_violation_is_caught(violation: str, tmp_path: Path) -> None:
    house = _copy_of_the_house(tmp_path)
    file, statement = VIOLATIONS[violation]
    path = house / file
    path.write_text(f"{path.read_text()}\n{statement}\n")
    result = _lint(house)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
