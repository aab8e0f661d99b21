"""Read a text table whose records fit on one line each, quoted cells and all, without a loop over lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import polars as pl
from polars.exceptions import PolarsError

from analytics.intake.blocks import Block, read_blocks
from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names, drop_blank, may_be_record
from analytics.intake.line_shapes import UNUSED_BYTE, LineShape
from analytics.intake.stretch import Piece
from analytics.intake.text_table import ROW, TextTable
from analytics.intake.whole_lines import form_of, read_whole_lines

QUOTED = "\x02"
"""Stands for a quoted cell while fields are counted."""


def read_quoted(
    delivery: Delivery, _facts: TextFacts, delimiter: str, shapes: Sequence[LineShape]
) -> Iterator[Piece] | None:
    """Read line by line; None unless every quote is opened and closed around a whole cell of one line."""
    blocks = zip(read_blocks(delivery.path), shapes, strict=True)
    if not all(shape.fits_lines or _is_regular(block, delimiter) for block, shape in blocks):
        return None
    first = next(read_blocks(delivery.path), None)
    kept = _kept_lines(_lines_of(first.head()), delimiter) if first is not None else None
    if kept is None or kept.height == 0:
        return None
    header = next(csv.reader([kept.item(0, "line")], delimiter=delimiter))
    check_header(header, delivery.name)
    return _pieces(delivery, column_names(header), kept.item(0, ROW), delimiter, shapes)


def _is_regular(block: Block, delimiter: str) -> bool:
    """Say whether the block can be cut at its line ends and no quote stands where none belongs."""
    try:
        lines = _lines_of(block)
    except PolarsError:
        return False
    if lines.height != block.n_lines:
        return False
    quoted = _kept_lines(lines, delimiter).filter(pl.col("line").str.contains('"', literal=True))
    bare = quoted.select(_without_quoted(delimiter).str.contains('"', literal=True).any())
    return not bare.item()


def _pieces(
    delivery: Delivery, names: list[str], header_row: int, delimiter: str, shapes: Sequence[LineShape]
) -> Iterator[Piece]:
    for block, shape in zip(read_blocks(delivery.path), shapes, strict=True):
        piece = None
        if block.first_line >= header_row and shape.has_fields(len(names)):
            records = block.without_first(1) if block.first_line == header_row else block
            piece = read_whole_lines(delivery, records, form_of(names, delimiter, shape), counts_spaces=False)
        yield piece or _read_line_by_line(delivery, block, names, header_row, delimiter)


def _read_line_by_line(
    delivery: Delivery, block: Block, names: list[str], header_row: int, delimiter: str
) -> TextTable:
    """Return the whole records of a block that has blank lines, notes or ragged records."""
    filled = _filled_lines(_lines_of(block).filter(pl.col(ROW) > header_row), delimiter)
    kept = _without_notes(filled)
    fields = _count_fields(kept, delimiter)
    is_whole = fields == len(names)
    whole = kept.filter(is_whole)
    rows = _split(whole.get_column("line").str.join("\n").item().encode(), whole.get_column(ROW), names, delimiter)
    ragged = kept.select(ROW, fields.alias("fields")).filter(~is_whole)
    notes = filled.join(kept, on=ROW, how="anti")
    doubtful = tuple(_doubtful(notes, len(names), delimiter))
    return TextTable(
        delivery.table, delivery.name, None, drop_blank(rows), ragged, notes=notes.height, doubtful_notes=doubtful
    )


def _doubtful(notes: pl.DataFrame, n_columns: int, delimiter: str) -> Iterator[int]:
    """Yield the lines of the notes that are filled like records."""
    for row, line in notes.select(ROW, "line").iter_rows():
        if may_be_record(next(csv.reader([line], delimiter=delimiter)), n_columns):
            yield row


def _lines_of(block: Block) -> pl.DataFrame:
    """Return ``line`` and ``_row``."""
    lines = pl.read_csv(
        block.content,
        has_header=False,
        schema={"line": pl.String()},
        separator=UNUSED_BYTE,
        quote_char=None,
        row_index_name=ROW,
        row_index_offset=block.first_line,
    )
    return lines.with_columns(pl.col(ROW).cast(pl.UInt32))


def _filled_lines(lines: pl.DataFrame, delimiter: str) -> pl.DataFrame:
    """Return the lines that hold more than delimiters and spaces."""
    return lines.filter(pl.col("line").str.strip_chars(f"{delimiter} ") != "")


def _kept_lines(lines: pl.DataFrame, delimiter: str) -> pl.DataFrame:
    """Return the filled lines that are no notes for people."""
    return _without_notes(_filled_lines(lines, delimiter))


def _without_notes(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter(~pl.col("line").str.starts_with("#"))


def _count_fields(lines: pl.DataFrame, delimiter: str) -> pl.Series:
    """Return how many delimiters each line has outside quoted cells, and one more."""
    counts = lines.get_column("line").str.count_matches(delimiter, literal=True).cast(pl.UInt32) + 1
    place = lines.get_column("line").str.contains('"', literal=True).arg_true()
    bare = lines[place].select(_without_quoted(delimiter).str.count_matches(delimiter, literal=True))
    return counts.scatter(place, bare.to_series().cast(pl.UInt32))


def _without_quoted(delimiter: str) -> pl.Expr:
    """Return the line, and a delimiter after it, with each wholly quoted cell replaced by a mark."""
    edge = "\\|" if delimiter == "|" else delimiter
    cells = pl.concat_str([pl.lit(delimiter), pl.col("line"), pl.lit(delimiter)]).str.replace_all(
        delimiter, delimiter * 2, literal=True
    )
    marked = cells.str.replace_all(f'{edge}"(?:[^"]|"")*"{edge}', f"{delimiter}{QUOTED}{delimiter}")
    return marked.str.replace_all(delimiter * 2, delimiter, literal=True).str.slice(1)


def _split(content: bytes, rows: pl.Series, names: list[str], delimiter: str) -> pl.DataFrame:
    """Return the cells of lines that have as many fields as the header."""
    if len(rows) == 0:
        return pl.DataFrame(schema={ROW: pl.UInt32()} | dict.fromkeys(names, pl.String()))
    cells = pl.read_csv(
        io.BytesIO(content),
        has_header=False,
        schema=dict.fromkeys(names, pl.String()),
        separator=delimiter,
        infer_schema=False,
    )
    return cells.insert_column(0, rows).with_columns(pl.exclude(ROW).replace("", None))
