"""The settings of a build: command line over protocol over the ``study`` sheet over the layout over defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError, SettingsError
from analytics.intake.codes import parse_code
from analytics.intake.dates import RELATIVE, check_form
from analytics.intake.examine import clean_header
from analytics.intake.text_table import ROW, TextTable

CHOICES: dict[str, tuple[str, ...]] = {
    "decimal_mark": ("", ".", ","),
    "thousands_mark": ("", ".", ",", "'", " "),
    "duplicate_rule": ("refuse", "latest_status"),
    "dates": ("calendar", RELATIVE),
}
"""The settings of intake that know only these words."""

OF_THE_CALENDAR = ("extract_date", "data_cutoff", "date_form")
"""The settings that mean nothing where dates are days from each patient's anchor."""


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
    settings = settings.with_changes(changes, "settings given")
    check_form(settings.date_form)
    for name, allowed in CHOICES.items():
        if getattr(settings, name) not in allowed:
            raise SettingsError(
                f"Setting «{name}» cannot be «{getattr(settings, name)}».",
                "",
                f"Use one of: {', '.join(repr(word) for word in allowed)}.",
            )
    _refuse_calendar(settings)
    return settings


def _refuse_calendar(settings: Settings) -> None:
    given = [name for name in OF_THE_CALENDAR if getattr(settings, name)]
    if settings.dates == RELATIVE and given:
        raise SettingsError(
            f"Setting «{given[0]}» is of the calendar; the dates of this source are days from each patient's anchor.",
            "",
            "Leave it empty, or set dates to calendar.",
        )


def latest_day(settings: Settings, as_of: date | None) -> date | None:
    """Return the last day a date of the source may have: that of the extract, else today; none of relative dates.

    Raises
    ------
    SettingsError
        If ``extract_date`` is not a day.
    """
    if settings.dates == RELATIVE:
        return None
    if not settings.extract_date:
        return as_of
    try:
        return date.fromisoformat(settings.extract_date)
    except ValueError:
        raise SettingsError(
            f"Setting «extract_date» cannot be «{settings.extract_date}».", "", "Write it like 2026-03-31."
        ) from None


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
