"""Write a simulated world to a folder: one file a table, in chunks, the truth beside it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from analytics.errors import ExportError
from synthetic_data.generate import CHUNK, record_lookups, simulate_chunks
from synthetic_data.scenarios import read_scenario

TRUTH = "truth"


def write_world(
    scenario: str, out: Path, n_patients: int, seed: int, advance: Callable[[int], None] | None = None
) -> dict[str, int]:
    """Simulate and write CSV files to ``out``; return the number of rows of each table.

    ``advance`` is told after each chunk how many patients were written.

    Raises
    ------
    SettingsError
        The scenario is unknown or impossible.
    ExportError
        The folder cannot be written, or already holds something.
    """
    world = read_scenario(scenario)
    _prepare(out)
    counts: dict[str, int] = {}
    for chunk in simulate_chunks(world, n_patients, seed):
        for name, table in chunk.items():
            with (out / f"{name}.csv").open("ab") as file:
                table.write_csv(file, include_header=name not in counts)
            counts[name] = counts.get(name, 0) + table.height
        if advance is not None:
            advance(min(CHUNK, n_patients))
    for name, table in record_lookups(world).items():
        table.write_csv(out / f"{name}.csv")
        counts[name] = table.height
    return counts


def write_published(out: Path) -> None:
    """Copy the published patients, tables and citations, to a new folder ``out``.

    Raises
    ------
    ExportError
        The folder cannot be written, or already holds something.
    """
    _prepare(out)
    for file in files("synthetic_data.published").joinpath("patients").iterdir():
        (out / file.name).write_bytes(file.read_bytes())


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ExportError(f"The folder cannot be made: {problem.strerror}.", str(out)) from problem
    if any(out.iterdir()):
        raise ExportError("The folder is not empty.", str(out), "Name a new folder; nothing is overwritten.")
