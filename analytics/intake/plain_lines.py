"""Read a text table in which every line is a plain record, at the speed of the reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analytics.intake.blocks import read_blocks
from analytics.intake.examine import TextFacts
from analytics.intake.headers import Delivery, check_header, column_names
from analytics.intake.line_shapes import LineShape
from analytics.intake.stretch import Piece
from analytics.intake.whole_lines import form_of, read_whole_lines


def read_plain(
    delivery: Delivery, facts: TextFacts, delimiter: str, shapes: Sequence[LineShape]
) -> Iterator[Piece] | None:
    """Read with polars; None unless quotes, blank and ragged lines are ruled out."""
    header_line = facts.head.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")
    is_plain = facts.quotes == 0 and not header_line.startswith("#") and len(header_line) < len(facts.head)
    if not is_plain:
        return None
    header = header_line.split(delimiter)
    check_header(header, delivery.name)
    if len(header) == 1 or not all(shape.has_fields(len(header)) for shape in shapes):
        return None
    return _pieces(delivery, column_names(header), delimiter, shapes)


def _pieces(delivery: Delivery, names: list[str], delimiter: str, shapes: Sequence[LineShape]) -> Iterator[Piece]:
    for block, shape in zip(read_blocks(delivery.path), shapes, strict=True):
        records = block.without_first(1) if block.first_line == 1 else block
        piece = read_whole_lines(delivery, records, form_of(names, delimiter, shape), counts_spaces=True)
        if piece is not None:
            yield piece
