"""The corrections sheet: cells put right on the way in, one at a time, with who, why and when."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.codes import nearest
from analytics.intake.examine import clean_header
from analytics.intake.ledger import OUTCOMES
from analytics.intake.parse import ID_COLUMNS, normalise_ids
from analytics.intake.readable import CORRECTION_COLUMNS
from analytics.intake.rules.registry import RULES
from analytics.intake.text_table import ROW, TextTable
from analytics.tables.findings import FINDING_COLUMNS, LEDGER_COLUMNS

SHOWN_CELLS = 3
"""So many cells of a column are shown where the one that a key names is not among them."""

NEEDED = ("table", "column", "old_value", "new_value", "reason")


class _NotAppliedError(Exception):
    """A correction does not fit the source; the text says why."""


Held = TypeVar("Held")


class Holder(Protocol[Held]):
    """Where tables are held while they are corrected."""

    def tables_of(self, name: str, patient_id: str) -> Iterable[tuple[Held, TextTable]]:
        """Yield the tables of a name that can hold rows of a patient (empty: of anybody), each with its place."""
        ...

    def replace_table(self, place: Held, table: TextTable) -> None:
        """Put a corrected table in the place of the one that was there."""
        ...


@dataclass(slots=True)
class Tray:
    """Tables held in memory."""

    tables: list[TextTable]

    def tables_of(self, name: str, patient_id: str) -> Iterator[tuple[int, TextTable]]:
        """Yield the tables of a name, each with its number; any of them may hold ``patient_id``."""
        del patient_id
        yield from ((number, table) for number, table in enumerate(self.tables) if table.table == name)

    def replace_table(self, place: int, table: TextTable) -> None:
        """Put a corrected table in the place of the one that was there."""
        self.tables[place] = table


@dataclass(frozen=True, slots=True)
class _Cell:
    """The one cell a correction names."""

    table: TextTable
    column: str
    row: int
    text: str | None


class Corrections:
    """The corrections of a delivery, and what became of them: findings V08 and V77.

    Parameters
    ----------
    sheets
        The corrections sheets.

    Raises
    ------
    LayoutError
        If a sheet lacks a needed column.
    """

    def __init__(self, sheets: Iterable[TextTable]) -> None:
        self._waiting = [(sheet, list(_corrections(sheet))) for sheet in sheets]
        self._applied: dict[int, int] = defaultdict(int)
        self._findings = [found for sheet, _ in self._waiting for found in _unknown_columns(sheet)]

    def apply(self, holder: Holder[Held], is_meant: Callable[[str], bool]) -> None:
        """Apply the corrections of the tables that are meant, in order.

        A correction is applied only if it names exactly one row and the cell holds ``old_value``.
        """
        for number, (sheet, corrections) in enumerate(self._waiting):
            for correction in corrections:
                if not is_meant(clean_header(correction["table"])):
                    continue
                try:
                    place, cell = _find(holder, correction)
                except _NotAppliedError as why:
                    self._findings.append(_finding("V08", sheet, correction, why=str(why)))
                    continue
                holder.replace_table(place, _put(cell, correction["new_value"]))
                self._applied[number] += 1
                self._findings.append(_applied_finding(cell, correction))

    def findings(self) -> pl.DataFrame:
        """Return what became of each correction."""
        return pl.DataFrame(self._findings, schema=FINDING_COLUMNS, orient="row")

    def ledger(self) -> pl.DataFrame:
        """Return a row of the ledger for each sheet."""
        rows = [_ledger_row(sheet, self._applied[number]) for number, (sheet, _) in enumerate(self._waiting)]
        return pl.DataFrame(rows, schema=LEDGER_COLUMNS, orient="row")


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


def _unknown_columns(sheet: TextTable) -> Iterator[dict[str, object]]:
    """Yield a finding for each column that no correction has; a key typed as columns would name no row."""
    rule = RULES["V04"]
    for name in sheet.header:
        if clean_header(name) not in CORRECTION_COLUMNS:
            near = nearest(clean_header(name), CORRECTION_COLUMNS)
            yield {
                "rule_id": rule.rule_id,
                "severity": rule.severity,
                "scope": rule.scope,
                "table": sheet.table,
                "column": name,
                "file": sheet.file,
                "sheet": sheet.sheet,
                "message": rule.message.format(what=f"Column «{name}»", near=near),
                "suggestion": "Name the row in the column key, as «analyte=CGA; collected=2020-01-10».",
            }


def _find(holder: Holder[Held], correction: Mapping[str, str]) -> tuple[Held, _Cell]:
    """Return the cell a correction names, and where its table is held.

    Raises
    ------
    _NotAppliedError
        If no row or several fit, the column is unknown, or the cell holds something else.
    """
    column = clean_header(correction["column"])
    wanted = _wanted(correction)
    table_name, patient_id = clean_header(correction["table"]), wanted.get("patient_id", "")
    cells: list[tuple[Held, _Cell]] = []
    lacking: list[str] = []
    n_whole = 0
    for place, table in holder.tables_of(table_name, patient_id):
        lacks = next(_lacking(table, (column, *wanted)), "")
        if lacks:
            lacking.append(f"{table.where} has no column «{lacks}»")
            continue
        n_whole += 1
        cells.extend((place, cell) for cell in _matching_cells(table, column, wanted))
    if lacking and not n_whole:
        raise _NotAppliedError(lacking[0])
    if not cells:
        raise _NotAppliedError(_why_none(holder.tables_of(table_name, patient_id), wanted))
    if len(cells) > 1:
        raise _NotAppliedError(f"{len(cells)} rows fit it")
    found = cells[0][1].text or ""
    if found != correction["old_value"]:
        raise _NotAppliedError(f"the cell holds «{found}», not «{correction['old_value']}»")
    return cells[0]


def _wanted(correction: Mapping[str, str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in correction["key"].split(";") if item.strip()]
    named = {clean_header(name): value.strip() for name, _, value in pairs}
    named |= {"patient_id": correction["patient_id"]} if correction["patient_id"] else {}
    ids = {name: unicodedata.normalize("NFKC", named[name]).strip() for name in ID_COLUMNS if name in named}
    return named | ids


def _lacking(table: TextTable, names: Iterable[str]) -> Iterator[str]:
    """Yield the columns that a table has not; another file of the same table may have them."""
    known = {clean_header(name) for name in table.header}
    yield from (name for name in names if name not in known)


def _matching_cells(table: TextTable, column: str, wanted: Mapping[str, str]) -> Iterator[_Cell]:
    by_name, rows = {clean_header(name): name for name in table.header}, table.rows
    for name, value in wanted.items():
        rows = rows.filter(_said(rows, by_name, name) == value)
    for row, text in rows.select(ROW, pl.col(by_name[column]).str.strip_chars()).iter_rows():
        yield _Cell(table, by_name[column], row, text)


def _said(rows: pl.DataFrame, by_name: Mapping[str, str], name: str) -> pl.Series:
    """Return the cells of a column of ours, as keys are compared with them."""
    cells = rows.get_column(by_name[name]).str.strip_chars()
    return normalise_ids(cells) if name in ID_COLUMNS else cells


def _why_none(tables: Iterable[tuple[object, TextTable]], wanted: Mapping[str, str]) -> str:
    """Say which part of a key no row has, and what stands there in the rows that have the parts before it."""
    patient_first = sorted(wanted, key=lambda name: name != "patient_id")
    ordered = {name: wanted[name] for name in patient_first}
    missed = [_first_missed(table, ordered) for _, table in tables if not next(_lacking(table, ordered), "")]
    if not missed:
        return "no row fits it; there is no such table"
    _, name, held = max(missed, key=lambda found: found[0])
    there = f", but {', '.join(f'«{text}»' for text in held)}" if held and name not in ID_COLUMNS else ""
    return f"no row fits it; none has {name} «{wanted[name]}»{there}" if name else "no row fits it"


def _first_missed(table: TextTable, wanted: Mapping[str, str]) -> tuple[int, str, tuple[str, ...]]:
    """Return how many parts of a key some row has, the part that none of these has, and what they have there."""
    by_name, rows = {clean_header(name): name for name in table.header}, table.rows
    for number, (name, value) in enumerate(wanted.items()):
        cells = _said(rows, by_name, name)
        if not (cells == value).any():
            return number, name, tuple(cells.drop_nulls().unique(maintain_order=True).head(SHOWN_CELLS))
        rows = rows.filter(cells == value)
    return len(wanted), "", ()


def _put(place: _Cell, new_value: str) -> TextTable:
    is_here = pl.col(ROW) == place.row
    cell = pl.when(is_here).then(pl.lit(new_value or None, dtype=pl.String())).otherwise(pl.col(place.column))
    return replace(place.table, rows=place.table.rows.with_columns(cell.alias(place.column)))


def _applied_finding(place: _Cell, correction: Mapping[str, str]) -> dict[str, object]:
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
