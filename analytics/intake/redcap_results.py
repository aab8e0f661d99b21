"""Which fields of a REDCap form hold a laboratory result each, and which the day of the sample."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.intake.measured import Measured, read_measured
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.redcap_fields import FIELD, LABEL, TYPE, columns_of, fields_of
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

NOTE, VALIDATION = "field_note", "text_validation_type_or_show_slider_number"
"""What the dictionary says beside a field, where units often stand, and how its text is checked."""

WRITTEN = ("text", "calc", "notes", "")
"""Types of fields in which a result can be written."""


def has_results(table: str, fields: list[dict[str, str]]) -> bool:
    """Say whether a form is one of laboratory results with a row each."""
    return table == "labs" and bool({"analyte", "value_text"} & set(columns_of(table, fields)))


def measured_fields(fields: list[dict[str, str]]) -> dict[str, Measured]:
    """Return what each field measures, by its name: as its label says, its note, or its name."""
    found = {field[FIELD]: _measured(field) for field in fields if field.get(TYPE, "") in WRITTEN}
    return {name: measured for name, measured in found.items() if measured is not None}


def _measured(field: dict[str, str]) -> Measured | None:
    label, note = field.get(LABEL, ""), field.get(NOTE, "")
    texts = (label, f"{label} ({note})" if note else "", field[FIELD], f"{field[FIELD]} ({note})" if note else "")
    read = [measured for measured in map(read_measured, filter(None, texts)) if measured is not None]
    return next((measured for measured in read if measured.unit), read[0] if read else None)


def days_of_sample(fields: list[dict[str, str]]) -> list[str]:
    """Return the fields that may hold the day of the sample: the one named like it, else those of no other day."""
    named = columns_of("labs", fields).get("collected")
    if named is not None:
        return [named[FIELD]]
    others = {field[FIELD] for table in KNOWN_COLUMNS for field in _days(table, fields)}
    return [
        field[FIELD] for field in fields if field.get(VALIDATION, "").startswith("date") and field[FIELD] not in others
    ]


def _days(table: str, fields: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield the fields that are named like a day of a table: a birth is no day of a sample."""
    for column, hits in fields_of(table, fields).items():
        if column != "date" and facts_of(SOURCE_TABLES[table])[column].kind == "partial_date":
            yield from hits
