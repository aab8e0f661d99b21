"""The ledger: every record read is accounted for, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from analytics.intake.parse import STATUS
from analytics.intake.text_table import TextTable
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

    @classmethod
    def of(cls, table: TextTable) -> ReadCount:
        """Return the count of a table as delivered."""
        return cls(table.table, table.file, table.sheet, table.n_read, table.ragged.height)


def make_ledger(counts: Iterable[ReadCount], settled: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one row a file and table: the records the reader counted and what became of each.

    Raises
    ------
    AssertionError
        If the sums do not agree: a row was lost, and nothing may be published.
    """
    rows = [_ledger_row(count, settled[count.table]) for count in counts]
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


def _ledger_row(count: ReadCount, frame: pl.DataFrame) -> dict[str, object]:
    mine = frame.select("_file", "_sheet", STATUS).filter(
        (pl.col("_file") == count.file) & pl.col("_sheet").eq_missing(pl.lit(count.sheet))
    )
    found = dict(mine.get_column(STATUS).fill_null("accepted").value_counts().iter_rows())
    tally = {outcome: found.get(outcome, 0) for outcome in OUTCOMES}
    tally["rejected"] += count.ragged
    return {"file": count.file, "sheet": count.sheet, "table": count.table, "read": count.read, **tally}
