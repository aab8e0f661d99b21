"""The ledger: every record read is accounted for, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from analytics.intake.parse import STATUS
from analytics.tables.findings import LEDGER_COLUMNS

OUTCOMES = ("accepted", "rejected", "exact_duplicates", "superseded", "withdrawn", "conflicting")
"""What can become of a record."""


@dataclass(frozen=True, slots=True)
class ReadCount:
    """How many records the reader counted in one file or sheet, and how many of them were ragged."""

    table: str
    file: str
    sheet: str | None
    read: int
    ragged: int


OUTCOME_COLUMNS: dict[str, pl.DataType] = {
    "file": pl.String(),
    "sheet": pl.String(),
    "table": pl.String(),
    "outcome": pl.String(),
    "n": pl.UInt32(),
}


def count_outcomes(settled: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return how many rows of each file and table came to what."""
    place = pl.struct(file="_file", sheet="_sheet", outcome=pl.col(STATUS).fill_null("accepted"))
    counted = [
        _count_runs(frame.select(place.rle().struct.unnest()).unnest("value")).with_columns(table=pl.lit(table))
        for table, frame in settled.items()
    ]
    return pl.concat(counted).select(pl.col(name).cast(kind) for name, kind in OUTCOME_COLUMNS.items())


def _count_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """Return how many rows the runs of each place and outcome have; counting runs, of which there are few, is fast."""
    return runs.group_by("file", "sheet", "outcome").agg(n=pl.col("len").sum())


def make_ledger(counts: Iterable[ReadCount], outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return one row a file and table: the records the reader counted and what became of each.

    Parameters
    ----------
    counts
        What the reader counted.
    outcomes
        What `count_outcomes` counted, of all parts.

    Raises
    ------
    AssertionError
        If the sums do not agree: a row was lost, and nothing may be published.
    """
    rows = [_ledger_row(count, outcomes) for count in counts]
    ledger = pl.DataFrame(rows, schema=LEDGER_COLUMNS, orient="row")
    check_ledger(ledger)
    return ledger


def check_ledger(ledger: pl.DataFrame) -> None:
    """Refuse a ledger whose sums do not agree.

    Raises
    ------
    AssertionError
        Naming the file and table.
    """
    wrong = ledger.filter(pl.col("read") != pl.sum_horizontal(OUTCOMES))
    if wrong.height:
        first = wrong.row(0, named=True)
        raise AssertionError(f"the ledger of {first['file']} ({first['table']}) does not add up: {first}")


def _ledger_row(count: ReadCount, outcomes: pl.DataFrame) -> dict[str, object]:
    mine = outcomes.filter(
        (pl.col("table") == count.table)
        & (pl.col("file") == count.file)
        & pl.col("sheet").eq_missing(pl.lit(count.sheet, dtype=pl.String()))
    )
    found = dict(mine.group_by("outcome").agg(pl.col("n").sum()).iter_rows())
    tally = {outcome: found.get(outcome, 0) for outcome in OUTCOMES}
    tally["rejected"] += count.ragged
    return {"file": count.file, "sheet": count.sheet, "table": count.table, "read": count.read, **tally}
