"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("analytics", "dashboards", "synthetic_data")
MOST_CODE_LINES = 250  # beyond this a file is more than one noun
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:tmp|work|root|home|opt)/\w")
REGISTRY_ADDRESSES = re.compile(r"(?:--(?:extra-)?index-url|pypi\.org/simple|files\.pythonhosted|registry\.npmjs)")


def _modules() -> list[Path]:
    return sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def _code_lines(path: Path) -> int:
    lines: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type not in skipped and not (token.type == tokenize.STRING and token.string.startswith('"""')):
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_noun(path: Path) -> None:
    assert _code_lines(path) <= MOST_CODE_LINES
    assert path.stem not in {"utils", "helpers", "common", "misc"}


@pytest.mark.parametrize(
    "path", [path for path in _modules() if path.name == "__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_room_starts_with_its_law_and_nothing_else(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)


def test_no_path_of_a_machine_and_no_registry_address_is_kept() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the list of tracked files is unknown")
    offenders = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".csv", ""} and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATHS.search(line) or REGISTRY_ADDRESSES.search(line)
    ]
    assert offenders == []
