"""Sources → Study: the recipe, told in one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from analytics.differences import find_differences
from analytics.endpoints.derive import derive_all
from analytics.endpoints.findings import derive_findings
from analytics.errors import StoreError
from analytics.intake.accept import Accepted, accept_source, no_progress, worst_first
from analytics.intake.checks import KEYS
from analytics.intake.report import describe_ledger
from analytics.intake.source import Progress
from analytics.snapshots import hold_lock
from analytics.store import StudyParts, open_study, publish_held
from analytics.tables.findings import SEVERITIES
from analytics.tables.study import Study
from analytics.withdrawal import read_withdrawn

SHOWN_REASONS = 8
"""Reasons for turned-away rows named after a build; `lutetia check` names them all."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes
    ----------
    version, store
        The published version and where it is.
    n_patients, n_without_consent
        Patients accepted, and those of them who are kept out of every analysis.
    ledger
        One row a file and table, as in `analytics.tables.findings`.
    findings
        Every finding, worst first.
    n_lines
        Treatment lines derived.
    differences
        Rows added, changed and gone since the version before; see `analytics.differences`.
    """

    version: str
    store: Path
    n_patients: int
    n_without_consent: int
    ledger: pl.DataFrame
    findings: pl.DataFrame
    n_lines: int
    differences: pl.DataFrame


def build_study(
    source: Path,
    store: Path,
    settings_changes: Mapping[str, Any] | None,
    progress: Progress,
    now: datetime,
    layout: Path | None = None,
) -> BuildReport:
    """Read a source, derive what happened to each patient, and publish the study.

    Parameters
    ----------
    source
        Folder of tables or workbook.
    store
        Folder of the store; created if needed.
    settings_changes
        Settings that win over the ``study`` sheet.
    progress
        Called with what is being done, how many of how many are done.
    now
        The moment of the build; no date of the source may lie after its day.
    layout
        How the source's own files and columns become tables; looked for beside them if not given.

    Raises
    ------
    SourceError, LayoutError, SettingsError, StoreError
        As `accept_source` and `analytics.store.publish` say; the version before stays.
    """
    with hold_lock(store):
        accepted = accept_source(
            source,
            settings_changes,
            progress,
            as_of=now.date(),
            is_withdrawn=read_withdrawn(store),
            layout=layout,
        )
        tables, late_findings = derive_tables(accepted, progress)
        findings = worst_first(pl.concat([accepted.findings, late_findings]))
        differences = find_differences(_study_before(store), accepted.tables, KEYS)
        parts = StudyParts(tables, findings, accepted.ledger, accepted.settings, accepted.inputs, differences)
        progress("publish", 0, 1)
        version = publish_held(store, parts, now)
        progress("publish", 1, 1)
    patients = tables["patients"]
    return BuildReport(
        version=version,
        store=store,
        n_patients=patients.height,
        n_without_consent=patients.filter(pl.col("consent_to_research") == "N").height,
        ledger=accepted.ledger,
        findings=findings,
        n_lines=tables["lines"].height,
        differences=differences,
    )


def _study_before(store: Path) -> Study | None:
    """Return the current study, or None at a first build or when no version is whole."""
    try:
        return open_study(store)
    except StoreError:
        return None


def derive_tables(accepted: Accepted, progress: Progress = no_progress) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the accepted tables and, after them, the derived ones; and what only these could find."""
    tables = {name: table.lazy() for name, table in accepted.tables.items()}
    progress("derive", 0, 1)
    derived = derive_all(tables, accepted.settings)
    progress("derive", 1, 1)
    return accepted.tables | derived, derive_findings(tables, derived)


def describe_build(report: BuildReport) -> tuple[str, ...]:
    """Return the lines a person reads after a build: rows taken and turned away, and why."""
    return tuple(_describe(report))


def _describe(report: BuildReport) -> Iterator[str]:
    yield from describe_ledger(report.ledger)
    yield ""
    yield f"{report.n_patients} patients, {report.n_lines} treatment lines."
    if report.n_without_consent:
        yield f"{report.n_without_consent} patients have not consented to research: in no analysis."
    yield from _describe_turned_away(report.findings)
    counts = dict(report.findings.get_column("severity").value_counts().iter_rows())
    words = [f"{counts[severity]} {severity}" for severity in SEVERITIES if counts.get(severity)]
    yield f"Findings: {', '.join(words) or 'none'}."
    changes = dict(report.differences.get_column("change").value_counts().iter_rows())
    if changes:
        yield f"Since the version before: {', '.join(f'{n} rows {change}' for change, n in sorted(changes.items()))}."
    yield f"Version {report.version} in {report.store}"


def _describe_turned_away(findings: pl.DataFrame) -> Iterator[str]:
    """Say why rows were not used: each reason counted, with its first place and sentence."""
    rows = findings.filter((pl.col("severity") == "ERROR") & (pl.col("scope") == "row"))
    reasons = rows.group_by("rule_id", "table", maintain_order=True).agg(
        pl.len().alias("n"), pl.col("file", "row", "message").first()
    )
    if reasons.height:
        yield "Why rows were turned away (all of them: lutetia check):"
    for reason in reasons.sort("n", descending=True, maintain_order=True).head(SHOWN_REASONS).iter_rows(named=True):
        place = f"{reason['file']} line {reason['row']}"
        yield f"  {reason['n']} in {reason['table']} ({reason['rule_id']}), first {place}: {reason['message']}"
