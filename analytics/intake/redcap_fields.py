"""Which form of a REDCap project is which table, and which of its fields is which column."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import cache

from analytics.intake.examine import clean_header
from analytics.intake.header_words import bare, words_of
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
    return {column: hits[0] for column, hits in fields_of(table, fields).items() if len(hits) == 1}


def fields_of(table: str, fields: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return our column → the fields that are named or labelled like it, if there are any."""
    named = [(field, {bare(field[FIELD]), bare(plain_label(field.get(LABEL, "")))}) for field in fields]
    columns = (column for column in facts_of(SOURCE_TABLES[table]) if column != "patient_id")
    found = {column: [field for field, names in named if names & _bare_words(column)] for column in columns}
    return {column: hits for column, hits in found.items() if hits}


@cache
def _bare_words(column: str) -> frozenset[str]:
    return frozenset(map(bare, words_of(column)))


def plain_label(label: str) -> str:
    """Return a label without the HTML that REDCap lets people write in it.

    Examples
    --------
    >>> plain_label("<b>Date of birth</b>&nbsp;:"), plain_label("< 2 cm")
    ('Date of birth :', '< 2 cm')
    """
    return " ".join(html.unescape(_TAG.sub(" ", label)).split())


_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def box_column(field: str, code: str) -> str:
    """Return the column that REDCap exports for a box: in lower case, with «_» for all but letters and digits.

    Examples
    --------
    >>> box_column("mets", "-99"), box_column("mets", "Liver")
    ('mets____99', 'mets___liver')
    """
    return f"{field}___{re.sub('[^a-z0-9_]', '_', code.lower())}"
