"""Propose a layout for a REDCap export from its data dictionary: forms, repeats, events, boxes and choices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import LayoutError
from analytics.intake.delimited import read_delimited
from analytics.intake.deliveries import DELIMITED
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery
from analytics.intake.layout import LAYOUT_FILE
from analytics.intake.measured import Measured
from analytics.intake.proposal import write_proposal
from analytics.intake.redcap_choices import choices_of, say_choices
from analytics.intake.redcap_fields import EVENT, FIELD, FORM, GROUP, INSTANCE, REPEAT, Row, columns_of, table_of
from analytics.intake.redcap_results import days_of_sample, has_results, measured_fields
from analytics.intake.unreadable import naming_the_file
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

OWN_ID = {
    "diagnoses": "diagnosis_no",
    "pathology": "specimen_no",
    "treatments": "treatment_id",
    "imaging": "imaging_id",
}
"""What numbers or names a row within its patient; REDCap knows it by event and instance."""


@dataclass(frozen=True, slots=True)
class _Export:
    """What the exported file itself shows: its name, its columns, its repeating forms, its texts by column."""

    name: str
    record: str
    columns: tuple[str, ...]
    repeating: frozenset[str]
    texts: Mapping[str, frozenset[str]]


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
    fields = list(_read_rows(dictionary, encoding))
    if not fields or not {FIELD, FORM} <= set(fields[0]):
        raise LayoutError("This is no REDCap data dictionary.", dictionary.name, "Export it from the project as CSV.")
    export = _find_export(export, dictionary)
    exported = _look_at(export, fields[0][FIELD], encoding)
    lines = [
        "# A proposal made from the data dictionary: read every line, complete those with «?», and save it as",
        f"# {LAYOUT_FILE} in the folder of {export.name}, or as {export.stem}.{LAYOUT_FILE} beside it",
        "",
        *_suggest_missing(fields, exported),
    ]
    for form in dict.fromkeys(field[FORM] for field in fields):
        lines.extend(_suggest_form(form, [field for field in fields if field[FORM] == form], exported))
    return write_proposal(lines)


def _read_rows(path: Path, encoding: str) -> Iterator[dict[str, str]]:
    delivery = Delivery(path, path.name, "", frozenset({FIELD, FORM, REPEAT}))
    with naming_the_file(path.name):
        table, _ = read_delimited(delivery, encoding)
    for row in table.rows.iter_rows(named=True):
        yield {clean_header(name): str(value or "").strip() for name, value in row.items()}


def _find_export(export: Path, dictionary: Path) -> Path:
    """Return the export itself, where its folder was given."""
    if not export.is_dir():
        return export
    found = [
        file
        for file in sorted(export.iterdir())
        if file.suffix.casefold() in DELIMITED and file.resolve() != dictionary.resolve()
    ]
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise LayoutError(
            f"This folder does not show which file is the export; it holds {names}.",
            str(export),
            f"Name the file: lutetia check EXPORT.csv --redcap-dictionary {dictionary.name}.",
        )
    return found[0]


def _look_at(export: Path, record: str, encoding: str) -> _Export:
    rows = list(_read_rows(export, encoding))
    columns = tuple(rows[0]) if rows else ()
    texts = {name: frozenset(row[name] for row in rows) - {""} for name in columns}
    return _Export(export.name, record, columns, texts.get(REPEAT, frozenset()), texts)


def _suggest_missing(fields: list[dict[str, str]], export: _Export) -> Iterator[str]:
    """Yield a question for the texts that stand in fields of choices and are none of them."""
    odd: set[str] = set()
    for field in fields:
        choices = {code for code, _ in choices_of(field)}
        odd |= export.texts.get(clean_header(field[FIELD]), frozenset[str]()) - choices if choices else set[str]()
    if odd:
        yield f"# missing = {json.dumps(sorted(odd))} ?  none of the choices: do they mean that nothing is known?"
        yield ""


def _suggest_form(form: str, fields: list[dict[str, str]], export: _Export) -> Iterator[str]:
    mine = [field for field in fields if _columns_exported(field, export)]
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
    is_repeating = form in export.repeating
    yield from _suggest_rows(table, form, [field[FIELD] for field in plain.values()], export)
    yield from _suggest_ids(table, plain, export, is_repeating=is_repeating)
    yield f"[tables.{table}.columns]"
    yield f"patient_id = {json.dumps(export.record)}"
    if table == "patients" and GROUP in export.columns:
        yield f"site = {json.dumps(GROUP)}"
    yield from (f"{column} = {json.dumps(field[FIELD])}" for column, field in plain.items())
    yield from (f"# {line}" for line in _suggest_needed(table, columns))
    for column, field in columns.items():
        yield from say_choices(table, column, field, is_box=column in boxes)
    yield ""


def _suggest_rows(table: str, form: str, names: list[str], export: _Export) -> Iterator[str]:
    """Yield which rows of the export are those of a form: of its instrument, or with one of its fields filled."""
    yield f"[tables.{table}]"
    yield f"file = {json.dumps(export.name, ensure_ascii=False)}"
    if form in export.repeating:
        yield f"where = {{ {REPEAT} = {json.dumps(form)} }}"
    elif names:
        yield f"any_filled = {json.dumps(names)}"


def _suggest_measured(
    form: str, fields: list[dict[str, str]], measured: Mapping[str, Measured], export: _Export
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


def _columns_exported(field: Row, export: _Export) -> bool:
    name = clean_header(field[FIELD])
    return name in export.columns or any(column.startswith(f"{name}___") for column in export.columns)


def _suggest_ids(table: str, plain: Mapping[str, Row], export: _Export, *, is_repeating: bool) -> Iterator[str]:
    """Yield where the number or id of a row within its patient comes from, which REDCap keeps outside the form."""
    column = OWN_ID.get(table, "")
    if not column or column in plain:
        return
    parts = [name for name in (EVENT, INSTANCE) if name in export.columns]
    is_number = column.endswith("_no")
    if not parts or (is_number and not is_repeating):
        yield f'constants = {{ {column} = "1" }}'
    elif is_number:
        yield f"# {column} = ?  a number for each row of a patient; {INSTANCE} counts from 1 in each event"
    else:
        yield f"joined = {{ {column} = {json.dumps(parts)} }}"


def _suggest_needed(table: str, columns: Mapping[str, Row]) -> Iterator[str]:
    given = {"patient_id", OWN_ID.get(table, ""), *columns}
    for column, facts in facts_of(SOURCE_TABLES[table]).items():
        if facts.is_required and column not in given:
            yield f"{column} = ?  needed: {facts.meaning}"
