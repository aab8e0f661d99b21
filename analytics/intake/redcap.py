"""Propose a layout for a REDCap export from its data dictionary: forms, repeats, events and choices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from analytics.errors import LayoutError
from analytics.intake.codes import parse_code
from analytics.intake.delimited import read_delimited
from analytics.intake.examine import clean_header
from analytics.intake.header_words import words_of
from analytics.intake.headers import Delivery
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

FIELD, FORM, LABEL = "variable_/_field_name", "form_name", "field_label"
CHOICES = "choices,_calculations,_or_slider_labels"
REPEAT = "redcap_repeat_instrument"

Row = Mapping[str, str]


def suggest_redcap_layout(dictionary: Path, export: Path, encoding: str = "") -> str:
    """Return the text of a layout.toml for ``export``, one table a form that fits one of ours.

    A form is matched by its name or by the names and labels of its fields; a repeating form is picked by its
    instrument, any other by its first filled field, so that events need no entry of their own.

    Raises
    ------
    SourceError
        If a file cannot be read.
    LayoutError
        If the dictionary is none.
    """
    fields = list(_read_rows(dictionary, encoding))
    if not fields or not {FIELD, FORM} <= set(fields[0]):
        raise LayoutError("This is no REDCap data dictionary.", dictionary.name, "Export it from the project as CSV.")
    rows = list(_read_rows(export, encoding))
    exported = set(rows[0]) if rows else set[str]()
    repeating = {row.get(REPEAT, "") for row in rows} - {""}
    record = fields[0][FIELD]
    lines = ["# A proposal made from the data dictionary: read every line before you use it", ""]
    for form in dict.fromkeys(field[FORM] for field in fields):
        mine = [field for field in fields if field[FORM] == form and clean_header(field[FIELD]) in exported]
        lines.extend(_suggest_form(form, mine, record, export.name, is_repeating=form in repeating))
    return "\n".join(lines) + "\n"


def _read_rows(path: Path, encoding: str) -> Iterator[dict[str, str]]:
    delivery = Delivery(path, path.name, "", frozenset({FIELD, FORM, REPEAT}))
    table, _ = read_delimited(delivery, encoding)
    for row in table.rows.iter_rows(named=True):
        yield {clean_header(name): str(value or "") for name, value in row.items()}


def _suggest_form(
    form: str, fields: list[dict[str, str]], record: str, file: str, *, is_repeating: bool
) -> Iterator[str]:
    table = _table_of(form, fields)
    if table is None:
        yield f"# the form {form} fits no table"
        yield ""
        return
    columns = _columns_of(table, fields)
    yield f"[tables.{table}]"
    yield f"file = {json.dumps(file)}"
    if is_repeating:
        yield f"where = {{ {REPEAT} = {json.dumps(form)} }}"
    elif columns:
        yield f"filled = [{json.dumps(next(iter(columns.values()))[FIELD])}]"
    yield f"[tables.{table}.columns]"
    yield f"patient_id = {json.dumps(record)}"
    yield from (f"{column} = {json.dumps(field[FIELD])}" for column, field in columns.items())
    for column, field in columns.items():
        yield from _suggest_choices(table, column, field)
    yield ""


def _table_of(form: str, fields: list[dict[str, str]]) -> str | None:
    """Return the table a form is named after, else the one its fields fit best; None on a tie."""
    name = clean_header(form)
    if name in KNOWN_COLUMNS:
        return name
    merits = {table: len(_columns_of(table, fields)) for table in KNOWN_COLUMNS}
    best = max(merits.values())
    winners = [table for table, merit in merits.items() if merit == best]
    return winners[0] if best > 1 and len(winners) == 1 else None


def _columns_of(table: str, fields: list[dict[str, str]]) -> dict[str, dict[str, str]]:
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


def _suggest_choices(table: str, column: str, field: Row) -> Iterator[str]:
    facts = facts_of(SOURCE_TABLES[table])[column]
    choices = [choice.partition(",") for choice in field.get(CHOICES, "").split("|") if "," in choice]
    if facts.kind != "code" or not choices:
        return
    yield f"[tables.{table}.codes.{column}]"
    for code, _, label in choices:
        ours = parse_code(label.strip(), facts.code_list) or parse_code(code.strip(), facts.code_list)
        line = f"{json.dumps(code.strip())} = "
        yield line + json.dumps(ours) if ours else f"# {line}?  «{label.strip()}»"
