"""Read a Parquet or Arrow file as text, so that one set of rules reads every delivery."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from polars.exceptions import PanicException, PolarsError

from analytics.durable import hash_file
from analytics.errors import SourceError
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery, check_header
from analytics.intake.stretch import PIECE_ROWS, Piece, Stretch, find_id_column, whole_tables
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable, join_pieces
from analytics.tables.results import BoolArray, IntArray
from analytics.tables.study import InputFile

FIRST_ROW = 2
"""The first record counts as row 2, as if a header stood above it."""

UNREADABLE = (PolarsError, OSError, PanicException)
"""What a damaged file raises."""

_COLUMN = re.compile(r'expression:\s+col\("([^"]+)"\)')

FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""The days from 1 January of year 1 to 31 December 9999, counted from 1970."""

TICKS_A_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def read_columnar(delivery: Delivery) -> tuple[TextTable, InputFile]:
    """Read a Parquet or Arrow file whole; see `read_columnar_pieces`."""
    pieces, facts = read_columnar_pieces(delivery)
    return join_pieces(whole_tables(pieces)), facts


def read_columnar_pieces(delivery: Delivery) -> tuple[Iterator[Piece], InputFile]:
    """Read a Parquet or Arrow file in pieces; of a copy of ours only the ids, if it has a column of them.

    Raises
    ------
    SourceError
        If the file is damaged or is not what its extension says, here or when rows are decoded.
    """
    try:
        file, cells, schema = _scan(delivery.path, delivery.known)
    except UNREADABLE as error:
        raise _unreadable(delivery.name, error) from None
    check_header(list(schema), delivery.name)
    _refuse_needed(schema, delivery)
    facts = InputFile(delivery.name, delivery.path.stat().st_size, hash_file(delivery.path))
    ids = find_id_column(list(schema)) if delivery.is_ours else None
    form, frame = _table(delivery, schema), file.select(cells)
    return (_pieces(form, frame) if ids is None else _stretches(delivery, form, frame, ids)), facts


def _refuse_needed(schema: pl.Schema, delivery: Delivery) -> None:
    for name, kind in schema.items():
        if clean_header(name) in delivery.known and not _has_text(kind):
            raise SourceError(
                f"The column «{name}» holds values of the kind {kind}, of which no text can be made.",
                delivery.name,
                "Write it as text, numbers or dates.",
            )


def _has_text(kind: pl.DataType) -> bool:
    """Say whether text can be made of every value of a kind; of bytes it can if they are text."""
    inner = kind.inner if isinstance(kind, pl.List | pl.Array) else kind
    return not isinstance(inner, pl.Duration | pl.List | pl.Array | pl.Object)


def _scan(path: Path, known: frozenset[str]) -> tuple[pl.LazyFrame, list[pl.Expr], pl.Schema]:
    """Return a file, the expressions that make text of its cells, and what these were.

    Rows are chosen before the expressions are applied: a choice after them would decode the whole file.
    """
    frame = (pl.scan_parquet if path.suffix.casefold() == ".parquet" else pl.scan_ipc)(path, glob=False)
    schema = frame.collect_schema()
    return frame, [_cells(name, kind, known) for name, kind in schema.items()], schema


def _cells(name: str, kind: pl.DataType, known: frozenset[str]) -> pl.Expr:
    """Return the cells of a column as text; those of one that is not needed, and may be no text, are not read."""
    is_needed = clean_header(name) in known
    is_text = _has_text(kind) and not isinstance(kind, pl.Binary)
    return _as_text(name, kind) if is_needed or is_text else pl.lit(None, dtype=pl.String()).alias(name)


def _pieces(form: TextTable, texts: pl.LazyFrame) -> Iterator[TextTable]:
    first_row = FIRST_ROW
    batches = texts.collect_batches(chunk_size=PIECE_ROWS, maintain_order=True)
    try:
        for rows in chain([texts.clear().collect()], batches):
            numbered = rows.with_row_index(ROW, first_row).with_columns(pl.col(ROW).cast(pl.UInt32))
            first_row += rows.height
            yield replace(form, rows=numbered)
    except UNREADABLE as error:
        raise _unreadable(form.file, error) from None


def _table(delivery: Delivery, schema: pl.Schema) -> TextTable:
    """Return the table without its rows; numbers in columns of text are as a person typed them."""
    columns = {ROW: pl.UInt32(), **dict.fromkeys(schema, pl.String())}
    texts = frozenset(name for name, kind in schema.items() if not (kind.is_numeric() or kind.is_temporal()))
    rows = pl.DataFrame(schema=columns)
    return TextTable(delivery.table, delivery.name, None, rows, NO_RAGGED, is_typed=True, texts=texts)


