"""Read a text table record by record: quoted cells over several lines, any line end, any encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import polars as pl

from analytics.errors import SourceError
from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable


def read_carefully(delivery: Delivery, facts: TextFacts, delimiter: str) -> Iterator[TextTable]:
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
    yield TextTable(delivery.table, delivery.name, None, _frame(header, lines, records), ragged_rows, notes=notes)


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
    columns = dict(zip(column_names(header), zip(*records, strict=True), strict=True)) if records else {}
    data = {name: list(columns.get(name, ())) for name in column_names(header)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String()))
    emptied = frame.with_columns(pl.all().replace("", None))
    return emptied.insert_column(0, pl.Series(ROW, lines, dtype=pl.UInt32()))
