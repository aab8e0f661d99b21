"""Lines of text in which every record is whole: cut into cells now, or when their patients are worked on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from analytics.intake.blocks import Block, line_bounds
from analytics.intake.headers import Delivery, drop_blank
from analytics.intake.line_shapes import LineShape
from analytics.intake.stretch import Piece, Stretch, find_id_column, runs_of
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.tables.results import BoolArray, IntArray


@dataclass(frozen=True, slots=True)
class LineForm:
    """How lines are cut into cells."""

    names: tuple[str, ...]
    delimiter: str
    has_quotes: bool
    has_empty_quotes: bool

    def cells(self, content: bytes, column: str | None = None) -> pl.DataFrame:
        """Return the cells of some lines, empty ones as null; of one column alone if it is named."""
        names = list(self.names)
        if not content:
            return pl.DataFrame(schema=dict.fromkeys(names if column is None else [column], pl.String()))
        cells = pl.read_csv(
            content,
            has_header=False,
            columns=None if column is None else [names.index(column)],
            schema=dict.fromkeys(names, pl.String()),
            separator=self.delimiter,
            quote_char='"' if self.has_quotes else None,
        )
        return cells.with_columns(pl.all().replace("", None)) if self.has_empty_quotes else cells


@dataclass(frozen=True, slots=True)
class LineRows:
    """Some whole lines of a file of ours."""

    path: Path
    start: int
    n_bytes: int
    first_line: int
    form: LineForm

    def decode(self) -> pl.DataFrame:
        """Return ``_row`` and the cells as text."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            cells = self.form.cells(stream.read(self.n_bytes))
        return _numbered(cells, self.first_line)


def read_whole_lines(delivery: Delivery, block: Block, form: LineForm, *, counts_spaces: bool) -> Piece | None:
    """Return the records of a block of whole lines, of a copy of ours only their ids where all have one.

    Parameters
    ----------
    counts_spaces
        Whether a line of delimiters and spaces alone counts as a record. If not, None is returned
        unless it is plain to see that there is none.

    Raises
    ------
    AssertionError
        If there are not as many records as lines.
    """
    names = list(form.names)
    empty = pl.DataFrame(schema={ROW: pl.UInt32()} | dict.fromkeys(names, pl.String()))
    id_column = find_id_column(names) if delivery.is_ours else None
    if id_column is not None:
        ids = form.cells(block.content, id_column).to_series()
        _check_height(ids.len(), block, delivery)
        if _is_filled(ids):
            values, lengths = runs_of(ids)
            lines = _Lines(delivery.path, block, line_bounds(block.content), lengths, form)
            return Stretch(_table(delivery, empty), values, lengths, lines.cut, lines.pick)
    rows = _numbered(form.cells(block.content), block.first_line)
    _check_height(rows.height, block, delivery)
    if counts_spaces:
        return _table(delivery, drop_blank(rows))
    is_sure = rows.height == 0 or any(_is_filled(rows.get_column(name)) for name in names)
    return _table(delivery, rows) if is_sure else None


def form_of(names: list[str], delimiter: str, shape: LineShape) -> LineForm:
    """Return how the lines of a block are cut."""
    return LineForm(tuple(names), delimiter, shape.has_quotes, shape.has_empty_quotes)


def _is_filled(cells: pl.Series) -> bool:
    """Say whether every cell holds more than spaces, so far as this is plain to see."""
    return cells.null_count() == 0 and not cells.str.starts_with(" ").any()


def _check_height(n_records: int, block: Block, delivery: Delivery) -> None:
    if n_records != block.n_lines:
        raise AssertionError(f"{n_records} rows were read of {block.n_lines} lines of {delivery.name}")


def _numbered(cells: pl.DataFrame, first_row: int) -> pl.DataFrame:
    return cells.with_row_index(ROW, first_row).with_columns(pl.col(ROW).cast(pl.UInt32))


def _table(delivery: Delivery, rows: pl.DataFrame) -> TextTable:
    return TextTable(delivery.table, delivery.name, None, rows, NO_RAGGED)


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """The lines of a stretch, each a record; ``bounds`` is where each begins, and the end of the last."""

    path: Path
    block: Block
    bounds: IntArray
    lengths: IntArray
    form: LineForm

    def cut(self, first: int, n_rows: int) -> LineRows:
        start, end = int(self.bounds[first]), int(self.bounds[first + n_rows])
        return LineRows(self.path, self.block.start + start, end - start, self.block.first_line + first, self.form)

    def pick(self, runs: BoolArray) -> pl.DataFrame:
        lines = np.flatnonzero(np.repeat(runs, self.lengths))
        starts, sizes = self.bounds[lines], self.bounds[lines + 1] - self.bounds[lines]
        before = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
        content = np.frombuffer(self.block.content, dtype=np.uint8)[places].tobytes()
        rows = pl.Series(ROW, self.block.first_line + lines, dtype=pl.UInt32())
        return self.form.cells(content).insert_column(0, rows)
