"""Tell a person what was taken and what was not: worst first, how many, the first of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from analytics.errors import SourceError
from analytics.intake.ledger import OUTCOMES
from analytics.tables.findings import SEVERITIES
from analytics.tables.safe_cells import disarm_texts

SHOWN_ROWS = 3
"""Findings of one rule shown in full; the rest are counted."""

REACH = ("file", "row", "cell", "patient")
"""What is lost comes before what follows from it."""

TITLES = {
    "STOP": "Must be mended before anything can be read",
    "ERROR": "Cannot be used as it stands",
    "WARN": "Used, please check",
    "INFO": "Good to know",
}


def describe_findings(findings: pl.DataFrame, ledger: pl.DataFrame) -> tuple[str, ...]:
    """Return the report of a check as lines: the ledger, then the findings, worst first."""
    return tuple(_describe(findings, ledger))


def describe_ledger(ledger: pl.DataFrame) -> tuple[str, ...]:
    """Return one line a table: rows read, used, and what became of the others."""
    totals = ledger.group_by("table", maintain_order=True).agg(pl.col("read", *OUTCOMES).sum())
    return tuple(_ledger_line(row) for row in totals.iter_rows(named=True))


def write_findings(findings: pl.DataFrame, out: Path) -> None:
    """Write every finding to a CSV file whose cells no spreadsheet runs.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    try:
        disarm_texts(findings).write_csv(out)
    except OSError as error:
        raise SourceError(
            f"The findings cannot be written ({error.strerror or error}).", str(out), "Choose another place."
        ) from None


def _describe(findings: pl.DataFrame, ledger: pl.DataFrame) -> Iterator[str]:
    yield _summary(findings, ledger)
    yield ""
    yield from describe_ledger(ledger)
    for severity in SEVERITIES:
        chosen = findings.filter(pl.col("severity") == severity)
        if chosen.height:
            yield ""
            yield f"{TITLES[severity]} ({chosen.height})"
            groups = chosen.group_by("rule_id", "table", "column", maintain_order=True)
            for _, rows in sorted(groups, key=lambda group: (REACH.index(group[1].item(0, "scope")), -group[1].height)):
                yield from _describe_group(rows)
    if findings.height == 0:
        yield ""
        yield "Nothing to report: every cell is used."


def _summary(findings: pl.DataFrame, ledger: pl.DataFrame) -> str:
    read, used = (int(ledger.get_column(name).sum()) for name in ("read", "accepted"))
    to_mend = findings.filter(pl.col("severity").is_in(["STOP", "ERROR"])).height
    to_check = findings.filter(pl.col("severity") == "WARN").height
    return f"Of {read} rows {used} are used. To mend: {to_mend}. To check: {to_check}. What costs most stands first."


def _describe_group(rows: pl.DataFrame) -> Iterator[str]:
    for row in rows.head(SHOWN_ROWS).iter_rows(named=True):
        yield f"  {row['rule_id']}  {_place(row)}: {row['message']}"
    if rows.height > SHOWN_ROWS:
        yield f"        and {rows.height - SHOWN_ROWS} more like it"
    yield f"        → {rows.item(0, 'suggestion')}"


def _place(row: dict[str, Any]) -> str:
    words = [
        row["file"] or "source",
        f"sheet {row['sheet']}" if row["sheet"] else "",
        f"{'row' if row['sheet'] else 'line'} {row['row']}" if row["row"] else "",
        row["column"] or "",
        f"patient {row['patient_id']}" if row["patient_id"] else "",
    ]
    return ", ".join(word for word in words if word)


def _ledger_line(row: dict[str, Any]) -> str:
    words = {"rejected": "rejected", "exact_duplicates": "repeated", "superseded": "superseded"}
    words |= {"withdrawn": "withdrawn", "conflicting": "conflicting"}
    apart = [f"{row[outcome]} {word}" for outcome, word in words.items() if row[outcome]]
    tail = f" ({', '.join(apart)})" if apart else ""
    return f"{row['table']}: {row['read']} rows read, {row['accepted']} used{tail}"
