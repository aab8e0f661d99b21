"""Read a text table in which every line is a plain record, at the speed of the reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from analytics.intake.blocks import Block, read_blocks
from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names, drop_blank
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable

LINE_FEED, HASH = ord("\n"), ord("#")


def read_plain(delivery: Delivery, facts: TextFacts, delimiter: str) -> Iterator[TextTable] | None:
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
    if len(header) == 1 or not _every_line_has(len(header) - 1, delimiter, delivery.path):
        return None
    return _pieces(delivery, column_names(header), delimiter)


def _every_line_has(n_delimiters: int, delimiter: str, path: Path) -> bool:
    """Say whether every line has so many delimiters and none is a note."""
    return all(_are_whole(block, n_delimiters, ord(delimiter)) for block in read_blocks(path))


def _are_whole(block: Block, n_delimiters: int, delimiter: int) -> bool:
    codes = np.frombuffer(block.content, dtype=np.uint8)
    ends = np.flatnonzero(codes == LINE_FEED)
    starts = np.concatenate([[0], ends + 1])[: block.n_lines]
    counts = np.add.reduceat((codes == delimiter).view(np.uint8), starts, dtype=np.uint16)
    return bool((counts == n_delimiters).all() and not (codes[starts] == HASH).any())


def _pieces(delivery: Delivery, names: list[str], delimiter: str) -> Iterator[TextTable]:
    for block in read_blocks(delivery.path):
        is_first = block.first_line == 1
        first_row = block.first_line + is_first
        rows = pl.read_csv(
            block.content,
            has_header=False,
            skip_lines=int(is_first),
            schema=dict.fromkeys(names, pl.String()),
            separator=delimiter,
            quote_char=None,
            row_index_name=ROW,
            row_index_offset=first_row,
        )
        if rows.height != block.n_lines - is_first:
            raise AssertionError(f"{rows.height} rows were read of {block.n_lines} lines of {delivery.name}")
        numbered = rows.with_columns(pl.col(ROW).cast(pl.UInt32))
        yield TextTable(delivery.table, delivery.name, None, drop_blank(numbered), NO_RAGGED)
