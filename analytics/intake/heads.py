"""What is remembered of each file and sheet once its rows have gone by: header, counts, what was odd."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from analytics.intake.headers import NAMELESS
from analytics.intake.ledger import ReadCount
from analytics.intake.readable import CORRECTIONS
from analytics.intake.stretch import Piece, Stretch
from analytics.intake.text_table import TextTable, join_pieces


@dataclass(slots=True)
class Head:
    """One file or sheet without its rows.

    Attributes
    ----------
    table
        The table; its rows are let go.
    n_rows
        How many rows it had.
    filled
        Of the columns without a name, those that had a filled cell.
    """

    table: TextTable
    n_rows: int
    filled: set[str]

    def add(self, piece: Head) -> None:
        """Remember one more piece."""
        self.table = join_pieces([self.table, piece.table])
        self.n_rows += piece.n_rows
        self.filled |= piece.filled


@dataclass(slots=True)
class Heads:
    """The heads of a delivery, in the order in which the files were read."""

    by_file: dict[object, Head] = field(default_factory=dict[object, Head])

    def noting(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield the pieces as they come, and remember each."""
        for piece in pieces:
            head = _head_of(piece)
            key = head.table.origin
            if key in self.by_file:
                self.by_file[key].add(head)
            else:
                self.by_file[key] = head
            yield piece

    @property
    def of_tables(self) -> tuple[Head, ...]:
        """Return the heads of our tables, without those of corrections sheets."""
        return tuple(head for head in self.by_file.values() if head.table.table != CORRECTIONS)

    def read_counts(self) -> Iterator[ReadCount]:
        """Yield how many records of each file and table were read, one count where a file gives a table twice."""
        by_place: defaultdict[tuple[str, str, str | None], list[Head]] = defaultdict(list)
        for head in self.of_tables:
            by_place[head.table.table, head.table.file, head.table.sheet].append(head)
        for (table, file, sheet), heads in by_place.items():
            n_ragged = sum(head.table.ragged.height for head in heads)
            yield ReadCount(table, file, sheet, sum(head.n_rows for head in heads) + n_ragged, n_ragged)

    def has_rows(self, name: str) -> bool:
        """Say whether the source has rows of a table."""
        return any(head.table.table == name and head.n_rows for head in self.of_tables)


def _head_of(piece: Piece) -> Head:
    if isinstance(piece, Stretch):
        return Head(piece.shell, piece.n_rows, set())
    nameless = [name for name in piece.header if name.startswith(NAMELESS)]
    counts = piece.rows.select(pl.col(nameless).count())
    filled = {name for name in nameless if counts.item(0, name)}
    return Head(replace(piece, rows=piece.rows.clear()), piece.rows.height, filled)
