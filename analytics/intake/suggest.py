"""Propose a layout from the headers and values of a hospital's files, for a person to confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics.catalogue.codes import CODE_LISTS
from analytics.errors import LayoutError
from analytics.intake.codes import parse_code
from analytics.intake.columnar import read_columnar
from analytics.intake.delimited import read_delimited
from analytics.intake.deliveries import COLUMNAR, DELIMITED, WORKBOOKS
from analytics.intake.header_words import ALL_WORDS, bare, words_of
from analytics.intake.headers import Delivery
from analytics.intake.layout import LAYOUT_FILE, TableLayout
from analytics.intake.proposal import write_proposal
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.suggest_settings import suggest_settings
from analytics.intake.text_table import TextTable
from analytics.intake.unreadable import naming_the_file
from analytics.intake.workbook import read_sheet_as, sheet_names
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

_SHOWN_CODES = 20


@dataclass(frozen=True, slots=True)
class _Match:
    """Which of our columns one file can fill: our column → the hospital's columns that may hold it."""

    table: str
    candidates: dict[str, tuple[str, ...]]

    @property
    def merit(self) -> int:
        return len(self.candidates) if "patient_id" in self.candidates else 0


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
    passed_over: list[str] = []
    for delivery in _deliveries(source):
        try:
            tables.append(_read(delivery, encoding))
        except LayoutError as problem:
            passed_over.append(f"# {problem.where}: {problem.what}")
    if not tables:
        raise LayoutError("There is no table here to make a layout for.", str(source), "Check the path.")
    name = LAYOUT_FILE if source.is_dir() else f"{source.stem}.{LAYOUT_FILE}"
    head = [f"# A proposal: read every line, complete the lines with «?», and save it as {name}", ""]
    settings = ["[settings]", *suggest_settings(tables), ""]
    return write_proposal(
        [*head, *settings, *(line for table in tables for line in _suggest_table(table)), *passed_over]
    )


def _deliveries(source: Path) -> Iterator[Delivery]:
    for file in sorted(source.iterdir()) if source.is_dir() else [source]:
        suffix = file.suffix.casefold()
        if suffix in (*DELIMITED, *COLUMNAR):
            yield Delivery(file, file.name, "", ALL_WORDS)
        elif suffix in WORKBOOKS:
            for sheet in sheet_names(file):
                if not sheet.startswith("#"):
                    yield Delivery(file, file.name, "", ALL_WORDS, TableLayout(file=file.name, sheet=sheet))


def _read(delivery: Delivery, encoding: str) -> TextTable:
    suffix = delivery.path.suffix.casefold()
    with naming_the_file(delivery.name):
        if suffix in DELIMITED:
            return read_delimited(delivery, encoding)[0]
        return (read_columnar if suffix in COLUMNAR else read_sheet_as)(delivery)[0]


def _match(table: TextTable, name: str) -> _Match:
    found = {
        column: tuple(header for header in table.header if bare(header) in {bare(word) for word in words_of(column)})
        for column in facts_of(SOURCE_TABLES[name])
    }
    return _Match(name, {column: headers for column, headers in found.items() if headers})


def _suggest_table(table: TextTable) -> Iterator[str]:
    matches = sorted((_match(table, name) for name in KNOWN_COLUMNS), key=lambda match: -match.merit)
    best = [match for match in matches if match.merit == matches[0].merit and match.merit > 1]
    place = [f"file = {_quoted(table.file)}", *([f"sheet = {_quoted(table.sheet)}"] if table.sheet else [])]
    if len(best) != 1:
        candidates = ", ".join(match.table for match in best) or "no table known"
        yield from (f"# {line}" for line in (f"[tables.?]  may be: {candidates}", *place, *_free(table, set())))
        yield ""
        return
    match = best[0]
    yield f"[tables.{match.table}]"
    yield from place
    yield f"[tables.{match.table}.columns]"
    used: set[str] = set()
    for column, headers in match.candidates.items():
        one = len(headers) == 1
        used |= set(headers)
        yield f"{column} = {_quoted(headers[0])}" if one else f"# {column} = ?  one of: {', '.join(headers)}"
    yield from (f"# {line}" for line in _missing(match))
    yield from (f"# {line}" for line in _free(table, used))
    yield from _suggest_codes(table, match)
    yield ""


def _missing(match: _Match) -> Iterator[str]:
    for column, facts in facts_of(SOURCE_TABLES[match.table]).items():
        if facts.is_required and column not in match.candidates:
            yield f"{column} = ?  needed: {facts.meaning}"


def _free(table: TextTable, used: set[str]) -> Iterator[str]:
    free = [header for header in table.header if header not in used]
    if free:
        yield f"not used: {', '.join(free)}"


def _suggest_codes(table: TextTable, match: _Match) -> Iterator[str]:
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


def _quoted(text: str | None) -> str:
    return json.dumps(text or "", ensure_ascii=False)
