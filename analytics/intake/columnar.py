"""Read a Parquet or Arrow file as text, so that one set of rules reads every delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from analytics.errors import SourceError
from analytics.intake.examine import CHUNK_BYTES
from analytics.intake.headers import Delivery, check_header
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable, join_pieces
from analytics.tables.study import InputFile

PIECE_ROWS = 500_000


def read_columnar(delivery: Delivery) -> tuple[TextTable, InputFile]:
    """Read a Parquet or Arrow file whole; see `read_columnar_pieces`."""
    pieces, facts = read_columnar_pieces(delivery)
    return join_pieces(pieces), facts


def read_columnar_pieces(delivery: Delivery) -> tuple[Iterator[TextTable], InputFile]:
    """Read a Parquet or Arrow file in pieces; its first record counts as row 2, as if a header stood above it.

    Raises
    ------
    SourceError
        If the file is damaged or is not what its extension says, here or when a piece is read.
    """
    scan = pl.scan_parquet if delivery.path.suffix.casefold() == ".parquet" else pl.scan_ipc
    try:
        frame = scan(delivery.path)
        schema = frame.collect_schema()
    except (PolarsError, OSError) as error:
        raise _unreadable(delivery, error) from None
    check_header(schema.names(), delivery.name)
    facts = InputFile(delivery.name, delivery.path.stat().st_size, hash_file(delivery.path))
    return _pieces(delivery, frame.select(_as_text(name, kind) for name, kind in schema.items())), facts


def _pieces(delivery: Delivery, texts: pl.LazyFrame) -> Iterator[TextTable]:
    first_row = 2
    batches = texts.collect_batches(chunk_size=PIECE_ROWS, maintain_order=True)
    try:
        for rows in chain([texts.clear().collect()], batches):
            numbered = rows.with_row_index(ROW, first_row).with_columns(pl.col(ROW).cast(pl.UInt32))
            first_row += rows.height
            yield TextTable(delivery.table, delivery.name, None, numbered, NO_RAGGED, is_typed=True)
    except (PolarsError, OSError) as error:
        raise _unreadable(delivery, error) from None


def _unreadable(delivery: Delivery, error: Exception) -> SourceError:
    return SourceError(f"The file cannot be read ({str(error).splitlines()[0]}).", delivery.name, "Export it again.")


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
