"""A name for all that a bucket's result depends on, so that what did not change is not worked out again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from analytics.intake.register import ids_of
from analytics.intake.settle import Ground
from analytics.intake.text_table import PID, TextTable

SOURCE_CODE = Path(__file__).parents[1]
SEED = 20261120


class Fingerprint:
    """The fingerprint of a bucket: its rows with their places, the settings, the lookups, the software.

    Parameters
    ----------
    ground, lookups
        What all buckets share. The last possible day is left out: who compares must look at it.
    """

    def __init__(self, ground: Ground, lookups: Mapping[str, pl.DataFrame]) -> None:
        self._ground = ground
        self._digest = hashlib.sha256()
        shared = [_software(), asdict(ground.settings), ground.has_imaging]
        self._digest.update(json.dumps(shared, sort_keys=True, default=str).encode())
        for name in sorted(lookups):
            self._digest.update(_rows(lookups[name]))

    def noting(self, tables: Iterable[TextTable]) -> Iterator[TextTable]:
        """Yield the tables of text rows, each with the number of its patient, and note each."""
        waiting = iter(tables)
        while (table := next(waiting, None)) is not None:
            self._digest.update(json.dumps(list(_heading(table)), ensure_ascii=False).encode())
            self._digest.update(_rows(table.rows))
            self._digest.update(json.dumps(_answers(table, self._ground), ensure_ascii=False).encode())
            passed_on = [table]
            # who takes it holds it alone, and can let go of its text on the way
            del table
            yield passed_on.pop()

    def read(self) -> str:
        """Return the fingerprint of what was noted."""
        return self._digest.hexdigest()


def _heading(table: TextTable) -> Iterator[object]:
    yield from (
        table.table,
        table.file,
        table.sheet,
        table.header,
        table.is_typed,
        sorted(table.untyped),
        sorted(table.texts),
        table.written,
    )


def _answers(table: TextTable, ground: Ground) -> list[tuple[str, object]]:
    """Return what the whole study says of the patients of a table: who withdrew, whom a stray looks like."""
    ids = table.rows.select(PID).with_columns(ids_of(table))
    strays = ids.filter(pl.col(PID).is_null()).get_column("patient_id").drop_nulls().unique().sort()
    gone = ids.filter(pl.col("patient_id").is_in(ground.withdrawn)).get_column("patient_id") if ground.withdrawn else ()
    return [*((patient, True) for patient in sorted(set(gone))), *((s, ground.look_alikes.get(s)) for s in strays)]


def _rows(frame: pl.DataFrame) -> bytes:
    """Return eight bytes a row; rows of equal cells have the same."""
    plain = frame.with_columns(pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if kind == pl.Date)
    return np.ascontiguousarray(plain.hash_rows(SEED).to_numpy()).tobytes()


@cache
def _software() -> str:
    """Return a hash of the code that accepts and derives, and of the library that runs it."""
    digest = hashlib.sha256(pl.__version__.encode())
    for file in sorted(SOURCE_CODE.rglob("*.py")):
        digest.update(file.relative_to(SOURCE_CODE).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
