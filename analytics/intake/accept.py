"""From a delivery to accepted tables, told in one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.corrections import apply_corrections
from analytics.intake.effective_settings import effective_settings, latest_day
from analytics.intake.identity import look_alike_findings
from analytics.intake.ledger import ReadCount, make_ledger
from analytics.intake.part import accept_lookups, accept_part
from analytics.intake.register import make_register
from analytics.intake.settle import Ground
from analytics.intake.source import Progress, read_source
from analytics.intake.structure import structure_findings
from analytics.intake.tallies import add_up
from analytics.tables.findings import SEVERITIES
from analytics.tables.registry import LOOKUPS, SHEET_ORDER
from analytics.tables.study import InputFile


@dataclass(frozen=True, slots=True)
class Accepted:
    """What intake took from a source, and the account of the rest.

    Attributes
    ----------
    tables
        The sixteen tables in accepted form, empty where the source has none.
    findings, ledger
        See `analytics.tables.findings`; findings are sorted worst first.
    settings
        The effective settings.
    inputs
        Every file read.
    """

    tables: dict[str, pl.DataFrame]
    findings: pl.DataFrame
    ledger: pl.DataFrame
    settings: Settings
    inputs: tuple[InputFile, ...]


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def nobody_withdrew(_patient_id: str) -> bool:
    """Say of everyone that they did not withdraw."""
    return False


def accept_source(
    source: Path,
    settings_changes: Mapping[str, Any] | None = None,
    progress: Progress = no_progress,
    *,
    as_of: date | None = None,
    is_withdrawn: Callable[[str], bool] = nobody_withdrew,
    layout: Path | None = None,
) -> Accepted:
    """Read a folder or workbook and take every row that can be used.

    Parameters
    ----------
    source
        Folder of tables or .xlsx workbook.
    settings_changes
        Settings that win over the ``study`` sheet.
    progress
        Called with what is being done, how many of how many are done.
    as_of
        Today: no date may lie after it unless the setting ``extract_date`` says another day.
    is_withdrawn
        Whether a patient has withdrawn; such rows are counted, not kept.
    layout
        How the source's own files and columns become tables; see `analytics.intake.deliveries.find_layout`.

    Raises
    ------
    SourceError
        If a file cannot be read.
    LayoutError
        If a table or column that is needed is missing, or the ids are personal.
    SettingsError
        If a setting is unknown or impossible.
    """
    changes = dict(settings_changes or {})
    delivered = read_source(source, str(changes.get("encoding", "")), progress, layout)
    settings = effective_settings(delivered, changes)
    structure = structure_findings(delivered)
    delivered, corrections = apply_corrections(delivered)
    counts, inputs = tuple(ReadCount.of(table) for table in delivered.tables), delivered.inputs
    register = make_register(table for table in delivered.tables if table.table == "patients")
    waiting = [register.enter(table) for table in delivered.tables if table.table not in LOOKUPS]
    ground = Ground(settings, latest_day(settings, as_of), is_withdrawn)
    lookups = accept_lookups([table for table in delivered.tables if table.table in LOOKUPS], ground)
    del delivered
    ground = replace(
        ground,
        assays=lookups.tables["assays"],
        look_alikes=register.find_look_alikes(),
        has_imaging=any(table.table == "imaging" and table.rows.height for table in waiting),
    )
    part = accept_part(waiting, ground)
    alike = look_alike_findings(part.tables["patients"])
    tallied = add_up(pl.concat([lookups.tallies, part.tallies]))
    found = [structure, corrections.findings, lookups.findings, part.findings, alike, tallied]
    ledger = make_ledger(counts, pl.concat([lookups.outcomes, part.outcomes]))
    tables = part.tables | lookups.tables
    return Accepted(
        tables={name: tables[name] for name in SHEET_ORDER},
        findings=worst_first(pl.concat(found)),
        ledger=pl.concat([ledger, corrections.ledger]),
        settings=settings,
        inputs=inputs,
    )


def worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with the most severe first, then by table, file and line, in one order whatever the parts."""
    rank = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return (
        findings.with_columns(_rank=rank)
        .sort("_rank", "table", "file", "sheet", "row", "rule_id", "column", "patient_id", "key", "message")
        .drop("_rank")
    )
