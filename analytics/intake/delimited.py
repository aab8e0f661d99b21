"""Read a delimited text file: fast where every record is plain, carefully where one is not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from analytics.errors import LayoutError, SourceError
from analytics.intake.examine import (
    CHUNK_BYTES,
    MAX_COLUMNS,
    TextFacts,
    choose_delimiter,
    clean_header,
    examine_text,
)
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.tables.study import InputFile


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a file stands and what it is called in messages; ``known`` are the columns its table has."""

    path: Path
    name: str
    table: str
    known: frozenset[str]


def read_delimited(delivery: Delivery, declared_encoding: str) -> tuple[TextTable, InputFile]:
    """Read a CSV or TSV file as text, with the physical line of every record.

    Raises
    ------
    SourceError
        If the bytes are not a text table (see `examine_text`) or a quote is never closed.
    LayoutError
        If the header names a column twice or has more than 500 columns.
    """
    facts = examine_text(delivery.path, delivery.name, declared_encoding)
    delimiter = choose_delimiter(_first_line(facts.head), delivery.known)
    table = _read_plain(delivery, facts, delimiter) or _read_careful(delivery, facts, delimiter)
    return table, InputFile(delivery.name, facts.size, facts.sha256)


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


def _first_line(head: str) -> str:
    lines = head.removeprefix("\ufeff").splitlines()
    return next((line for line in lines if line.strip() and not line.startswith("#")), "")


def _read_plain(delivery: Delivery, facts: TextFacts, delimiter: str) -> TextTable | None:
    """Read with polars; None unless quotes, odd line ends, blank and ragged lines are ruled out."""
    header_line = facts.head.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")
    is_plain = (
        facts.quotes == 0
        and facts.encoding in ("utf-8", "utf-8-sig")
        and facts.carriage_returns in (0, facts.line_feeds)
        and not header_line.startswith("#")
        and len(header_line) < len(facts.head)
    )
    if not is_plain:
        return None
    header = header_line.split(delimiter)
    check_header(header, delivery.name)
    try:
        rows = pl.read_csv(
            delivery.path,
            has_header=False,
            skip_lines=1,
            schema={f"c{position}": pl.String() for position in range(len(header))},
            separator=delimiter,
            quote_char=None,
            infer_schema=False,
            row_index_name=ROW,
            row_index_offset=2,
        )
    except PolarsError:
        return None
    n_lines = facts.line_feeds + (0 if facts.ends_with_line_feed else 1)
    n_delimiters = _count_byte(delivery.path, delimiter)
    if rows.height != n_lines - 1 or n_delimiters != n_lines * (len(header) - 1):
        return None
    if rows.height and rows.get_column("c0").str.starts_with("#").any():
        return None
    renamed = rows.rename({f"c{position}": name for position, name in enumerate(_distinct(header))})
    return TextTable(delivery.table, delivery.name, None, _drop_blank(renamed), NO_RAGGED)


def _read_careful(delivery: Delivery, facts: TextFacts, delimiter: str) -> TextTable:
    """Read record by record with the csv module, which knows quotes, any line end and each record's line."""
    text = _decode(delivery, facts.encoding)
    header: list[str] = []
    lines: list[int] = []
    records: list[list[str]] = []
    ragged: list[tuple[int, int]] = []
    notes = 0
    for line, record in _numbered_records(text, delimiter, delivery.name):
        if not any(cell.strip() for cell in record):
            continue
        if record[0].startswith("#"):
            notes += 1
        elif not header:
            header = record
            check_header(header, delivery.name)
        elif len(record) != len(header):
            ragged.append((line, len(record)))
        else:
            lines.append(line)
            records.append(record)
    ragged_rows = pl.DataFrame(ragged, schema=NO_RAGGED.schema, orient="row")
    return TextTable(delivery.table, delivery.name, None, _frame(header, lines, records), ragged_rows, notes=notes)


def _decode(delivery: Delivery, encoding: str) -> str:
    content = delivery.path.read_bytes()
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"A byte here is no letter of the encoding {encoding}.",
            f"{delivery.name}, line {line}",
            "Declare the encoding the file was really saved in, or save it as CSV UTF-8.",
        ) from None


def _numbered_records(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it starts on; a quoted cell may span lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"The record that starts here cannot be read ({error}).",
            f"{name}, line {line}",
            "Look for a quotation mark that is opened and never closed.",
        ) from None


def _frame(header: list[str], lines: list[int], records: list[list[str]]) -> pl.DataFrame:
    columns = dict(zip(_distinct(header), zip(*records, strict=True), strict=True)) if records else {}
    data = {name: list(columns.get(name, ())) for name in _distinct(header)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String()))
    emptied = frame.with_columns(pl.all().replace("", None))
    return emptied.insert_column(0, pl.Series(ROW, lines, dtype=pl.UInt32()))


def _distinct(header: list[str]) -> list[str]:
    """Return the header cells as column names; cells without a name are numbered."""
    return [
        cell.replace("\ufeff", "").strip().strip('"').strip() or f"(column {position})"
        for position, cell in enumerate(header, start=1)
    ]


def _drop_blank(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))


def _count_byte(path: Path, character: str) -> int:
    total = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            total += int(np.count_nonzero(np.frombuffer(chunk, dtype=np.uint8) == ord(character)))
    return total
