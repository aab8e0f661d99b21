"""Write a world to a folder: one file a table, in chunks, the truth beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from analytics.errors import ExportError
from synthetic_data.generate import TABLES, TRUTH_TABLES, record_lookups, reveal_settings, simulate_chunks
from synthetic_data.scenarios import read_scenario

TRUTH = "truth"
PUBLISHED = Path(__file__).parent / "published" / "patients"


def write_world(
    scenario: str, out: Path, n_patients: int, seed: int, advance: Callable[[int], None] | None = None
) -> dict[str, int]:
    """Simulate and write CSV files to ``out`` and the truth to ``out/truth``; return the rows of each table.

    ``advance`` is told after each chunk how many patients were written.

    Raises
    ------
    SettingsError
        The scenario is unknown or impossible.
    ExportError
        The folder cannot be written, or holds what is not ours.
    """
    world = read_scenario(scenario)
    chunks = simulate_chunks(world, n_patients, seed)
    _prepare(out)
    counts: dict[str, int] = {}
    for chunk in chunks:
        for name, table in chunk.tables.items():
            _append(table, out / f"{name}.csv", counts, name)
        for name, table in chunk.truth.items():
            _append(table, out / TRUTH / f"{name}.csv", counts, f"{TRUTH}/{name}")
        if advance is not None:
            advance(chunk.tables["patients"].height)
    for name, table in record_lookups(world).items():
        _append(table, out / f"{name}.csv", counts, name)
    for name, table in reveal_settings(world, n_patients, seed).items():
        _append(table, out / TRUTH / f"{name}.csv", counts, f"{TRUTH}/{name}")
    return counts


def copy_published_patients(out: Path) -> None:
    """Copy the published patients' files to ``out``.

    Raises
    ------
    ExportError
        The folder cannot be written.
    """
    try:
        shutil.copytree(PUBLISHED, out, dirs_exist_ok=True)
    except OSError as problem:
        raise ExportError(f"The published patients cannot be copied: {problem}.", str(out)) from problem


def _append(table: pl.DataFrame, path: Path, counts: dict[str, int], name: str) -> None:
    try:
        with path.open("ab") as file:
            table.write_csv(file, include_header=name not in counts)
    except OSError as problem:
        raise ExportError(f"The file cannot be written: {problem.strerror}.", str(path)) from problem
    counts[name] = counts.get(name, 0) + table.height


def _prepare(out: Path) -> None:
    """Make the folder; an earlier simulation in it is replaced, anything else is left alone and refused."""
    ours = {f"{name}.csv" for name in TABLES} | {TRUTH}
    try:
        out.mkdir(parents=True, exist_ok=True)
        strangers = sorted(path.name for path in out.iterdir() if path.name not in ours)
        if strangers:
            what = f"The folder holds «{strangers[0]}», which no simulation wrote."
            raise ExportError(what, str(out), "Name a new folder; nothing of yours is overwritten.")
        (out / TRUTH).mkdir(exist_ok=True)
        for name in TABLES:
            (out / f"{name}.csv").unlink(missing_ok=True)
        for name in TRUTH_TABLES:
            (out / TRUTH / f"{name}.csv").unlink(missing_ok=True)
    except OSError as problem:
        raise ExportError(f"The folder cannot be made: {problem.strerror}.", str(out)) from problem
