"""Write a world to a folder: one file a table, in chunks, the truth beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl

from analytics.errors import ExportError
from synthetic_data.generate import TABLES, TRUTH_TABLES, Tables, record_lookups, reveal_settings, simulate_chunks
from synthetic_data.scenarios import read_scenario

Form = Literal["csv", "parquet"]
TRUTH = "truth"
PARTS = ".parts"
PUBLISHED = Path(__file__).parent / "published" / "patients"


def write_world(
    scenario: str,
    out: Path,
    n_patients: int,
    seed: int,
    advance: Callable[[int], None] | None = None,
    form: Form = "csv",
) -> dict[str, int]:
    """Simulate and write the tables to ``out`` and the truth to ``out/truth``; return the rows of each.

    ``advance`` is told after each chunk how many patients were written. Memory is that of one chunk.

    Raises
    ------
    SettingsError
        The scenario is unknown or impossible, or there are no patients.
    ExportError
        The folder cannot be written, or holds what no simulation wrote.
    """
    world = read_scenario(scenario)
    chunks = simulate_chunks(world, n_patients, seed)
    counts: dict[str, int] = {}
    try:
        _prepare(out)
        for number, chunk in enumerate(chunks):
            _add(chunk.tables, out, number, counts, form)
            _add(_under_truth(chunk.truth), out, number, counts, form)
            if advance is not None:
                advance(chunk.tables["patients"].height)
        _add(record_lookups(world) | _under_truth(reveal_settings(world, n_patients, seed)), out, 0, counts, form)
        if form == "parquet":
            _join_parts(out, counts)
    except OSError as problem:
        raise ExportError(f"It cannot be written: {problem.strerror}.", str(problem.filename or out)) from problem
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


def _under_truth(tables: Tables) -> Tables:
    return {f"{TRUTH}/{name}": table for name, table in tables.items()}


def _add(tables: Tables, out: Path, number: int, counts: dict[str, int], form: Form) -> None:
    for name, table in tables.items():
        if form == "parquet":
            part = out / PARTS / name / f"{number:06d}.parquet"
            part.parent.mkdir(parents=True, exist_ok=True)
            table.write_parquet(part)
        else:
            with (out / f"{name}.csv").open("ab") as file:
                table.write_csv(file, include_header=name not in counts)
        counts[name] = counts.get(name, 0) + table.height


def _join_parts(out: Path, counts: dict[str, int]) -> None:
    for name in counts:
        pl.scan_parquet(out / PARTS / name / "*.parquet").sink_parquet(out / f"{name}.parquet")
    shutil.rmtree(out / PARTS)


def _prepare(out: Path) -> None:
    """Make the folder; an earlier simulation in it is replaced, anything else is left alone and refused."""
    names = [*TABLES, *(f"{TRUTH}/{name}" for name in TRUTH_TABLES)]
    files = [out / f"{name}.{form}" for name in names for form in ("csv", "parquet")]
    out.mkdir(parents=True, exist_ok=True)
    ours = {*files, out / TRUTH, out / PARTS}
    strangers = sorted(path for path in (*out.iterdir(), *(out / TRUTH).glob("*")) if path not in ours)
    if strangers:
        what = f"The folder holds «{strangers[0].relative_to(out)}», which no simulation wrote."
        raise ExportError(what, str(out), "Name a new folder; nothing of yours is overwritten.")
    (out / TRUTH).mkdir(exist_ok=True)
    shutil.rmtree(out / PARTS, ignore_errors=True)
    for file in files:
        file.unlink(missing_ok=True)
