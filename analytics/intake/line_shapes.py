"""How the lines of a block are built: how many delimiters each has, and whether quotes stand where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.intake.blocks import LINE_FEED, WINDOW_BYTES, Block
from analytics.tables.results import IntArray

QUOTE, HASH, CARRIAGE_RETURN = ord('"'), ord("#"), ord("\r")

UNUSED_BYTE = "\x01"
"""No text holds it, so a line read with it as delimiter stays whole; where one does, another reader is used."""

Codes = npt.NDArray[np.uint8]


@dataclass(slots=True)
class LineShape:
    """What was seen in the lines of a block.

    Attributes
    ----------
    fewest, most
        Delimiters outside quotes on a line.
    has_notes
        Whether a line begins with «#».
    has_quotes, has_empty_quotes
        Whether there are quotes, and whether two of them stand side by side.
    has_unused_byte
        Whether the byte is there that other texts lack.
    is_regular
        Whether it is plain to see that every quote is opened and closed around a whole cell of one line; if not,
        the other facts may be wrong.
    """

    fewest: int
    most: int = 0
    has_notes: bool = False
    has_quotes: bool = False
    has_empty_quotes: bool = False
    has_unused_byte: bool = False
    is_regular: bool = True

    @property
    def fits_lines(self) -> bool:
        """Say whether the quotes are plain to see, and lines can be told apart as `UNUSED_BYTE` says."""
        return self.is_regular and not self.has_unused_byte

    def has_fields(self, n_fields: int) -> bool:
        """Say whether every line is a record of so many fields."""
        return self.is_regular and not self.has_notes and self.fewest == self.most == n_fields - 1


def see_lines(block: Block, delimiter: str) -> LineShape:
    """Return what is seen in the lines of a block."""
    shape = LineShape(fewest=len(block.content))
    shape.has_unused_byte = UNUSED_BYTE.encode() in block.content
    for window in _windows(block.content):
        _see_window(np.frombuffer(window, dtype=np.uint8), ord(delimiter), shape)
    return shape


def _windows(content: bytes) -> Iterator[memoryview]:
    """Yield some whole lines at a time."""
    view, first = memoryview(content), 0
    while first < len(content):
        end = content.rfind(b"\n", first, first + WINDOW_BYTES) + 1 or content.find(b"\n", first) + 1 or len(content)
        yield view[first:end]
        first = end


def _see_window(codes: Codes, delimiter: int, shape: LineShape) -> None:
    ends = np.flatnonzero(codes == LINE_FEED)
    starts = np.concatenate([[0], ends + 1])
    starts = starts[:-1] if starts[-1] == len(codes) else starts
    is_delimiter = (codes == delimiter).view(np.uint8)
    counts = np.add.reduceat(is_delimiter, starts, dtype=np.uint32)
    quotes = np.flatnonzero(codes == QUOTE)
    if len(quotes):
        shape.has_quotes = True
        shape.is_regular &= _are_regular(codes, quotes, ends, delimiter)
        if not shape.is_regular:
            return
        opened, closed = quotes[::2], quotes[1::2]
        shape.has_empty_quotes |= bool((closed - opened == 1).any())
        quoted = np.add.reduceat(is_delimiter, quotes, dtype=np.uint32)[::2]
        np.subtract.at(counts, np.searchsorted(ends, opened), quoted)
    shape.has_notes |= bool((codes[starts] == HASH).any())
    shape.fewest = min(shape.fewest, int(counts.min()))
    shape.most = max(shape.most, int(counts.max()))


def _are_regular(codes: Codes, quotes: IntArray, ends: IntArray, delimiter: int) -> bool:
    """Say whether the quotes, taken two by two, enclose whole cells; two side by side within a cell stand for one."""
    if len(quotes) % 2:
        return False
    opened, closed = quotes[::2], quotes[1::2]
    around = np.pad(codes, (1, 2), constant_values=LINE_FEED)
    before, after, next_but_one = around[opened], around[closed + 2], around[closed + 3]
    is_opened = (before == delimiter) | (before == LINE_FEED) | (before == QUOTE)
    ends_line = (after == LINE_FEED) | ((after == CARRIAGE_RETURN) & (next_but_one == LINE_FEED))
    is_closed = (after == delimiter) | ends_line | (after == QUOTE)
    on_one_line = np.searchsorted(ends, opened) == np.searchsorted(ends, closed)
    return bool((is_opened & is_closed & on_one_line).all())
