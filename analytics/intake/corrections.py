"""The corrections sheet: cells put right on the way in, one at a time, with who, why and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.examine import clean_header
from analytics.intake.ledger import OUTCOMES
from analytics.intake.readable import CORRECTION_COLUMNS
from analytics.intake.rules.registry import RULES
from analytics.intake.source import Source
from analytics.intake.text_table import ROW, TextTable
from analytics.tables.findings import FINDING_COLUMNS, LEDGER_COLUMNS

NEEDED = ("table", "column", "old_value", "new_value", "reason")


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """What became of the corrections: findings V08 and V77, and their rows of the ledger."""

    findings: pl.DataFrame
    ledger: pl.DataFrame


class _NotAppliedError(Exception):
    """A correction does not fit the source; the text says why."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The one cell a correction names."""

    number: int
    table: TextTable
    column: str
    row: int
    text: str | None


def apply_corrections(source: Source) -> tuple[Source, CorrectionReport]:
    """Return the source with its corrections applied in order, and the report.

    A correction is applied only if it names exactly one row and the cell holds ``old_value``.

    Raises
    ------
    LayoutError
        If the sheet lacks a needed column.
    """
    tables = list(source.tables)
    findings: list[dict[str, object]] = []
    ledger: list[dict[str, object]] = []
    for sheet in source.corrections:
        applied = 0
        for correction in _corrections(sheet):
            try:
                place = _find(tables, correction)
            except _NotAppliedError as why:
                findings.append(_finding("V08", sheet, correction, why=str(why)))
                continue
            tables[place.number] = _put(place, correction["new_value"])
            applied += 1
            findings.append(_applied_finding(place, correction))
        ledger.append(_ledger_row(sheet, applied))
    report = CorrectionReport(
        pl.DataFrame(findings, schema=FINDING_COLUMNS, orient="row"),
        pl.DataFrame(ledger, schema=LEDGER_COLUMNS, orient="row"),
    )
    return replace(source, tables=tuple(tables)), report


def _corrections(sheet: TextTable) -> Iterator[dict[str, str]]:
    by_name = {clean_header(name): name for name in sheet.header}
    missing = [name for name in NEEDED if name not in by_name]
    if missing:
        raise LayoutError(
            f"The corrections sheet has no column «{missing[0]}».",
            f"{sheet.where}, line 1",
            f"It needs {', '.join(NEEDED)}; patient_id and key name the row.",
        )
    for row in sheet.rows.iter_rows(named=True):
        found = {name: (row[by_name[name]] or "").strip() for name in CORRECTION_COLUMNS if name in by_name}
        yield dict.fromkeys(CORRECTION_COLUMNS, "") | found | {ROW: str(row[ROW])}


def _find(tables: list[TextTable], correction: Mapping[str, str]) -> _Place:
    """Return the cell a correction names.

    Raises
    ------
    _NotAppliedError
        If no row or several fit, the column is unknown, or the cell holds something else.
    """
    column = clean_header(correction["column"])
    wanted = _wanted(correction)
    places = [
        place
        for number, table in enumerate(tables)
        if table.table == clean_header(correction["table"])
        for place in _matching_cells(number, table, column, wanted)
    ]
    if len(places) != 1:
        raise _NotAppliedError("no row fits it" if not places else f"{len(places)} rows fit it")
    place = places[0]
    if (place.text or "") != correction["old_value"]:
        raise _NotAppliedError(f"the cell holds «{place.text or ''}», not «{correction['old_value']}»")
    return place


def _wanted(correction: Mapping[str, str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in correction["key"].split(";") if item.strip()]
    named = {clean_header(name): value.strip() for name, _, value in pairs}
    return named | ({"patient_id": correction["patient_id"]} if correction["patient_id"] else {})


def _matching_cells(number: int, table: TextTable, column: str, wanted: Mapping[str, str]) -> Iterator[_Place]:
    by_name = {clean_header(name): name for name in table.header}
    unknown = next((name for name in (column, *wanted) if name not in by_name), None)
    if unknown is not None:
        raise _NotAppliedError(f"{table.where} has no column «{unknown}»")
    conditions = [pl.col(by_name[name]).str.strip_chars() == value for name, value in wanted.items()]
    rows = table.rows.filter(*conditions) if conditions else table.rows
    for row, text in rows.select(ROW, pl.col(by_name[column]).str.strip_chars()).iter_rows():
        yield _Place(number, table, by_name[column], row, text)


def _put(place: _Place, new_value: str) -> TextTable:
    is_here = pl.col(ROW) == place.row
    cell = pl.when(is_here).then(pl.lit(new_value or None, dtype=pl.String())).otherwise(pl.col(place.column))
    return replace(place.table, rows=place.table.rows.with_columns(cell.alias(place.column)))


def _applied_finding(place: _Place, correction: Mapping[str, str]) -> dict[str, object]:
    words = [correction[name] for name in ("reason", "who", "when") if correction[name]]
    found = _finding(
        "V77",
        place.table,
        correction,
        old=place.text or "",
        new=correction["new_value"],
        reason=", ".join(words) or "no reason given",
    )
    return found | {"row": place.row}


def _finding(rule_id: str, table: TextTable, correction: Mapping[str, str], **words: str) -> dict[str, object]:
    rule = RULES[rule_id]
    return {
        "rule_id": rule_id,
        "severity": rule.severity,
        "scope": rule.scope,
        "table": table.table,
        "patient_id": correction["patient_id"] or None,
        "key": correction["key"],
        "column": correction["column"],
        "value": correction["old_value"],
        "file": table.file,
        "sheet": table.sheet,
        "row": int(correction[ROW]),
        "message": rule.message.format(column=correction["column"], **words),
        "suggestion": rule.suggestion,
    }


def _ledger_row(sheet: TextTable, applied: int) -> dict[str, object]:
    counts = dict.fromkeys(OUTCOMES, 0) | {"accepted": applied, "rejected": sheet.n_read - applied}
    return {"file": sheet.file, "sheet": sheet.sheet, "table": sheet.table, "read": sheet.n_read, **counts}
