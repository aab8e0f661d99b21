"""From a delivery to accepted tables, told in one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.accepted_form import accepted_form
from analytics.intake.corrections import apply_corrections
from analytics.intake.deaths import derive_death_days
from analytics.intake.effective_settings import effective_settings, latest_day
from analytics.intake.lab_values import parse_lab_values
from analytics.intake.ledger import ReadCount, make_ledger
from analytics.intake.parse import dialect_of, parse_table
from analytics.intake.review import Review, review_findings
from analytics.intake.review_course import review_cycles, review_follow_up, review_scores
from analytics.intake.review_labs import review_labs
from analytics.intake.review_scans import review_lesions, review_responses, review_tracers
from analytics.intake.settle import Desk
from analytics.intake.source import Progress, read_source
from analytics.intake.structure import structure_findings
from analytics.intake.text_table import NO_RAGGED, ROW, TextTable
from analytics.tables.findings import SEVERITIES, empty_findings
from analytics.tables.registry import SHEET_ORDER
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
    delivered = read_source(source, str(changes.get("encoding", "")), progress)
    settings = effective_settings(delivered, changes)
    structure = structure_findings(delivered)
    delivered, corrections = apply_corrections(delivered)
    counts, inputs = tuple(ReadCount.of(table) for table in delivered.tables), delivered.inputs
    waiting = list(delivered.tables)
    del delivered
    parsed = _parse_tables(waiting, settings)
    desk = Desk(settings, latest_day(settings, as_of), is_withdrawn)
    settled = desk.settle(parsed, progress)
    asked = list(review_findings(_reviews(settled, settings)))
    ledger = make_ledger(counts, settled)
    settled_vital_status = settled["vital_status"]
    tables = {name: accepted_form(name, settled.pop(name)) for name in SHEET_ORDER}
    tables["vital_status"] = derive_death_days(tables["vital_status"], settled_vital_status, tables)
    return Accepted(
        tables=tables,
        findings=worst_first(pl.concat([empty_findings(), structure, corrections.findings, *desk.findings, *asked])),
        ledger=pl.concat([ledger, corrections.ledger]),
        settings=settings,
        inputs=inputs,
    )


def _reviews(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    yield from review_labs(settled, settings)
    yield from review_lesions(settled, settings)
    yield from review_tracers(settled)
    yield from review_responses(settled, settings)
    yield from review_cycles(settled, settings)
    yield from review_follow_up(settled, settings)
    yield from review_scores(settled)


def _parse_tables(waiting: list[TextTable], settings: Settings) -> dict[str, pl.DataFrame]:
    """Return every table parsed, from all its files; empty where the source has none.

    ``waiting`` is emptied on the way, so that the text of a table is let go as soon as it is parsed.
    """
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in SHEET_ORDER}
    while waiting:
        table = waiting.pop(0)
        parts[table.table].append(_parse(table, settings))
    return {
        name: pl.concat(frames, how="diagonal") if frames else _parse(_nothing(name), settings)
        for name, frames in parts.items()
    }


def _parse(part: TextTable, settings: Settings) -> pl.DataFrame:
    frame = parse_table(part, settings)
    if part.table != "labs":
        return frame
    return parse_lab_values(frame, dialect_of(part, "value_text", settings).marks)


def _nothing(table: str) -> TextTable:
    return TextTable(table, "", None, pl.DataFrame(schema={ROW: pl.UInt32()}), NO_RAGGED)


def worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with the most severe first, then by table, file and line."""
    rank = pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES))), return_dtype=pl.Int8)
    return (
        findings.with_columns(_rank=rank)
        .sort("_rank", "table", "file", "sheet", "row", "rule_id", "column", maintain_order=True)
        .drop("_rank")
    )
