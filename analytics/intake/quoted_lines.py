"""Read a text table whose records fit on one line each, quoted cells and all, without a loop over lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import polars as pl
from polars.exceptions import PolarsError

from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names, drop_blank
from analytics.intake.text_table import ROW, TextTable

UNUSED_BYTE = "\x01"
"""No text holds it, so a line read with it as delimiter stays whole; where one does, another reader is used."""

QUOTED = "\x02"
"""Stands for a quoted cell while fields are counted."""


def read_quoted(delivery: Delivery, facts: TextFacts, delimiter: str) -> Iterator[TextTable] | None:
    """Read line by line; None unless every quote is opened and closed around a whole cell of one line."""
    if facts.encoding not in ("utf-8", "utf-8-sig") or facts.carriage_returns not in (0, facts.line_feeds):
        return None
    lines = _read_lines(delivery, facts)
    if lines is None or lines.height == 0:
        return None
    is_note = pl.col("line").str.starts_with("#")
    is_blank = pl.col("line").str.replace_all(f"[{delimiter} ]", "") == ""
    filled = lines.filter(pl.col("line").is_not_null() & ~is_blank)
    kept = filled.filter(~is_note).with_columns(_bare=_without_quoted(delimiter))
    if kept.height == 0 or kept.get_column("_bare").str.contains('"', literal=True).any():
        return None
    counted = kept.with_columns(fields=pl.col("_bare").str.count_matches(delimiter, literal=True).cast(pl.UInt32))
    header = next(csv.reader([counted.item(0, "line")], delimiter=delimiter))
    check_header(header, delivery.name)
    body = counted.slice(1)
    is_whole = pl.col("fields") == len(header)
    rows = _split(body.filter(is_whole), column_names(header), delimiter)
    ragged = body.filter(~is_whole).select(ROW, "fields")
    notes = filled.height - kept.height
    return iter([TextTable(delivery.table, delivery.name, None, drop_blank(rows), ragged, notes=notes)])


def _read_lines(delivery: Delivery, facts: TextFacts) -> pl.DataFrame | None:
    """Return ``line`` and ``_row``, or None if the file cannot be cut at its line ends."""
    try:
        lines = pl.read_csv(
            delivery.path,
            has_header=False,
            schema={"line": pl.String()},
            separator=UNUSED_BYTE,
            quote_char=None,
            row_index_name=ROW,
            row_index_offset=1,
        )
    except PolarsError:
        return None
    n_lines = facts.line_feeds + (0 if facts.ends_with_line_feed else 1)
    return lines.with_columns(pl.col(ROW).cast(pl.UInt32)) if lines.height == n_lines else None


def _without_quoted(delimiter: str) -> pl.Expr:
    """Return the line, and a delimiter after it, with each wholly quoted cell replaced by a mark."""
    edge = "\\|" if delimiter == "|" else delimiter
    cells = pl.concat_str([pl.lit(delimiter), pl.col("line"), pl.lit(delimiter)]).str.replace_all(
        delimiter, delimiter * 2, literal=True
    )
    marked = cells.str.replace_all(f'{edge}"(?:[^"]|"")*"{edge}', f"{delimiter}{QUOTED}{delimiter}")
    return marked.str.replace_all(delimiter * 2, delimiter, literal=True).str.slice(1)


def _split(body: pl.DataFrame, names: list[str], delimiter: str) -> pl.DataFrame:
    """Return the cells of lines that have as many fields as the header."""
    if body.height == 0:
        return pl.DataFrame(schema={ROW: pl.UInt32()} | dict.fromkeys(names, pl.String()))
    content = body.get_column("line").str.join("\n").item().encode()
    cells = pl.read_csv(
        io.BytesIO(content),
        has_header=False,
        schema={f"c{position}": pl.String() for position in range(len(names))},
        separator=delimiter,
        infer_schema=False,
    )
    renamed = cells.rename({f"c{n}": name for n, name in enumerate(names)})
    return renamed.insert_column(0, body.get_column(ROW)).with_columns(pl.exclude(ROW).replace("", None))
