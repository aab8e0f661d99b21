"""The settings of a build: command line over protocol over the ``study`` sheet over the layout over defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError
from analytics.intake.codes import parse_code
from analytics.intake.dates import RELATIVE
from analytics.intake.examine import clean_header
from analytics.intake.possible_settings import name_marks, refuse_impossible
from analytics.intake.text_table import ROW, TextTable


def effective_settings(
    declared: Mapping[str, str], tables: Iterable[TextTable], changes: Mapping[str, Any]
) -> Settings:
    """Return the settings in force for a source.

    Parameters
    ----------
    declared
        What its layout says.
    tables
        Its tables, of which the study sheets are read.
    changes
        Settings that win over both.

    Raises
    ------
    SettingsError
        If a setting is unknown, or its value is none it can have; the message says who asked for it.
    LayoutError
        If the study sheet has not the columns setting and value.
    """
    settings = Settings().with_changes(declared, "layout")
    given = [entry for table in tables if table.table == "study" for entry in _entries(table)]
    for entry in _uncontradicted(given, str(changes.get("duplicate_rule", settings.duplicate_rule))):
        settings = settings.with_changes({entry.name: entry.value}, entry.where)
    settings = name_marks(settings.with_changes(changes, "settings given"))
    refuse_impossible(settings)
    return settings


def latest_day(settings: Settings, as_of: date | None) -> date | None:
    """Return the last day a date of the source may have: that of the extract, else today; none of relative dates."""
    if settings.dates == RELATIVE:
        return None
    return date.fromisoformat(settings.extract_date) if settings.extract_date else as_of


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of a study sheet."""

    name: str
    value: str
    status: str
    where: str


def _entries(table: TextTable) -> Iterator[_Entry]:
    by_name = {clean_header(name): name for name in table.header}
    if not {"setting", "value"} <= set(by_name):
        raise LayoutError(
            "The study sheet needs the columns setting and value.", table.where, "Write one setting a row."
        )
    status = by_name.get("status", ROW)
    rows = table.rows.select(by_name["setting"], by_name["value"], pl.col(status).alias("!status"), ROW)
    for name, value, told, row in rows.iter_rows():
        if name is not None and value is not None:
            code = parse_code(str(told), "row_status") if told is not None else None
            yield _Entry(name.strip(), value.strip(), code or "", f"{table.where}, line {row}")


def _uncontradicted(entries: Iterable[_Entry], duplicate_rule: str) -> Iterator[_Entry]:
    """Yield the entries in force: of rows that contradict each other the corrected one, else none of them (V38)."""
    by_name: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.status != "entered_in_error":
            by_name.setdefault(entry.name, []).append(entry)
    rules = {entry.value for entry in by_name.get("duplicate_rule", [])}
    takes_last = (rules.pop() if len(rules) == 1 else duplicate_rule) == "latest_status"
    for rows in by_name.values():
        meant = [row for row in rows if row.status == "corrected"] or rows
        if takes_last or len({row.value for row in meant}) == 1:
            yield meant[-1]
