"""What every reader of delimited text needs: the delivery, its header, its blank rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.examine import MAX_COLUMNS, clean_header
from analytics.intake.layout import TableLayout
from analytics.intake.text_table import ROW

SEPARATOR_LINE = "sep="
"""How a first line begins that names the delimiter for a spreadsheet."""

NAMELESS = "(column "
"""How the name of a column begins that has none in the header."""

TEMPLATE_NOTES = ("#help", "#example")
"""How the notes of our own template begin, which are filled like records."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a file stands and what it is called in messages.

    ``known`` are the columns its table has, or, under a ``layout``, the hospital's columns it names. A file
    ``is_ours`` if it stays as it is until the last row was worked on: rows can wait in it.
    """

    path: Path
    name: str
    table: str
    known: frozenset[str]
    layout: TableLayout | None = None
    is_ours: bool = False


def check_header(header: list[str], where: str) -> None:
    """Refuse a header that is too wide or names a column twice.

    Raises
    ------
    LayoutError
        Naming the column that comes twice, or the number of columns.
    """
    if len(header) > MAX_COLUMNS:
        raise LayoutError(
            f"The header has {len(header)} columns; a table of this kind has at most {MAX_COLUMNS}.",
            where,
            "Export only the columns that are needed.",
        )
    names = [clean_header(cell) for cell in header]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise LayoutError(f"The header names the column «{twice}» twice.", where, "Rename or remove one of them.")


def first_line(head: str) -> str:
    """Return the header line: the first that is neither blank nor a note."""
    lines = head.removeprefix("\ufeff").splitlines()
    return next((line for line in lines if line.strip() and not is_note(line)), "")


def is_note(text: str) -> bool:
    """Return whether a line is none of the table's: a note for people, or what a spreadsheet writes above, «sep=;»."""
    return text.startswith(("#", SEPARATOR_LINE))


def may_be_record(note: list[str], n_columns: int) -> bool:
    """Say whether the cells of a note are filled like those of a record; the notes of our own template are not."""
    is_ours = note[0].casefold().split()[:1] in ([word] for word in TEMPLATE_NOTES)
    return len(note) == n_columns and not is_ours and any(cell.strip() for cell in note[1:])


def column_names(header: list[str]) -> list[str]:
    """Return the header cells as column names; cells without a name are numbered."""
    return [
        cell.replace("\ufeff", "").strip().strip('"').strip() or f"{NAMELESS}{position})"
        for position, cell in enumerate(header, start=1)
    ]


def drop_blank(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that have at least one filled cell."""
    if any(rows.get_column(name).null_count() == 0 for name in rows.columns if name != ROW):
        return rows
    return rows.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
