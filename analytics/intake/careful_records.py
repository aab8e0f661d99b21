"""Read a text table record by record: quoted cells over several lines, any line end, any encoding."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from analytics.errors import SourceError
from analytics.intake.encodings import undecodable
from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names, is_note, may_be_record
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable

PIECE_RECORDS = 200_000


def read_carefully(delivery: Delivery, facts: TextFacts, delimiter: str) -> Iterator[TextTable]:
    """Read record by record with the csv module, which knows quotes, any line end and each record's line."""
    piece: _Piece | None = None
    notes, doubtful = 0, list[int]()
    for line, begin, record in _numbered_records(delivery, facts.encoding, delimiter):
        if not any(cell.strip() for cell in record):
            continue
        if begin == "#":
            notes += 1
            if piece is not None and may_be_record(record, len(piece.header)):
                doubtful.append(line)
        elif line == 1 and is_note(record[0]):
            continue  # «sep=;» is a spreadsheet's, and nobody's note
        elif piece is None:
            check_header(record, delivery.name)
            piece = _Piece(delivery, tuple(record))
        else:
            piece.add(line, record)
            if len(piece.lines) == PIECE_RECORDS:
                yield piece.let_go()
    yield replace((piece or _Piece(delivery, ())).let_go(), notes=notes, doubtful_notes=tuple(doubtful))


@dataclass(slots=True)
class _Piece:
    """Some records of a file."""

    delivery: Delivery
    header: tuple[str, ...]
    lines: list[int] = field(default_factory=list[int])
    records: list[list[str]] = field(default_factory=list[list[str]])
    ragged: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def add(self, line: int, record: list[str]) -> None:
        """Add a record, or only its number of fields if it has not as many as the header."""
        if len(record) != len(self.header):
            self.ragged.append((line, len(record)))
        else:
            self.lines.append(line)
            self.records.append(record)

    def let_go(self) -> TextTable:
        """Return the records as a table, and forget them."""
        ragged = pl.DataFrame(self.ragged, schema=NO_RAGGED.schema, orient="row")
        frame = _frame(list(self.header), self.lines, self.records)
        self.lines, self.records, self.ragged = [], [], []
        return TextTable(self.delivery.table, self.delivery.name, None, frame, ragged)


def _numbered_records(delivery: Delivery, encoding: str, delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each record with the line it starts on, and how that begins; a quoted cell may span lines.

    A line that begins with «#» is a note, one that begins with a quotation mark before it a record.
    """
    line, begins = 1, list[str]()

    def watched(lines: Iterable[str]) -> Iterator[str]:
        for text in lines:
            begins.append(text[:1])
            yield text

    try:
        with delivery.path.open(encoding=encoding, newline="") as stream:
            reader = csv.reader(watched(stream), delimiter=delimiter, strict=True)
            for record in reader:
                yield line, begins[0], record
                line = reader.line_num + 1
                begins.clear()
    except UnicodeError:
        raise undecodable(delivery.path, delivery.name, encoding) from None
    except csv.Error as error:
        raise SourceError(
            f"The record that starts here cannot be read ({error}).",
            f"{delivery.name}, line {line}",
            "Look for a quotation mark that is opened and never closed.",
        ) from None


def _frame(header: list[str], lines: list[int], records: list[list[str]]) -> pl.DataFrame:
    columns = dict(zip(column_names(header), zip(*records, strict=True), strict=True)) if records else {}
    data = {name: list(columns.get(name, ())) for name in column_names(header)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String()))
    emptied = frame.with_columns(pl.all().replace("", None))
    return emptied.insert_column(0, pl.Series(ROW, lines, dtype=pl.UInt32()))
