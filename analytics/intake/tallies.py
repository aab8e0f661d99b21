"""Findings that count rows of the whole study, added up over the parts it was read in."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from analytics.tables.findings import FINDING_COLUMNS, empty_findings

COUNTS = ("n", "below", "above")
"""What a counted finding may count; each is a column «#name» until the parts are added up."""

TALLY_COLUMNS: dict[str, pl.DataType] = FINDING_COLUMNS | {f"#{name}": pl.UInt32() for name in COUNTS}


def counted(name: str) -> str:
    """Return the column that holds the count ``name`` of a part."""
    return f"#{name}"


def to_fill(name: str) -> str:
    """Return the word that stands in a message for a count still to be filled in."""
    return f"{{{name}}}"


def part_findings(found: Iterable[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the findings that are complete, and the tallies of one part."""
    frames = list(found)
    complete = [frame for frame in frames if frame.width == len(FINDING_COLUMNS)]
    tallies = [_whole_tally(frame) for frame in frames if frame.width > len(FINDING_COLUMNS)]
    return pl.concat([empty_findings(), *complete]), pl.concat([pl.DataFrame(schema=TALLY_COLUMNS), *tallies])


def add_up(tallies: pl.DataFrame) -> pl.DataFrame:
    """Return the tallies of all parts as findings: one a rule, file and wording, its first row shown.

    Parameters
    ----------
    tallies
        The tallies of the parts, with the columns ``TALLY_COLUMNS``.
    """
    by = [name for name in FINDING_COLUMNS if name != "row"]
    counts = [counted(name) for name in COUNTS]
    summed = tallies.group_by(by, maintain_order=True).agg(pl.col("row").min(), pl.col(*counts).sum())
    filled = [pl.col("message"), pl.col("suggestion")]
    for name in COUNTS:
        number = pl.col(counted(name)).cast(pl.String())
        filled = [text.str.replace_all(to_fill(name), number, literal=True) for text in filled]
    return summed.with_columns(*filled).select(*FINDING_COLUMNS)


def _whole_tally(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in TALLY_COLUMNS.items()
    )
