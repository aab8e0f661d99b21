"""Read a text table in which every line is a plain record, at the speed of the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from analytics.intake.examine import CHUNK_BYTES, TextFacts
from analytics.intake.headers import Delivery, check_header, column_names, drop_blank
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable


def read_plain(delivery: Delivery, facts: TextFacts, delimiter: str) -> TextTable | None:
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
    renamed = rows.rename({f"c{position}": name for position, name in enumerate(column_names(header))})
    return TextTable(delivery.table, delivery.name, None, drop_blank(renamed), NO_RAGGED)


def _count_byte(path: Path, character: str) -> int:
    total = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            total += int(np.count_nonzero(np.frombuffer(chunk, dtype=np.uint8) == ord(character)))
    return total