def _stretches(delivery: Delivery, form: TextTable, texts: pl.LazyFrame, id_column: str) -> Iterator[Stretch]:
    """Yield some runs of ids at a time: most often all, since the rows of a patient mostly stand together."""
    try:
        first = 0
        for runs in _runs(texts.select(id_column)):
            ids, lengths = runs.struct.field("value"), runs.struct.field("len").to_numpy().astype(np.int64)
            part = _Part(ColumnarRows(delivery.path, delivery.name, delivery.known, first, int(lengths.sum())), lengths)
            yield Stretch(form, ids, lengths, part.cut, part.pick)
            first += part.rows.n_rows
    except UNREADABLE as error:
        raise _unreadable(delivery.name, error) from None


def _runs(ids: pl.LazyFrame) -> Iterator[pl.Series]:
    """Yield the runs of rows with one id, not too many at a time; at least once."""
    held = ids.clear().collect().to_series().rle()
    for batch in ids.collect_batches(chunk_size=PIECE_ROWS, maintain_order=True):
        runs = batch.to_series().rle()
        if len(held) + len(runs) > PIECE_ROWS and len(held):
            yield held
            held = runs
        else:
            held = pl.concat([held, runs])
    yield held


@dataclass(frozen=True, slots=True)
class ColumnarRows:
    """Rows of a Parquet or Arrow file of ours; ``name`` is what the delivery called it, ``known`` what is needed."""

    path: Path
    name: str
    known: frozenset[str]
    first: int
    n_rows: int

    def decode(self) -> pl.DataFrame:
        """Return ``_row`` and the cells as text.

        Raises
        ------
        SourceError
            If the file is damaged here.
        """
        rows = self._collect(lambda file: file.slice(self.first, self.n_rows))
        return rows.with_row_index(ROW, self.first_row).with_columns(pl.col(ROW).cast(pl.UInt32))

    def decode_at(self, places: pl.Series) -> pl.DataFrame:
        """Return the rows at some places alone, counted from the first."""
        rows = (places + self.first_row).cast(pl.UInt32)

        def choose(file: pl.LazyFrame) -> pl.LazyFrame:
            # cut first: a condition on the number of a row has the whole file decoded
            mine = file.slice(self.first, self.n_rows).with_row_index(ROW, self.first_row)
            return mine.filter(pl.col(ROW).is_in(rows.implode()))

        return self._collect(choose, pl.col(ROW).cast(pl.UInt32), engine="streaming")

    @property
    def first_row(self) -> int:
        """Return the number of the first row, as a person counts."""
        return FIRST_ROW + self.first

    def _collect(
        self,
        choose: Callable[[pl.LazyFrame], pl.LazyFrame],
        *more: pl.Expr,
        engine: Literal["auto", "streaming"] = "auto",
    ) -> pl.DataFrame:
        try:
            file, cells, _ = _scan(self.path, self.known)
            return choose(file).select(*more, *cells).collect(engine=engine)
        except UNREADABLE as error:
            raise _unreadable(self.name, error) from None


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The rows of a stretch, in runs of one id."""

    rows: ColumnarRows
    lengths: IntArray

    def cut(self, first: int, n_rows: int) -> ColumnarRows:
        return replace(self.rows, first=self.rows.first + first, n_rows=n_rows)

    def pick(self, runs: BoolArray) -> pl.DataFrame:
        return self.rows.decode_at(pl.Series(np.flatnonzero(np.repeat(runs, self.lengths))))


def _unreadable(name: str, error: BaseException) -> SourceError:
    why = str(error).splitlines()[0]
    column = _COLUMN.search(str(error))
    told = f"{why}, column «{column[1]}»" if column else why
    return SourceError(f"The file cannot be read ({told}).", name, "Export it again.")


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List | pl.Array):
        return column.cast(pl.List(pl.String())).list.join(";")
    if isinstance(kind, pl.Datetime):
        return _within_calendar(column, TICKS_A_DAY[kind.time_unit], lambda days: days.dt.strftime("%Y-%m-%d %H:%M:%S"))
    if isinstance(kind, pl.Date):
        return _within_calendar(column, 1, lambda days: days.cast(pl.String()))
    if isinstance(kind, pl.Boolean):
        return pl.when(column).then(pl.lit("Y")).when(~column).then(pl.lit("N")).alias(name)
    return column.cast(pl.String())


def _within_calendar(column: pl.Expr, ticks: int, write: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Return dates as ``write`` writes them; of one beyond the calendar, at which polars panics, the number it is."""
    number = column.to_physical()
    is_written = number.is_between(FIRST_DAY * ticks, LAST_DAY * ticks)
    inside = write(pl.when(is_written).then(column))
    return pl.coalesce(inside, pl.when(~is_written).then(number).cast(pl.String()))
