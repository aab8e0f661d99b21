"""The settings of a build: command line over protocol over the ``study`` sheet over the layout over defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError
from analytics.intake.dates import RELATIVE
from analytics.intake.examine import clean_header
from analytics.intake.possible_settings import refuse_impossible
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
    for table in tables:
        if table.table == "study":
            settings = _with_sheet(settings, table)
    settings = settings.with_changes(changes, "settings given")
    refuse_impossible(settings)
    return settings


def latest_day(settings: Settings, as_of: date | None) -> date | None:
    """Return the last day a date of the source may have: that of the extract, else today; none of relative dates."""
    if settings.dates == RELATIVE:
        return None
    return date.fromisoformat(settings.extract_date) if settings.extract_date else as_of


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
