"""Some rows of one bucket as they wait: in memory, in a file of their own, or where they were delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.intake.stretch import Cells
from analytics.intake.text_table import PID, TextTable
from analytics.tables.results import BoolArray


class Waiting(Protocol):
    """Rows that are not in memory."""

    def load(self) -> pl.DataFrame:
        """Return the rows, each with the number of its patient."""
        ...

    def delete(self) -> None:
        """Delete what is on disk for these rows alone."""
        ...


@dataclass(frozen=True, slots=True)
class OwnFile:
    """Rows in a file of their own."""

    file: Path

    def load(self) -> pl.DataFrame:
        """Return the rows, each with the number of its patient."""
        return pl.read_parquet(self.file, glob=False)

    def delete(self) -> None:
        """Delete the file."""
        self.file.unlink()


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """Rows of a bucket that stand together in a file, some rows of others between them.

    Attributes
    ----------
    cells
        Where they stand.
    pids, lengths
        The number of the patient of each run of rows, and how many rows it has.
    is_here
        Which runs belong to the bucket.
    """

    cells: Cells
    pids: pl.Series
    lengths: NDArray[np.int32]
    is_here: BoolArray

    def load(self) -> pl.DataFrame:
        """Return the rows, each with the number of its patient.

        Raises
        ------
        AssertionError
            If there are not as many as were counted.
        """
        rows = self.cells.decode()
        if rows.height != self.lengths.sum():
            raise AssertionError(f"{rows.height} rows were read where {self.lengths.sum()} were counted")
        if not self.is_here.all():
            rows = rows.filter(pl.Series(np.repeat(self.is_here, self.lengths)))
        return rows.with_columns(_repeat(self.pids.filter(pl.Series(self.is_here)), self.lengths[self.is_here]))

    def delete(self) -> None:
        """Leave the file: other buckets have rows in it."""


def _repeat(pids: pl.Series, lengths: NDArray[np.int32]) -> pl.Series:
    """Return the number of the patient of each row."""
    if pids.null_count():
        return pids.gather(np.repeat(np.arange(len(pids)), lengths)).alias(PID)
    return pl.Series(PID, np.repeat(pids.to_numpy(), lengths))


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """Some rows of one file in one bucket; ``table`` has them only if they wait nowhere else."""

    table: TextTable
    waiting: Waiting | None

    def load(self) -> TextTable:
        """Return the rows as a table."""
        return self.table if self.waiting is None else replace(self.table, rows=self.waiting.load())
