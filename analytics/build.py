"""Sources → Study: the recipe, told in one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from analytics.catalogue.response_rules import RESPONSE_RULES
from analytics.endpoints.times import derive_times_to_event
from analytics.intake.accept import Accepted, accept_source, no_progress
from analytics.intake.report import describe_ledger
from analytics.intake.source import Progress
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.snapshots import hold_lock
from analytics.store import StudyParts, publish_held
from analytics.tables.findings import SEVERITIES


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
    """

    version: str
    store: Path
    n_patients: int
    n_without_consent: int
    ledger: pl.DataFrame
    findings: pl.DataFrame
    n_lines: int


def build_study(
    source: Path,
    store: Path,
    settings_changes: Mapping[str, Any] | None,
    progress: Progress,
    now: datetime,
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

    Raises
    ------
    SourceError, LayoutError, SettingsError, StoreError
        As `accept_source` and `analytics.store.publish` say; the version before stays.
    """
    with hold_lock(store):
        accepted = accept_source(source, settings_changes, progress, as_of=now.date())
        tables = derive_tables(accepted, progress)
        parts = StudyParts(tables, accepted.findings, accepted.ledger, accepted.settings, accepted.inputs)
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
        findings=accepted.findings,
        n_lines=tables["lines"].height,
    )


def derive_tables(accepted: Accepted, progress: Progress = no_progress) -> dict[str, pl.DataFrame]:
    """Return the accepted tables and, after them, the derived ones, each computed from those before."""
    settings = accepted.settings
    tables = {name: table.lazy() for name, table in accepted.tables.items()}
    steps = ("lines", "marker_values", "marker_responses", "times_to_event")
    progress("derive", 0, len(steps))
    lines = derive_lines(tables, settings).collect()
    progress("derive", 1, len(steps))
    values = derive_marker_values(tables, lines.lazy(), settings).collect()
    progress("derive", 2, len(steps))
    responses = derive_marker_responses(values.lazy(), lines.lazy(), RESPONSE_RULES, settings).collect()
    progress("derive", 3, len(steps))
    times = derive_times_to_event(tables, lines.lazy(), settings).collect()
    progress("derive", 4, len(steps))
    derived = dict(zip(steps, (lines, values, responses, times), strict=True))
    return accepted.tables | derived


def describe_build(report: BuildReport) -> tuple[str, ...]:
    """Return the lines a person reads after a build: rows taken and turned away, and why."""
    return tuple(_describe(report))


def _describe(report: BuildReport) -> Iterator[str]:
    yield from describe_ledger(report.ledger)
    yield ""
    yield f"{report.n_patients} patients, {report.n_lines} treatment lines."
    if report.n_without_consent:
        yield f"{report.n_without_consent} patients have not consented to research: in no analysis."
    counts = dict(report.findings.get_column("severity").value_counts().iter_rows())
    words = [f"{counts[severity]} {severity}" for severity in SEVERITIES if counts.get(severity)]
    yield f"Findings: {', '.join(words) or 'none'}."
    yield f"Version {report.version} in {report.store}"
