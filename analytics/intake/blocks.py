"""Cut a text file into blocks of whole lines, so that a file of any size is read in little memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.tables.results import IntArray

BLOCK_BYTES = 1 << 24
"""A block of this size gives some hundred thousand rows."""

WINDOW_BYTES = 1 << 18
"""Bytes are looked at so many at a time: what is worked out of them stays near the processor."""

LINE_FEED = ord("\n")


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines of a file.

    Attributes
    ----------
    first_line
        The line the first of them stands on, counted from 1.
    n_lines
        How many there are, the last one of a file also if it has no line end.
    content
        The bytes.
    start
        Where in the file they begin.
    """

    first_line: int
    n_lines: int
    content: bytes
    start: int

    def without_first(self, n_lines: int) -> Block:
        """Return the block without some lines at its head."""
        cut = 0
        for _ in range(n_lines):
            cut = self.content.find(b"\n", cut) + 1 or len(self.content)
        return Block(self.first_line + n_lines, self.n_lines - n_lines, self.content[cut:], self.start + cut)

    def head(self) -> Block:
        """Return some hundred lines of the block's beginning, at least one."""
        cut = self.content.rfind(b"\n", 0, WINDOW_BYTES) + 1 or len(self.content)
        content = self.content[:cut]
        return Block(self.first_line, _count_lines(content), content, self.start)


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the lines of a file in blocks, cut after a line feed; the byte-order mark of UTF-8 is left out."""
    line = 1
    with path.open("rb") as stream:
        if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)
        start = stream.tell()
        while content := stream.read(BLOCK_BYTES):
            if not content.endswith(b"\n"):
                content += stream.readline()
            n_lines = _count_lines(content)
            yield Block(line, n_lines, content, start)
            line += n_lines
            start += len(content)


def count_byte(content: bytes, byte: int) -> int:
    """Return how often a byte stands in some bytes."""
    codes = np.frombuffer(content, dtype=np.uint8)
    windows = range(0, len(codes), WINDOW_BYTES)
    return sum(int(np.count_nonzero(codes[first : first + WINDOW_BYTES] == byte)) for first in windows)


def _count_lines(content: bytes) -> int:
    return count_byte(content, LINE_FEED) + (not content.endswith(b"\n"))


def line_bounds(content: bytes) -> IntArray:
    """Return where each line begins, and the end of the last."""
    codes = np.frombuffer(content, dtype=np.uint8)
    windows = range(0, len(codes), WINDOW_BYTES)
    starts = [np.flatnonzero(codes[first : first + WINDOW_BYTES] == LINE_FEED) + (first + 1) for first in windows]
    last = [] if content.endswith(b"\n") or not content else [len(content)]
    return np.concatenate([np.zeros(1, dtype=np.int64), *starts, np.array(last, dtype=np.int64)])
