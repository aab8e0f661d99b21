"""The settings of a build: command line over protocol over the ``study`` sheet over the layout over defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError, SettingsError
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
    for table in tables:
        if table.table == "study":
            settings = _with_sheet(settings, table)
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


def _with_sheet(settings: Settings, table: TextTable) -> Settings:
    by_name = {clean_header(name): name for name in table.header}
    if not {"setting", "value"} <= set(by_name):
        raise LayoutError(
            "The study sheet needs the columns setting and value.", table.where, "Write one setting a row."
        )
    rows = table.rows.select(by_name["setting"], by_name["value"], ROW)
    for name, value, row in rows.iter_rows():
        if name is not None and value is not None:
            settings = settings.with_changes({name.strip(): value.strip()}, f"{table.where}, line {row}")
    return settings
