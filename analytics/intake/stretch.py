"""Rows that stand one after the other in a file of ours, decoded only when their patients are worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import polars as pl

from analytics.intake.examine import clean_header
from analytics.intake.headers import NAMELESS
from analytics.intake.text_table import PID, ROW, TextTable
from analytics.tables.results import BoolArray, IntArray

PIECE_ROWS = 500_000
"""So many rows are held decoded at a time."""


class Cells(Protocol):
    """Where some rows stand; it can be sent to another process that sees the same files."""

    def decode(self) -> pl.DataFrame:
        """Return ``_row`` and the cells as text."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Rows of which only the ids of the patients were read.

    Attributes
    ----------
    shell
        The table without its rows.
    ids, lengths
        The id as delivered of each run of rows with one id, and how many rows it has.
    cut
        From the first of some rows and their number, where these stand.
    pick
        From the runs that are wanted to their rows, decoded.
    """

    shell: TextTable
    ids: pl.Series
    lengths: IntArray
    cut: Callable[[int, int], Cells]
    pick: Callable[[BoolArray], pl.DataFrame]

    @property
    def n_rows(self) -> int:
        """Return how many rows there are."""
        return int(self.lengths.sum())

    def decode(self) -> Iterator[TextTable]:
        """Yield all rows as tables of some rows."""
        for first in range(0, max(self.n_rows, 1), PIECE_ROWS):
            n_rows = min(PIECE_ROWS, self.n_rows - first)
            yield replace(self.shell, rows=self.cut(first, n_rows).decode())


Piece = TextTable | Stretch
"""What the readers yield."""


def shell_of(piece: Piece) -> TextTable:
    """Return a piece without its rows."""
    return piece.shell if isinstance(piece, Stretch) else replace(piece, rows=piece.rows.clear())


def whole_tables(pieces: Iterator[Piece]) -> Iterator[TextTable]:
    """Yield the pieces decoded."""
    for piece in pieces:
        if isinstance(piece, Stretch):
            yield from piece.decode()
        else:
            yield piece


def find_id_column(names: list[str]) -> str | None:
    """Return the column by which rows can be sorted before the others are decoded.

    None if there is no such column, or a column that must be looked at now: one without a name counts only if
    it is filled, and one named as ours are cannot be read.
    """
    if any(name in (ROW, PID) or name.startswith(NAMELESS) for name in names):
        return None
    return next((name for name in names if clean_header(name) == "patient_id"), None)


def runs_of(ids: pl.Series) -> tuple[pl.Series, IntArray]:
    """Return the id of each run of rows with one id, and how many rows it has."""
    runs = ids.rle().struct.unnest()
    return runs.get_column("value"), runs.get_column("len").to_numpy().astype(np.int64)
