"""TextTable: the rows of one file or sheet as text, each with the line it stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import polars as pl

ROW = "_row"
PID = "_pid"
"""The number of the row's patient, where it was looked up already; null for ids that are on no patients sheet."""

NO_CHOICE = pl.DataFrame(schema={ROW: pl.UInt32(), "is_taken": pl.Boolean()})
"""The choice of a table that takes every row of its file."""

NO_RAGGED = pl.DataFrame(schema={ROW: pl.UInt32(), "fields": pl.UInt32()})
"""The ragged part of a table in which every record has as many fields as the header."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table as it was delivered; nothing is interpreted yet.

    Attributes
    ----------
    table
        Name of the table the rows belong to.
    file, sheet
        File relative to the source, and the sheet of a workbook (None for other files).
    rows
        A String column for each header cell, null where the cell is empty, and ``_row`` (UInt32), the line
        a person sees in an editor or spreadsheet; the header of a plain file is line 1.
    ragged
        ``_row`` and ``fields`` of the records that do not have as many fields as the header.
    is_typed
        Whether numbers came as numbers, so that their decimal mark is known to be a point.
    untyped
        Columns of which that is not so, because a cell holds a number as text.
    texts
        Columns of which every cell came as text.
    errors
        (row, column, value) of cells that hold a spreadsheet error; they are null in ``rows``.
    merged
        References of merged cells; only the first of each has the value.
    unread
        (row, column, rule, what is there) of the cells that show another thing than they hold, or hold nothing yet;
        they are null in ``rows``.
    notes
        How many lines starting with «#» were passed over as notes for people.
    doubtful_notes
        Those of them that are filled like records: their first cell may be an id.
    unnamed
        Columns of the file that its layout names nowhere for this table.
    choice
        ``_row`` and ``is_taken`` of each row of the file, where the layout takes some rows only.
    n_fields
        How many columns the file has, where a layout takes some of them.
    written
        How this file alone writes dates and numbers, as (setting, value), where its layout says so.
    """

    table: str
    file: str
    sheet: str | None
    rows: pl.DataFrame
    ragged: pl.DataFrame
    is_typed: bool = False
    notes: int = 0
    doubtful_notes: tuple[int, ...] = ()
    untyped: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    errors: tuple[tuple[int, str, str], ...] = ()
    merged: tuple[str, ...] = ()
    unread: tuple[tuple[int, str, str, str], ...] = ()
    unnamed: frozenset[str] = frozenset()
    choice: pl.DataFrame = field(default_factory=lambda: NO_CHOICE)
    n_fields: int = 0
    written: tuple[tuple[str, str], ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """Return the column names as delivered."""
        return tuple(name for name in self.rows.columns if name not in (ROW, PID))

    @property
    def origin(self) -> tuple[object, ...]:
        """Return where the rows come from and how their cells came; pieces that share it are one table."""
        cells = (self.is_typed, self.untyped, self.texts, self.written)
        return self.table, self.file, self.sheet, self.header, *cells

    @property
    def where(self) -> str:
        """Return the file, and the sheet if there is one, for messages."""
        return f"{self.file}, sheet {self.sheet}" if self.sheet else self.file

    @property
    def n_read(self) -> int:
        """Return how many records were read, ragged ones included."""
        return self.rows.height + self.ragged.height


def join_pieces(pieces: Iterable[TextTable]) -> TextTable:
    """Return the pieces of one file or sheet as one table."""
    parts = list(pieces)
    return replace(
        parts[0],
        rows=pl.concat(part.rows for part in parts),
        ragged=pl.concat(part.ragged for part in parts),
        notes=sum(part.notes for part in parts),
        doubtful_notes=tuple(line for part in parts for line in part.doubtful_notes),
        unnamed=frozenset.intersection(*(part.unnamed for part in parts)),
        choice=pl.concat(part.choice for part in parts),
    )
