"""The ledger: every record read is accounted for, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from analytics.intake.parse import STATUS
from analytics.intake.text_table import TextTable
from analytics.tables.findings import LEDGER_COLUMNS

OUTCOMES = ("accepted", "rejected", "exact_duplicates", "superseded", "withdrawn", "conflicting")
"""What can become of a record."""


def make_ledger(delivered: Iterable[TextTable], settled: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one row a file and table: the records the reader counted and what became of each.

    Raises
    ------
    AssertionError
        If the sums do not agree: a row was lost, and nothing may be published.
    """
    rows = [_ledger_row(table, settled[table.table]) for table in delivered]
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


def _ledger_row(table: TextTable, frame: pl.DataFrame) -> dict[str, object]:
    mine = frame.filter((pl.col("_file") == table.file) & pl.col("_sheet").eq_missing(pl.lit(table.sheet)))
    counts = dict(mine.get_column(STATUS).fill_null("accepted").value_counts().iter_rows())
    tally = {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
    tally["rejected"] += table.ragged.height
    return {
        "file": table.file,
        "sheet": table.sheet,
        "table": table.table,
        "read": table.n_read,
        **tally,
    }
