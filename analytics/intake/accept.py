"""From a delivery to accepted tables, told in one page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.part import Part, accept_part
from analytics.intake.prepare import Order, Prepared, prepare_source, select_alike
from analytics.intake.shelf import load_tables
from analytics.intake.source import Progress
from analytics.tables.findings import worst_first
from analytics.tables.registry import SHEET_ORDER
from analytics.tables.study import InputFile


@dataclass(frozen=True, slots=True)
class Checked:
    """The account of a source: what would not be used, and what became of every row.

    Attributes
    ----------
    findings, ledger
        See `analytics.tables.findings`; findings are sorted worst first.
    """

    findings: pl.DataFrame
    ledger: pl.DataFrame


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


def check_source(order: Order, progress: Progress = no_progress) -> Checked:
    """Read a folder or workbook as a build does and keep the account alone, in the memory of one bucket of patients.

    Parameters
    ----------
    order
        What to read and how.
    progress
        Called with what is being done, how many of how many are done.

    Raises
    ------
    SourceError, LayoutError, SettingsError
        As `accept_source` says.
    """
    with TemporaryDirectory() as scratch:
        prepared = prepare_source(order, Path(scratch), progress)
        accounts = [_account_of(part, prepared) for part in _accept_parts(prepared, progress)]
        findings, outcomes, tallies, alike = (pl.concat(frames) for frames in zip(*accounts, strict=True))
        return _close(prepared, findings, outcomes, tallies, alike)


def accept_source(
    source: Path,
    settings_changes: Mapping[str, Any] | None = None,
    progress: Progress = no_progress,
    *,
    as_of: date | None = None,
    is_withdrawn: Callable[[str], bool] | None = None,
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
        Whether a patient has withdrawn, None if nobody has; such rows are counted, not kept.
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
    order = Order(
        source,
        dict(settings_changes or {}),
        layout,
        as_of,
        is_withdrawn,
        bucket_patients=sys.maxsize,
    )
    with TemporaryDirectory() as scratch:
        prepared = prepare_source(order, Path(scratch), progress)
        part = accept_part(load_tables(prepared.shelf.take(0)), prepared.ground)
    checked = _close(prepared, *_account_of(part, prepared))
    tables = part.tables | prepared.lookups.tables
    return Accepted(
        tables={name: tables[name] for name in SHEET_ORDER},
        findings=checked.findings,
        ledger=checked.ledger,
        settings=prepared.settings,
        inputs=prepared.inputs,
    )


def _accept_parts(prepared: Prepared, progress: Progress) -> Iterator[Part]:
    """Accept one bucket of patients after the other; none is kept here."""
    n_buckets = prepared.shelf.n_buckets
    for number in range(n_buckets):
        yield accept_part(load_tables(prepared.shelf.take(number)), prepared.ground)
        prepared.shelf.clear(number)
        progress("patients", number + 1, n_buckets)


def _account_of(part: Part, prepared: Prepared) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the findings, outcomes and tallies of a part, and its patients whose id another one resembles."""
    alike = select_alike(part.tables["patients"].lazy(), prepared.look_alikes).collect()
    return part.findings, part.outcomes, part.tallies, alike


def _close(
    prepared: Prepared, findings: pl.DataFrame, outcomes: pl.DataFrame, tallies: pl.DataFrame, alike: pl.DataFrame
) -> Checked:
    of_no_part, ledger = prepared.close(outcomes, tallies, alike)
    return Checked(worst_first(pl.concat([of_no_part, findings])), ledger)
