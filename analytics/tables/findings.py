"""Findings and the ledger: what was not used, or used with a warning, and why; the sums that must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Severity = Literal["STOP", "ERROR", "WARN", "INFO"]
Scope = Literal["cell", "row", "patient", "file"]

SEVERITIES: tuple[Severity, ...] = ("STOP", "ERROR", "WARN", "INFO")

FINDING_COLUMNS: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "severity": pl.String(),
    "scope": pl.String(),
    "table": pl.String(),
    "patient_id": pl.String(),
    "key": pl.String(),
    "column": pl.String(),
    "value": pl.String(),
    "file": pl.String(),
    "sheet": pl.String(),
    "row": pl.UInt32(),
    "message": pl.String(),
    "suggestion": pl.String(),
}
"""One row a finding; ``row`` is the line of the file as a person counts it (the header is line 1)."""

LEDGER_COLUMNS: dict[str, pl.DataType] = {
    "file": pl.String(),
    "sheet": pl.String(),
    "table": pl.String(),
    "read": pl.UInt32(),
    "accepted": pl.UInt32(),
    "rejected": pl.UInt32(),
    "exact_duplicates": pl.UInt32(),
    "superseded": pl.UInt32(),
    "withdrawn": pl.UInt32(),
    "conflicting": pl.UInt32(),
}
"""One row a file and table; read = the sum of the others, or the build refuses to publish."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One validation rule: what it looks for and what it tells a person.

    ``message`` is a template filled with named fields; ``suggestion`` says what to do.
    """

    rule_id: str
    severity: Severity
    scope: Scope
    message: str
    suggestion: str


def worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with the most severe first, then by table, file and line, in one order whatever the parts."""
    rank = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return (
        findings.with_columns(_rank=rank)
        .sort("_rank", "table", "file", "sheet", "row", "rule_id", "column", "patient_id", "key", "message")
        .drop("_rank")
    )


def empty_findings() -> pl.DataFrame:
    """Return a findings table without rows."""
    return pl.DataFrame(schema=FINDING_COLUMNS)


def empty_ledger() -> pl.DataFrame:
    """Return a ledger without rows."""
    return pl.DataFrame(schema=LEDGER_COLUMNS)
