"""Read a delimited text file: fast where every record is plain, carefully where one is not."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.intake.careful_records import read_carefully
from analytics.intake.examine import DELIMITERS, choose_delimiter, examine_text
from analytics.intake.headers import SEPARATOR_LINE, Delivery, first_line
from analytics.intake.plain_lines import read_plain
from analytics.intake.quoted_lines import read_quoted
from analytics.intake.text_table import TextTable, join_pieces
from analytics.tables.study import InputFile


def read_delimited(delivery: Delivery, declared_encoding: str) -> tuple[TextTable, InputFile]:
    """Read a CSV or TSV file as text, whole; see `read_delimited_pieces`."""
    pieces, facts = read_delimited_pieces(delivery, declared_encoding)
    return join_pieces(pieces), facts


def read_delimited_pieces(delivery: Delivery, declared_encoding: str) -> tuple[Iterator[TextTable], InputFile]:
    """Read a CSV or TSV file as text in pieces of some rows, with the physical line of every record.

    Raises
    ------
    SourceError
        If the bytes are not a text table (see `examine_text`) or a quote is never closed.
    LayoutError
        If the header names a column twice or has more than 500 columns.
    """
    facts = examine_text(delivery.path, delivery.name, declared_encoding)
    delimiter = choose_delimiter(first_line(facts.head), delivery.known)
    is_common = delimiter in DELIMITERS and not facts.head.removeprefix("\ufeff").startswith(SEPARATOR_LINE)
    readers = (read_plain, read_quoted, read_carefully) if is_common else (read_carefully,)
    pieces = next(read for reader in readers if (read := reader(delivery, facts, delimiter)) is not None)
    return pieces, InputFile(delivery.name, facts.size, facts.sha256)
