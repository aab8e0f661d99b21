"""Parts of tables as files: a column without a value in a part is left out of its file, and comes back when read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from analytics.coded_texts import code_few
from analytics.errors import StoreError

Columns = tuple[tuple[str, pl.DataType], ...]

ROW_GROUP_ROWS = 50_000
"""Few enough that one patient is found in some milliseconds; more would be written hardly faster."""

CODED_ROWS = 100_000
"""Rows from which on the texts of a column are numbered before it is written."""

ARROW_SCHEMA = "ARROW:schema"
"""Where a Parquet file says of which kinds its columns were when they were written, and are when they are read."""

COLUMNS = "lutetia.columns"
"""Names in the file what its table's columns are, in their order, as an Arrow file without rows (base64)."""


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a part of a table, in groups of rows of which a reader decodes those that can hold a patient.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    filled = [nulls.name for nulls in table.null_count().get_columns() if nulls.item() < table.height]
    is_whole = len(filled) in (0, table.width)
    rows = table if is_whole else table.select(filled)
    coded = _coded(rows)
    metadata = {} if is_whole else {COLUMNS: _spell(tuple(table.schema.items()))}
    if coded is not rows:
        metadata[ARROW_SCHEMA] = _arrow_schema(tuple(rows.schema.items()))
    with told_as_unwritable(path):
        coded.write_parquet(
            path,
            compression="lz4",
            row_group_size=ROW_GROUP_ROWS,
            statistics=False,
            metadata=metadata or None,
        )


def scan_parts(files: Sequence[Path]) -> pl.LazyFrame:
    """Return the parts of a table one after the other, each with all columns of the table."""
    return pl.scan_parquet(list(files), glob=False, schema=_columns_of(files[0]), missing_columns="insert")


def read_part(file: Path) -> pl.DataFrame:
    """Return one part of a table with all its columns."""
    return scan_parts([file]).collect()


@contextmanager
def told_as_unwritable(path: Path) -> Generator[None]:
    """Tell a person that a file could not be written, whatever the writer calls it."""
    try:
        yield
    except PolarsError as error:
        raise StoreError(
            f"The store cannot be written ({str(error).splitlines()[0]}).",
            path.name,
            "Check the free space; the version before is untouched.",
        ) from None


def _coded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return columns of few texts as numbers of these, which the writer would otherwise have to find itself.

    The pages of the file are the same, and with the kinds it had before it is read as text.
    """
    codes: list[pl.Series] = []
    for column in rows.get_columns() if rows.height >= CODED_ROWS else ():
        is_full = column.dtype == pl.String and 2 * column.null_count() <= rows.height
        coded = code_few(column) if is_full else None
        if coded is not None:
            codes.append(coded.as_enum().alias(column.name))
    return rows.with_columns(codes) if codes else rows


@lru_cache(maxsize=256)
def _arrow_schema(columns: Columns) -> str:
    """Return what a file of such columns says of their kinds."""
    stream = BytesIO()
    pl.DataFrame(schema=columns).write_parquet(stream)
    stream.seek(0)
    return pl.read_parquet_metadata(stream)[ARROW_SCHEMA]


@lru_cache(maxsize=256)
def _spell(columns: Columns) -> str:
    stream = BytesIO()
    pl.DataFrame(schema=columns).write_ipc(stream)
    return b64encode(stream.getvalue()).decode("ascii")


def _columns_of(file: Path) -> pl.Schema:
    """Return the columns of the table a part is of: all are in the file unless it says otherwise."""
    spelled = pl.read_parquet_metadata(file).get(COLUMNS)
    return pl.Schema(pl.read_parquet_schema(file)) if spelled is None else pl.read_ipc(b64decode(spelled)).schema
