"""Propose a layout from the headers and values of a hospital's files, for a person to confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.codes import CODE_LISTS
from analytics.errors import LayoutError
from analytics.intake.codes import parse_code
from analytics.intake.columnar import read_columnar
from analytics.intake.delimited import read_delimited
from analytics.intake.deliveries import COLUMNAR, DELIMITED, PACKED, WORKBOOKS
from analytics.intake.examine import clean_header
from analytics.intake.header_words import ALL_WORDS, unit_left_open
from analytics.intake.headers import Delivery
from analytics.intake.layout import LAYOUT_FILE, TableLayout
from analytics.intake.measured import Measured
from analytics.intake.proposal import write_proposal
from analytics.intake.suggest_entries import (
    Match,
    best_matches,
    dated_events,
    day_of_sample,
    is_known,
    match_tables,
    measured_columns,
    more_matches,
    said_beside,
)
from analytics.intake.suggest_settings import say_written, suggest_settings, written_alone
from analytics.intake.text_table import TextTable
from analytics.intake.unreadable import naming_the_file
from analytics.intake.workbook import first_cells, read_sheet_as, sheet_names
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

_SHOWN_CODES = 20


def suggest_layout(source: Path, encoding: str = "") -> str:
    """Return the text of a layout for the files of a folder, or for one file; what cannot be told is a comment.

    Raises
    ------
    SourceError
        If a file cannot be read.
    LayoutError
        If the source holds no table at all.
    """
    tables: list[TextTable] = []
    passed_over = [f"# {name}: packed; unpack it to have it proposed" for name in _packed(source)]
    for delivery in _deliveries(source):
        try:
            tables.append(_read(delivery, encoding))
        except LayoutError as problem:
            passed_over.append(f"# {problem.where}: {problem.what}")
    if not tables:
        is_packed = source.suffix.casefold() in (*PACKED, ".zip")
        hint = "Unpack it, and give the folder." if is_packed else "Check the path."
        raise LayoutError("There is no table here to make a layout for.", str(source), hint)
    name = LAYOUT_FILE if source.is_dir() else f"{source.stem}.{LAYOUT_FILE}"
    head = [f"# A proposal: read every line, complete the lines with «?», and save it as {name}", ""]
    settings = ["[settings]", *suggest_settings(tables), ""]
    tables = list(written_alone(tables))
    fitting = (best_matches(match_tables(table)) for table in tables)
    proposed = frozenset(best[0].table for best in fitting if len(best) == 1)
    entries = (line for table in tables for line in _suggest_file(table, proposed))
    return write_proposal([*head, *settings, *entries, *passed_over])


def _deliveries(source: Path) -> Iterator[Delivery]:
    for file in sorted(source.iterdir()) if source.is_dir() else [source]:
        suffix = file.suffix.casefold()
        if suffix in (*DELIMITED, *COLUMNAR):
            yield Delivery(file, file.name, "", ALL_WORDS)
        elif suffix in WORKBOOKS:
            for sheet in sheet_names(file):
                if not sheet.startswith("#"):
                    words = frozenset(clean_header(text) for text in first_cells(file, sheet) if is_known(text))
                    yield Delivery(file, file.name, "", ALL_WORDS | words, TableLayout(file=file.name, sheet=sheet))


def _packed(source: Path) -> Iterator[str]:
    """Yield the names of the packed files of a folder, which are not looked into here."""
    for file in sorted(source.iterdir()) if source.is_dir() else []:
        if file.suffix.casefold() in (*PACKED, ".zip"):
            yield " ".join(file.name.split())


def _read(delivery: Delivery, encoding: str) -> TextTable:
    suffix = delivery.path.suffix.casefold()
    with naming_the_file(delivery.name):
        if suffix in DELIMITED:
            return read_delimited(delivery, encoding)[0]
        return (read_columnar if suffix in COLUMNAR else read_sheet_as)(delivery)[0]


def _suggest_file(table: TextTable, proposed: frozenset[str]) -> Iterator[str]:
    """Yield the entries of one file; ``proposed`` are the tables that files fit best, which no other need fill."""
    matches, used = match_tables(table), set[str]()
    best, wide = best_matches(matches), measured_columns(table)
    if len(best) == 1 and not (best[0].table == "labs" and wide):
        entries = [best[0], *(match for match in more_matches(matches, best[0]) if match.table not in proposed)]
        for match in entries:
            yield from _suggest_table(table, match)
            used |= match.headers
    elif not wide:
        candidates = ", ".join(match.table for match in best) or "no table known"
        yield from (f"# {line}" for line in (f"[tables.?]  may be: {candidates}", *_place(table)))
    if wide:
        yield from _suggest_wide(table, wide)
        used |= {*(entry.column for entry in wide), *day_of_sample(table), *said_beside(table).headers}
    if "vital_status" not in proposed and _patient_of(table):
        for kind, column in dated_events(table):
            yield from _suggest_event(table, kind, column)
            used.add(column)
    yield from (f"# {line}" for line in _free(table, used | set(_patient_of(table))))
    yield ""


def _place(table: TextTable) -> list[str]:
    sheet = [f"sheet = {_quoted(table.sheet)}"] if table.sheet else []
    return [f"file = {_quoted(table.file)}", *sheet, *say_written(table)]


def _patient_of(table: TextTable) -> tuple[str, ...]:
    return match_tables(table)[0].candidates.get("patient_id", ())


def _suggest_table(table: TextTable, match: Match) -> Iterator[str]:
    yield f"[tables.{match.table}]"
    yield from _place(table)
    constants = _counted_once(table, match)
    if constants:
        yield f'constants = {{ {constants} = "1" }}  # the file has one row a patient'
    yield f"[tables.{match.table}.columns]"
    for column, headers in match.candidates.items():
        yield _suggest_column(column, headers)
    yield from (f"# {line}" for line in _missing(match) if not constants or not line.startswith(constants))
    yield from _suggest_codes(table, match)
    yield ""


def _suggest_column(column: str, headers: tuple[str, ...]) -> str:
    if len(headers) != 1:
        return f"# {column} = ?  one of: {', '.join(headers)}"
    [header] = headers
    unit = unit_left_open(column, header)
    return f"# {column} = {_quoted(header)} ?  if it is in {unit}" if unit else f"{column} = {_quoted(header)}"


def _counted_once(table: TextTable, match: Match) -> str:
    """Return the column that numbers the rows of a patient, if every patient of the file has one row."""
    column = {"diagnoses": "diagnosis_no", "pathology": "specimen_no"}.get(match.table, "")
    ids = match.candidates.get("patient_id", ())
    if not column or column in match.candidates or len(ids) != 1:
        return ""
    return "" if table.rows.get_column(ids[0]).drop_nulls().is_duplicated().any() else column


def _suggest_wide(table: TextTable, wide: tuple[Measured, ...]) -> Iterator[str]:
    """Yield the entry of a table in which each measured column holds one analyte."""
    yield "[tables.labs]"
    yield from _place(table)
    yield "[tables.labs.columns]"
    yield _suggest_column("patient_id", _patient_of(table))
    days = day_of_sample(table)
    yield _suggest_column("collected", days) if days else "# collected = ?  needed: the day the sample was taken"
    beside = said_beside(table)
    yield from (_suggest_column(column, headers) for column, headers in beside.candidates.items())
    yield from _suggest_codes(table, beside)
    for entry in wide:
        yield "[[tables.labs.wide]]"
        yield f"column = {_quoted(entry.column)}"
        unit = f", unit = {_quoted(entry.unit)}" if entry.unit else ""
        yield f"constants = {{ analyte = {_quoted(entry.analyte)}{unit} }}"
        yield from () if entry.unit else ("# unit = ?  needed among the constants",)
        yield from ("# uln = ?  among the constants, if one upper limit holds for all",) if _is_marker(entry) else ()
    yield ""


def _is_marker(entry: Measured) -> bool:
    return BIOMARKER_BY_CODE[entry.analyte].kind == "marker"


def _suggest_event(table: TextTable, kind: str, column: str) -> Iterator[str]:
    yield "[tables.vital_status]"
    yield from _place(table)
    yield f"constants = {{ kind = {_quoted(kind)} }}"
    yield f"filled = [{_quoted(column)}]"
    yield "[tables.vital_status.columns]"
    yield _suggest_column("patient_id", _patient_of(table))
    yield f"date = {_quoted(column)}"
    yield ""


def _missing(match: Match) -> Iterator[str]:
    for column, facts in facts_of(SOURCE_TABLES[match.table]).items():
        if facts.is_required and column not in match.candidates:
            yield f"{column} = ?  needed: {facts.meaning}{_made_of(column, match)}"


def _made_of(column: str, match: Match) -> str:
    """Return how an id the hospital has not can be made of what it has: what was given or done, and when."""
    parts = [match.candidates[name][0] for name in ("agent", "modality", "start", "date") if name in match.candidates]
    if column not in ("treatment_id", "imaging_id") or not parts:
        return ""
    made = ", ".join(map(_quoted, parts))
    return f" Or, before the columns: joined = {{ {column} = [{made}] }}"


def _free(table: TextTable, used: set[str]) -> Iterator[str]:
    free = [header for header in table.header if header not in used]
    if free:
        yield f"not used: {', '.join(free)}"


def _suggest_codes(table: TextTable, match: Match) -> Iterator[str]:
    """Yield the codes of the hospital that are not ours, for a person to translate."""
    for column, headers in match.candidates.items():
        facts = facts_of(SOURCE_TABLES[match.table])[column]
        if facts.kind != "code" or len(headers) != 1:
            continue
        values = table.rows.get_column(headers[0]).str.strip_chars().drop_nulls().unique(maintain_order=True)
        foreign = [value for value in values if value and parse_code(value, facts.code_list) is None]
        if foreign:
            yield f"[tables.{match.table}.codes.{column}]"
            yield f"# ours: {', '.join(CODE_LISTS[facts.code_list].values)}"
            yield from (f"# {_quoted(value)} = ?" for value in foreign[:_SHOWN_CODES])
            more = len(foreign) - _SHOWN_CODES
            yield from (f"# and {more} more",) if more > 0 else ()


def _quoted(text: str | None) -> str:
    return json.dumps(text or "", ensure_ascii=False)
