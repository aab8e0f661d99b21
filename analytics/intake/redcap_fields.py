"""Which form of a REDCap project is which table, and which of its fields is which column."""

from __future__ import annotations

from collections.abc import Mapping

from analytics.intake.examine import clean_header
from analytics.intake.header_words import words_of
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

FIELD, FORM, LABEL, TYPE = "variable_/_field_name", "form_name", "field_label", "field_type"
CHOICES = "choices,_calculations,_or_slider_labels"
REPEAT, INSTANCE, EVENT = "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_event_name"
GROUP = "redcap_data_access_group"
"""The columns REDCap adds to an export; data access groups are the centres of a study."""

Row = Mapping[str, str]


def table_of(form: str, fields: list[dict[str, str]]) -> str | None:
    """Return the table a form is named after, else the one its fields fit best; None on a tie."""
    name = clean_header(form)
    if name in KNOWN_COLUMNS:
        return name
    merits = {table: len(columns_of(table, fields)) for table in KNOWN_COLUMNS}
    best = max(merits.values())
    winners = [table for table, merit in merits.items() if merit == best]
    return winners[0] if best > 1 and len(winners) == 1 else None


def columns_of(table: str, fields: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return our column → the one field that is named or labelled like it."""
    found: dict[str, dict[str, str]] = {}
    for column in facts_of(SOURCE_TABLES[table]):
        if column == "patient_id":
            continue
        words = words_of(column)
        hits = [field for field in fields if {clean_header(field[FIELD]), clean_header(field.get(LABEL, ""))} & words]
        if len(hits) == 1:
            found[column] = hits[0]
    return found
