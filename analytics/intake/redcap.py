"""Propose a layout for a REDCap export from its data dictionary: forms, repeats, events, boxes and choices."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from analytics.errors import LayoutError
from analytics.intake.examine import clean_header
from analytics.intake.header_words import unit_left_open
from analytics.intake.layout import LAYOUT_FILE
from analytics.intake.measured import Measured
from analytics.intake.proposal import write_proposal
from analytics.intake.redcap_choices import choices_of, say_choices
from analytics.intake.redcap_export import Export, find_export, look_at, read_rows, refuse_labels
from analytics.intake.redcap_fields import (
    EVENT,
    FIELD,
    FORM,
    GROUP,
    INSTANCE,
    LABEL,
    REPEAT,
    Row,
    columns_of,
    fields_of,
    plain_label,
    table_of,
)
from analytics.intake.redcap_results import NOTE, days_of_sample, has_results, measured_fields
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

OWN_ID = {
    "diagnoses": "diagnosis_no",
    "pathology": "specimen_no",
    "treatments": "treatment_id",
    "imaging": "imaging_id",
}
"""What numbers or names a row within its patient; REDCap knows it by event and instance."""


def suggest_redcap_layout(dictionary: Path, export: Path, encoding: str = "") -> str:
    """Return the text of a layout for ``export``, or the one table in that folder: one table a form that fits.

    A form is matched by its name or by the names and labels of its fields; a repeating form is picked by its
    instrument, any other by its filled fields, so that events and arms need no entry of their own.

    Raises
    ------
    SourceError
        If a file cannot be read.
    LayoutError
        If the dictionary is none, or a folder does not show which file is the export.
    """
    _, fields = read_rows(dictionary, encoding)
    if not fields or not {FIELD, FORM} <= set(fields[0]):
        raise LayoutError("This is no REDCap data dictionary.", dictionary.name, "Export it from the project as CSV.")
    export = find_export(export, dictionary)
    exported = look_at(export, fields[0][FIELD], encoding)
    refuse_labels(fields, exported)
    exported = replace(exported, shared=_shared_tables(fields, exported))
    lines = [
        "# A proposal made from the data dictionary: read every line, complete those with «?», and save it as",
        f"# {LAYOUT_FILE} in the folder of {export.name}, or as {export.stem}.{LAYOUT_FILE} beside it",
        "",
        *_suggest_missing(fields, exported),
    ]
    for form in dict.fromkeys(field[FORM] for field in fields):
        lines.extend(_suggest_form(form, _exported(form, fields, exported), exported))
    return write_proposal(lines)


def _shared_tables(fields: list[dict[str, str]], export: Export) -> frozenset[str]:
    """Return the tables that several forms fill, so that the instances of one form do not number their rows."""
    tables = Counter(
        table
        for form in dict.fromkeys(field[FORM] for field in fields)
        if (table := table_of(form, _exported(form, fields, export))) is not None
    )
    return frozenset(table for table, times in tables.items() if times > 1)


def _exported(form: str, fields: list[dict[str, str]], export: Export) -> list[dict[str, str]]:
    return [field for field in fields if field[FORM] == form and export.has(field[FIELD])]


def _suggest_missing(fields: list[dict[str, str]], export: Export) -> Iterator[str]:
    """Yield a question for the texts that stand in fields of choices and are none of them."""
    odd: set[str] = set()
    for field in fields:
        choices = {code for code, _ in choices_of(field)}
        odd |= export.texts.get(clean_header(field[FIELD]), frozenset[str]()) - choices if choices else set[str]()
    if odd:
        also = sorted(name for name in _written_fields(fields) if export.texts.get(name, frozenset[str]()) & odd)
        yield f"# missing = {json.dumps(sorted(odd))} ?  none of the choices: do they mean that nothing is known?"
        if also:
            yield f"# then nothing is known either where they stand in: {', '.join(also)}"
        yield ""


def _written_fields(fields: list[dict[str, str]]) -> Iterator[str]:
    """Yield the fields that have no choices."""
    return (clean_header(field[FIELD]) for field in fields if not choices_of(field))


def _suggest_form(form: str, mine: list[dict[str, str]], export: Export) -> Iterator[str]:
    table = table_of(form, mine)
    measured = measured_fields(mine) if table is None or not has_results(table, mine) else {}
    if measured:
        yield from _suggest_measured(form, mine, measured, export)
    if measured and table in (None, "labs"):
        return
    if table is None:
        yield f"# the form {form} fits no table"
        yield ""
        return
    columns = columns_of(table, mine)
    plain = {column: field for column, field in columns.items() if clean_header(field[FIELD]) in export.columns}
    boxes = {column: field for column, field in columns.items() if column not in plain}
    yield from _suggest_rows(table, form, [field[FIELD] for field in plain.values()], export)
    yield from _suggest_ids(table, plain, export, form)
    yield f"[tables.{table}.columns]"
    yield f"patient_id = {json.dumps(export.record)}"
    if table == "patients" and GROUP in export.columns:
        yield f"site = {json.dumps(GROUP)}"
    yield from (_suggest_column(column, field) for column, field in plain.items())
    several = {column: hits for column, hits in fields_of(table, mine).items() if len(hits) > 1}
    yield from (f"# {column} = ?  one of: {', '.join(hit[FIELD] for hit in hits)}" for column, hits in several.items())
    yield from (f"# {line}" for line in _suggest_needed(table, {*columns, *several}))
    for column, field in columns.items():
        yield from say_choices(table, column, field, export.columns if column in boxes else None)
    yield ""


def _suggest_column(column: str, field: Row) -> str:
    unit = unit_left_open(column, field[FIELD], plain_label(field.get(LABEL, "")), field.get(NOTE, ""))
    line = f"{column} = {json.dumps(field[FIELD])}"
    return f"# {line} ?  if it is in {unit}" if unit else line


def _suggest_rows(table: str, form: str, names: list[str], export: Export) -> Iterator[str]:
    """Yield which rows of the export are those of a form: of its instrument, or with one of its fields filled."""
    yield f"[tables.{table}]"
    yield f"file = {json.dumps(export.name, ensure_ascii=False)}"
    if clean_header(form) in export.repeating:
        yield f"where = {{ {REPEAT} = {json.dumps(export.repeating[clean_header(form)], ensure_ascii=False)} }}"
    elif names:
        yield f"any_filled = {json.dumps(names)}"


def _suggest_measured(
    form: str, fields: list[dict[str, str]], measured: Mapping[str, Measured], export: Export
) -> Iterator[str]:
    """Yield the entry of a form in which each field holds one analyte."""
    yield from _suggest_rows("labs", form, list(measured), export)
    yield "[tables.labs.columns]"
    yield f"patient_id = {json.dumps(export.record)}"
    days = days_of_sample(fields)
    named = f" one of: {', '.join(days)}" if days else " needed: the day the sample was taken"
    yield f"collected = {json.dumps(days[0])}" if len(days) == 1 else f"# collected = ? {named}"
    for name, entry in measured.items():
        yield "[[tables.labs.wide]]"
        yield f"column = {json.dumps(name)}"
        unit = f", unit = {json.dumps(entry.unit, ensure_ascii=False)}" if entry.unit else ""
        yield f"constants = {{ analyte = {json.dumps(entry.analyte)}{unit} }}"
        yield from () if entry.unit else ("# unit = ?  needed among the constants",)
    yield ""


def _suggest_ids(table: str, plain: Mapping[str, Row], export: Export, form: str) -> Iterator[str]:
    """Yield where the number or id of a row within its patient comes from, which REDCap keeps outside the form."""
    column = OWN_ID.get(table, "")
    if not column or column in plain:
        return
    is_repeating = clean_header(form) in export.repeating
    parts = [name for name in (EVENT, INSTANCE) if name in export.columns]
    is_one_row = export.several.isdisjoint(clean_header(field[FIELD]) for field in plain.values())
    if table in export.shared and not (parts and is_repeating and column.endswith("_id")):
        yield f"# {column} = ?  several forms fill {table}: it must tell their rows of a patient apart"
    elif not parts or (column.endswith("_no") and not is_repeating and is_one_row):
        yield f'constants = {{ {column} = "1" }}'
    elif column.endswith("_no"):
        yield f"# {column} = ?  a number for each row of a patient; {INSTANCE} counts from 1 in each event"
    else:
        named = [REPEAT, *parts] if table in export.shared else parts
        yield f"joined = {{ {column} = {json.dumps(named)} }}"


def _suggest_needed(table: str, columns: Collection[str]) -> Iterator[str]:
    given = {"patient_id", OWN_ID.get(table, ""), *columns}
    for column, facts in facts_of(SOURCE_TABLES[table]).items():
        if facts.is_required and column not in given:
            yield f"{column} = ?  needed: {facts.meaning}"
