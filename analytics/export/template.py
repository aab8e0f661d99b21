"""The workbook a hospital fills: a sheet a table, drop-downs, a help row and an example row.

Rows whose first cell starts with «#» and sheets whose name does are notes for people: intake passes them over, so an
untouched template builds nothing and a filled one can keep them.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analytics.catalogue.codes import CODE_LISTS
from analytics.errors import ExportError
from analytics.export.dictionary import describe_allowed, describe_kind, describe_need
from analytics.export.folder import publish_file
from analytics.export.template_example import example_of
from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.registry import ESSENTIAL_TABLES, SOURCE_TABLES

HELP, EXAMPLE = "#help", "#example"
CODES_SHEET, HELP_SHEET = "#codes", "#help"
LAST_ROW = 5000
"""Drop-downs reach down to here."""

HOW_TO = (
    "How to fill this workbook",
    "One sheet a table. Fill from row 4 downwards; delete sheets you have no data for. Patients is needed; with labs, "
    "treatments and vital_status every first answer can be given.",
    "Rows that start with # (help and example) are not read; they may stay or be deleted. So are sheets named with #.",
    "Dark headers: no row is taken without a value. Medium: the table needs the column. Light: optional.",
    "Dates: 2024-03-15, or 2024-03, or 2024 where no more is known. Laboratory values exactly as reported (<5, >2700).",
    "If only days from a fixed day of each patient may be given: whole numbers, and the setting dates: relative.",
    "Values from a list have a drop-down. Several values in one cell have «;» between them.",
    "Use study codes, never names, birth numbers or hospital numbers.",
    "Then run: lutetia check FILE.xlsx",
)

_NEED_COLOURS = {"row": ("#0b3d5c", "white"), "table": ("#5b8db3", "white"), "optional": ("#dbe7f0", "black")}
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed day inside the file, so that the same version writes the same bytes."""


def write_template(out: Path) -> None:
    """Write the empty workbook.

    Raises
    ------
    ExportError
        If the name does not end in .xlsx, or the file cannot be written.
    """
    if out.suffix.lower() != ".xlsx":
        raise ExportError("A template is a workbook.", str(out), "End the name in .xlsx.")
    publish_file(out, make_workbook())


def make_workbook() -> bytes:
    """Return the workbook's bytes."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": "Lutetia template", "created": _MADE})
        _add_help(workbook)
        for table in SOURCE_TABLES:
            _add_table(workbook, table)
        _add_codes(workbook)
    return held.getvalue()


def _add_help(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet(HELP_SHEET)
    bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 110, wrapped)
    for row, line in enumerate(HOW_TO):
        sheet.write_string(row, 0, line, bold if row == 0 else wrapped)


def _add_table(workbook: Workbook, table: str) -> None:
    sheet = workbook.add_worksheet(table)
    if table in ESSENTIAL_TABLES:
        sheet.set_tab_color(_NEED_COLOURS["row"][0])
    note = workbook.add_format({"italic": True, "font_color": "#57606a", "text_wrap": True, "valign": "top"})
    text = workbook.add_format({"num_format": "@"})
    example = example_of(table)
    for place, (name, facts) in enumerate(facts_of(SOURCE_TABLES[table]).items()):
        mark = place == 0
        sheet.write_string(0, place, name, _header_format(workbook, describe_need(facts)))
        sheet.write_comment(0, place, _say_help(facts), {"x_scale": 2, "y_scale": 1.5})
        sheet.write_string(1, place, f"{HELP} {_say_help(facts)}" if mark else _say_help(facts), note)
        sheet.write_string(2, place, f"{EXAMPLE} {example[name]}".strip() if mark else example[name], note)
        is_text = facts.kind in ("text", "code", "codes", "partial_date")
        sheet.set_column(place, place, max(14, len(name) + 3), text if is_text else None)
        _add_drop_down(sheet, place, facts)
    sheet.set_row(1, 75)
    sheet.freeze_panes(1, 1)


def _add_drop_down(sheet: Worksheet, place: int, facts: ColumnFacts) -> None:
    if facts.kind != "code":
        return
    codes = list(CODE_LISTS).index(facts.code_list)
    letter = xl_col_to_name(codes)
    sheet.data_validation(
        3,
        place,
        LAST_ROW,
        place,
        {
            "validate": "list",
            "source": f"='{CODES_SHEET}'!${letter}$2:${letter}${len(facts.codes) + 1}",
            "error_title": "Not one of the values",
            "error_message": "Choose one of the list; leave the cell empty when it is not known.",
        },
    )


def _add_codes(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet(CODES_SHEET)
    for place, codes in enumerate(CODE_LISTS.values()):
        for row, value in enumerate((codes.name, *codes.values)):
            sheet.write_string(row, place, value)
    sheet.hide()


def _header_format(workbook: Workbook, need: str) -> Format:
    ground, ink = _NEED_COLOURS[need]
    return workbook.add_format({"bold": True, "bg_color": ground, "font_color": ink, "border": 1, "num_format": "@"})


def _say_help(facts: ColumnFacts) -> str:
    allowed = "" if facts.codes else describe_allowed(facts)
    details = [describe_kind(facts), f"in {facts.unit}" if facts.unit else "", allowed]
    return f"{facts.meaning} ({', '.join(detail for detail in details if detail)})"
