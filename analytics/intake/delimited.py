"""Read a delimited text file: fast where every record is plain, carefully where one is not."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.intake.blocks import read_blocks
from analytics.intake.careful_records import read_carefully
from analytics.intake.examine import DELIMITERS, TextFacts, choose_delimiter, examine_text
from analytics.intake.headers import SEPARATOR_LINE, Delivery, first_line
from analytics.intake.line_shapes import see_lines
from analytics.intake.plain_lines import read_plain
from analytics.intake.quoted_lines import read_quoted
from analytics.intake.stretch import Piece, whole_tables
from analytics.intake.text_table import TextTable, join_pieces
from analytics.tables.study import InputFile


def read_delimited(delivery: Delivery, declared_encoding: str) -> tuple[TextTable, InputFile]:
    """Read a CSV or TSV file as text, whole; see `read_delimited_pieces`."""
    pieces, facts = read_delimited_pieces(delivery, declared_encoding)
    return join_pieces(whole_tables(pieces)), facts


def read_delimited_pieces(delivery: Delivery, declared_encoding: str) -> tuple[Iterator[Piece], InputFile]:
    """Read a CSV or TSV file as text in pieces of some rows, with the physical line of every record.

    Of a copy of ours only the ids are read where every record of a piece is whole and has one.

    Raises
    ------
    SourceError
        If the bytes are not a text table (see `examine_text`) or a quote is never closed.
    LayoutError
        If the header names a column twice or has more than 500 columns.
    """
    facts = examine_text(delivery.path, delivery.name, declared_encoding)
    delimiter = choose_delimiter(first_line(facts.head), delivery.known)
    return _choose_reader(delivery, facts, delimiter), InputFile(delivery.name, facts.size, facts.sha256)


def _choose_reader(delivery: Delivery, facts: TextFacts, delimiter: str) -> Iterator[Piece]:
    is_common = (
        delimiter in DELIMITERS
        and not facts.head.removeprefix("\ufeff").startswith(SEPARATOR_LINE)
        and facts.encoding in ("utf-8", "utf-8-sig")
        and facts.carriage_returns in (0, facts.line_feeds)
    )
    if is_common:
        shapes = [see_lines(block, delimiter) for block in read_blocks(delivery.path)]
        for read in (read_plain, read_quoted):
            if (pieces := read(delivery, facts, delimiter, shapes)) is not None:
                return pieces
    return read_carefully(delivery, facts, delimiter)
