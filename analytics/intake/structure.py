"""Checks of what was delivered before any cell is read: tables, columns, records, notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.codes import nearest
from analytics.intake.deliveries import COLUMNAR, DELIMITED, WORKBOOKS, table_of_file
from analytics.intake.examine import clean_header
from analytics.intake.heads import Head
from analytics.intake.readable import KNOWN_COLUMNS, READABLE
from analytics.intake.rules.registry import RULES
from analytics.intake.text_table import ROW, TextTable
from analytics.tables.columns import facts_of
from analytics.tables.findings import FINDING_COLUMNS
from analytics.tables.registry import SHEET_ORDER, SOURCE_TABLES

SHOWN_LINES = 10
"""So many lines are named in a message, and the others counted."""

WORKBOOK_OF_FOLDER = "A workbook of a folder is read only where a layout names its sheets; it"
OPEN_WORKBOOK = (
    "Save its sheets as CSV files named after the tables, name them in a layout, or give the workbook alone as the "
    "source."
)
FOLDER_OF_FOLDER = "A folder within the folder is looked into only where a layout names its files; it"
OPEN_FOLDER = "Put its files beside the others, as labs-2023.csv, or name them in a layout."
UNNAMED = "It is named after no table and"
OTHER_FORMAT = f"It is in no format that is read ({', '.join((*DELIMITED, *COLUMNAR))}, packed as .gz or not); it"

WITHOUT: dict[str, str] = {
    "labs": "no marker can be followed",
    "treatments": "there are no treatment lines, and no endpoint has a start",
    "vital_status": "nobody is known to be alive or dead",
}
"""What a source cannot answer without a table it should have."""


def structure_findings(heads: Sequence[Head], unused: Iterable[str]) -> pl.DataFrame:
    """Return what is wrong with the shape of the delivery.

    Parameters
    ----------
    heads
        The files and sheets that were read.
    unused
        Names of files and sheets that fit no table.

    Raises
    ------
    LayoutError
        If ``patients`` or a required column is missing: the import stops (V01).
    """
    tables = [head.table for head in heads]
    _refuse_missing(tables)
    rows = [*_unused_names(unused), *_missing_tables(tables)]
    for head in heads:
        rows.extend(_unknown_columns(head))
        rows.extend(_spreadsheet_cells(head.table))
    for table in _one_a_file(tables):
        rows.extend(_ragged_rows(table))
    rows.extend(_left_by_layout(tables))
    rows.extend(_notes(tables))
    return pl.DataFrame(rows, schema=FINDING_COLUMNS, orient="row")


def is_complete(table: TextTable) -> bool:
    """Say whether a table has every column without which it cannot be used."""
    return next(_missing_columns(table), None) is None


def _refuse_missing(tables: Sequence[TextTable]) -> None:
    if not any(table.table == "patients" for table in tables):
        found = ", ".join(sorted({table.table for table in tables}))
        raise LayoutError(
            f"There is no table «patients». Found: {found}.",
            "patients",
            "Add a file or sheet named patients with a row for each patient.",
        )
    incomplete = [table for table in tables if not is_complete(table)]
    if incomplete:
        what = " ".join(_say_missing(table) for table in incomplete)
        raise LayoutError(what, f"{incomplete[0].where}, header", RULES["V01"].suggestion)


def _say_missing(table: TextTable) -> str:
    found = {clean_header(name) for name in table.header}
    free = frozenset(found - KNOWN_COLUMNS[table.table])
    columns = " nor ".join(f"«{column}»" for column in _missing_columns(table))
    near = "".join(dict.fromkeys(nearest(column, free) for column in _missing_columns(table)))
    return RULES["V01"].message.format(place=table.where, columns=columns, found=", ".join(table.header), near=near)


def _missing_columns(table: TextTable) -> Iterator[str]:
    found = {clean_header(name) for name in table.header}
    for column, facts in facts_of(SOURCE_TABLES[table.table]).items():
        if facts.is_required and column not in found:
            yield column


def _finding(rule_id: str, **fields: object) -> dict[str, object]:
    rule = RULES[rule_id]
    place = {name: fields.pop(name, None) for name in ("table", "file", "sheet", "row", "column", "value")}
    words = {**place, **fields}
    return {
        "rule_id": rule.rule_id,
        "severity": rule.severity,
        "scope": rule.scope,
        **place,
        "message": rule.message.format(**words),
        "suggestion": rule.suggestion,
    }


def _unused_names(unused: Iterable[str]) -> Iterator[dict[str, object]]:
    for name in unused:
        if name.endswith("/"):
            yield _finding("V04", file=name, what=FOLDER_OF_FOLDER, near="") | {"suggestion": OPEN_FOLDER}
            continue
        if Path(name).suffix.casefold() in WORKBOOKS:
            yield _finding("V04", file=name, what=WORKBOOK_OF_FOLDER, near="") | {"suggestion": OPEN_WORKBOOK}
            continue
        stem = name.rpartition("sheet ")[2].partition(".")[0]
        is_named = "sheet " not in name and table_of_file(Path(name)) in READABLE
        near = "" if is_named else nearest(stem, SHEET_ORDER)
        yield _finding("V04", file=name, what=OTHER_FORMAT if is_named else UNNAMED, near=near)


def _missing_tables(tables: Iterable[TextTable]) -> Iterator[dict[str, object]]:
    found = {table.table for table in tables}
    for name, missing in WITHOUT.items():
        if name not in found:
            yield _finding("V71", table=name, missing=missing)


def _unknown_columns(head: Head) -> Iterator[dict[str, object]]:
    table = head.table
    known = KNOWN_COLUMNS[table.table]
    for name in table.header:
        if clean_header(name) not in known and (name in head.filled or not name.startswith("(column ")):
            yield _finding(
                "V04",
                table=table.table,
                file=table.file,
                sheet=table.sheet,
                column=name,
                what=f"Column «{name}»",
                near=nearest(clean_header(name), known),
            )


def _one_a_file(tables: Iterable[TextTable]) -> Iterator[TextTable]:
    """Yield the first table of each file and sheet; a layout may make several of one."""
    firsts: dict[tuple[str, str | None], TextTable] = {}
    for table in tables:
        firsts.setdefault((table.file, table.sheet), table)
    yield from firsts.values()


def _ragged_rows(table: TextTable) -> Iterator[dict[str, object]]:
    for row, fields in table.ragged.select(ROW, "fields").unique(ROW, maintain_order=True).iter_rows():
        yield _finding(
            "V72",
            table=table.table,
            file=table.file,
            sheet=table.sheet,
            row=row,
            fields=fields,
            expected=table.n_fields or len(table.header),
        )


def _is_laid_out(table: TextTable) -> bool:
    return bool(table.unnamed or table.choice.height)


def _left_by_layout(tables: Sequence[TextTable]) -> Iterator[dict[str, object]]:
    """Yield the columns of laid-out files that no table names, and the rows that none takes."""
    for file, sheet in dict.fromkeys((table.file, table.sheet) for table in tables if _is_laid_out(table)):
        parts = [table for table in tables if (table.file, table.sheet) == (file, sheet)]
        unnamed = frozenset[str].intersection(*(part.unnamed for part in parts))
        if unnamed:
            yield _finding("V81", file=file, sheet=sheet, n=len(unnamed), columns=", ".join(sorted(unnamed)))
        if all(part.choice.height for part in parts):
            taken = pl.concat(part.choice for part in parts).group_by(ROW).agg(pl.col("is_taken").any())
            left = taken.filter(~pl.col("is_taken")).get_column(ROW)
            if left.len():
                yield _finding("V82", file=file, sheet=sheet, row=left.min(), n=left.len())


def _notes(tables: Sequence[TextTable]) -> Iterator[dict[str, object]]:
    names = ", ".join(dict.fromkeys(table.table for table in tables if table.notes))
    noted = [table for table in _one_a_file(tables) if table.notes]
    if noted:
        yield _finding("V73", file=noted[0].file, n=sum(table.notes for table in noted), tables=names)
    for table in noted:
        if table.doubtful_notes:
            shown = ", ".join(str(line) for line in table.doubtful_notes[:SHOWN_LINES])
            more = ", …" if len(table.doubtful_notes) > SHOWN_LINES else ""
            place = {"table": table.table, "file": table.file, "sheet": table.sheet, "row": table.doubtful_notes[0]}
            yield _finding("V87", **place, n=len(table.doubtful_notes), lines=shown + more)


def _spreadsheet_cells(table: TextTable) -> Iterator[dict[str, object]]:
    place = {"table": table.table, "file": table.file, "sheet": table.sheet}
    for row, column, value in table.errors:
        yield _finding("V02", **place, row=row, column=column, value=value)
    for row, column, rule_id, value in table.unread:
        yield _finding(rule_id, **place, row=row, column=column, value=value)
    for reference in table.merged:
        yield _finding("V75", **place, reference=reference)
