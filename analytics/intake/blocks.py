"""Cut a text file into blocks of whole lines, so that a file of any size is read in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1 << 25
"""A block of this size gives some hundred thousand rows."""


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
    """

    first_line: int
    n_lines: int
    content: bytes


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the lines of a file in blocks, cut after a line feed; the byte-order mark of UTF-8 is left out."""
    line = 1
    with path.open("rb") as stream:
        rest = stream.read(3).removeprefix(b"\xef\xbb\xbf")
        while chunk := stream.read(BLOCK_BYTES):
            cut = chunk.rfind(b"\n") + 1
            if cut == 0:
                rest += chunk
                continue
            content = rest + chunk[:cut]
            rest = chunk[cut:]
            n_lines = content.count(b"\n")
            yield Block(line, n_lines, content)
            line += n_lines
    if rest:
        yield Block(line, 1, rest)
