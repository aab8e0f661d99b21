"""Read a Parquet or Arrow file as text, so that one set of rules reads every delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from analytics.errors import SourceError
from analytics.intake.examine import CHUNK_BYTES
from analytics.intake.headers import Delivery, check_header
from analytics.intake.stretch import PIECE_ROWS, Piece, Stretch, find_id_column, whole_tables
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable, join_pieces
from analytics.tables.results import BoolArray
from analytics.tables.study import InputFile

FIRST_ROW = 2
"""The first record counts as row 2, as if a header stood above it."""


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
        file, cells, schema = _scan(delivery.path)
    except (PolarsError, OSError) as error:
        raise _unreadable(delivery.name, error) from None
    check_header(list(schema), delivery.name)
    facts = InputFile(delivery.name, delivery.path.stat().st_size, hash_file(delivery.path))
    ids = find_id_column(list(schema)) if delivery.is_ours else None
    form, frame = _table(delivery, schema), file.select(cells)
    return (_pieces(form, frame) if ids is None else _stretches(delivery, form, frame, ids)), facts


def _scan(path: Path) -> tuple[pl.LazyFrame, list[pl.Expr], pl.Schema]:
    """Return a file, the expressions that make text of its cells, and what these were.

    Rows are chosen before the expressions are applied: a choice after them would decode the whole file.
    """
    frame = (pl.scan_parquet if path.suffix.casefold() == ".parquet" else pl.scan_ipc)(path, glob=False)
    schema = frame.collect_schema()
    return frame, [_as_text(name, kind) for name, kind in schema.items()], schema


def _pieces(form: TextTable, texts: pl.LazyFrame) -> Iterator[TextTable]:
    first_row = FIRST_ROW
    batches = texts.collect_batches(chunk_size=PIECE_ROWS, maintain_order=True)
    try:
        for rows in chain([texts.clear().collect()], batches):
            numbered = rows.with_row_index(ROW, first_row).with_columns(pl.col(ROW).cast(pl.UInt32))
            first_row += rows.height
            yield replace(form, rows=numbered)
    except (PolarsError, OSError) as error:
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
            part = _Part(ColumnarRows(delivery.path, delivery.name, first, int(lengths.sum())), id_column, ids)
            yield Stretch(form, ids, lengths, part.cut, part.pick)
            first += part.rows.n_rows
    except (PolarsError, OSError) as error:
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
    """Rows of a Parquet or Arrow file of ours; ``name`` is what the delivery called it."""

    path: Path
    name: str
    first: int
    n_rows: int

    def decode(self) -> pl.DataFrame:
        """Return ``_row`` and the cells as text.

        Raises
        ------
        SourceError
            If the file is damaged here.
        """
        rows = self._collect(lambda file, _: file.slice(self.first, self.n_rows))
        return rows.with_row_index(ROW, self.first_row).with_columns(pl.col(ROW).cast(pl.UInt32))

    def decode_of(self, id_column: str, ids: pl.Series) -> pl.DataFrame:
        """Return the rows with one of some ids alone."""
        is_between = pl.col(ROW).is_between(self.first_row, self.first_row + self.n_rows - 1)

        def choose(file: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
            is_wanted = _as_text(id_column, schema[id_column]).is_in(ids.implode(), nulls_equal=True)
            return file.with_row_index(ROW, FIRST_ROW).filter(is_wanted, is_between)

        return self._collect(choose, pl.col(ROW).cast(pl.UInt32))

    @property
    def first_row(self) -> int:
        """Return the number of the first row, as a person counts."""
        return FIRST_ROW + self.first

    def _collect(self, choose: Callable[[pl.LazyFrame, pl.Schema], pl.LazyFrame], *more: pl.Expr) -> pl.DataFrame:
        try:
            file, cells, schema = _scan(self.path)
            return choose(file, schema).select(*more, *cells).collect()
        except (PolarsError, OSError) as error:
            raise _unreadable(self.name, error) from None


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The rows of a stretch."""

    rows: ColumnarRows
    id_column: str
    ids: pl.Series

    def cut(self, first: int, n_rows: int) -> ColumnarRows:
        return replace(self.rows, first=self.rows.first + first, n_rows=n_rows)

    def pick(self, runs: BoolArray) -> pl.DataFrame:
        return self.rows.decode_of(self.id_column, self.ids.filter(pl.Series(runs)).unique())


def _unreadable(name: str, error: Exception) -> SourceError:
    return SourceError(f"The file cannot be read ({str(error).splitlines()[0]}).", name, "Export it again.")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List):
        return column.cast(pl.List(pl.String())).list.join(";")
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(kind, pl.Boolean):
        return pl.when(column).then(pl.lit("Y")).when(~column).then(pl.lit("N")).alias(name)
    return column.cast(pl.String())
