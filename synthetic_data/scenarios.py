"""The scenarios shipped with the package, and a researcher's own file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import polars as pl

from analytics.errors import SettingsError
from synthetic_data.coherence import check_coherence
from synthetic_data.scenario import Scenario, parse_base, parse_scenario

FOLDER = Path(__file__).parent / "scenarios"
DEFAULT = "mixed-hospital-registry"
SCENARIOS: tuple[str, ...] = (
    "netter-1",
    "netter-2",
    "clarinet",
    "erasmus-like-registry",
    DEFAULT,
    "tiny",
    "hostile",
    "no-information",
)


def read_scenario(name: str) -> Scenario:
    """Return a scenario by its name, or from the path of a TOML file.

    Raises
    ------
    SettingsError
        No scenario or file has this name, or the file says something impossible.
    """
    path = FOLDER / f"{name}.toml" if name in SCENARIOS else Path(name)
    if not path.is_file():
        near = get_close_matches(name, SCENARIOS, n=1)
        hint = f"Did you mean «{near[0]}»? " if near else ""
        raise SettingsError(f"There is no scenario «{name}».", "", f"{hint}Known: {', '.join(SCENARIOS)}.")
    default = parse_scenario((FOLDER / f"{DEFAULT}.toml").read_text(encoding="utf-8"), f"{DEFAULT}.toml", None)
    chosen = default if name == DEFAULT else _read(path, default)
    check_coherence(chosen, default, path.name)
    return chosen


def _read(path: Path, default: Scenario) -> Scenario:
    """Read a file over its ``base``, the default scenario unless it names another that is shipped."""
    text = path.read_text(encoding="utf-8")
    base = parse_base(text, path.name)
    if base not in {"", DEFAULT, *SCENARIOS}:
        raise SettingsError(f"There is no scenario «{base}» to build on.", path.name, f"Known: {', '.join(SCENARIOS)}.")
    parent = read_scenario(base) if base not in {"", DEFAULT} else default
    return parse_scenario(text, path.name, parent)


def describe_scenario(scenario: Scenario, seed: int, n_patients: int) -> pl.DataFrame:
    """Return every parameter with its unit and source, and what the world was made with."""
    rows = [("scenario", scenario.name, "", ""), ("seed", str(seed), "", ""), ("patients", str(n_patients), "", "")]
    for key, parameter in scenario.parameters.items():
        value = parameter.value
        text = ";".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
        rows.append((key, text, parameter.unit, parameter.source))
    return pl.DataFrame(rows, schema=["parameter", "value", "unit", "source"], orient="row")
