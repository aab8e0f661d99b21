"""Read a Parquet or Arrow file as text, so that one set of rules reads every delivery."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from analytics.errors import SourceError
from analytics.intake.examine import CHUNK_BYTES
from analytics.intake.headers import Delivery, check_header
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.tables.study import InputFile


def read_columnar(delivery: Delivery) -> tuple[TextTable, InputFile]:
    """Read a Parquet or Arrow file; its first record counts as row 2, as if a header stood above it.

    Raises
    ------
    SourceError
        If the file is damaged or is not what its extension says.
    """
    read = pl.read_parquet if delivery.path.suffix.casefold() == ".parquet" else pl.read_ipc
    try:
        frame = read(delivery.path)
    except (PolarsError, OSError) as error:
        raise SourceError(
            f"The file cannot be read ({str(error).splitlines()[0]}).", delivery.name, "Export it again."
        ) from None
    check_header(frame.columns, delivery.name)
    rows = (
        frame.select(_as_text(name, kind) for name, kind in frame.schema.items())
        .with_row_index(ROW, offset=2)
        .with_columns(pl.col(ROW).cast(pl.UInt32))
    )
    table = TextTable(delivery.table, delivery.name, None, rows, NO_RAGGED, is_typed=True)
    return table, InputFile(delivery.name, delivery.path.stat().st_size, hash_file(delivery.path))


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
