"""Text rows → typed rows: every declared cell parsed by the facts of its column, problems kept beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.codes import parse_code, parse_code_list
from analytics.intake.dates import RELATIVE, parse_date, plain_day
from analytics.intake.distinct import Coded, code_texts, parse_distinct, strip_texts
from analytics.intake.examine import clean_header
from analytics.intake.numbers import UNREADABLE, Marks, parse_number, plain_number
from analytics.intake.text_table import PID, ROW, TextTable
from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.registry import SOURCE_TABLES

STATUS = "_status"
"""Null while a row is accepted, else the count of the ledger it goes to."""

ID_COLUMNS = ("patient_id", "treatment_id", "imaging_id", "lesion_id", "related_treatment_id", "assay_id")

_NUMBER_SCHEMA: Mapping[str, pl.DataType] = {
    "value": pl.Float64(),
    "problem": pl.String(),
    "a": pl.String(),
    "b": pl.String(),
}
_DATE_SCHEMA: Mapping[str, pl.DataType] = {
    "lo": pl.Date(),
    "hi": pl.Date(),
    "precision": pl.String(),
    "problem": pl.String(),
    "a": pl.String(),
    "b": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a source writes numbers and dates, as its settings declare."""

    marks: Marks
    date_form: str


def dialect_of(delivered: TextTable, column: str, settings: Settings) -> Dialect:
    """Return the dialect of a column; numbers that came as numbers have a decimal point."""
    reported = next((name for name in delivered.header if clean_header(name) == column), "")
    is_typed = delivered.is_typed and reported not in delivered.untyped
    marks = Marks(settings.decimal_mark, settings.thousands_mark)
    typed = Marks(".") if is_typed and not settings.decimal_mark else marks
    return Dialect(typed, RELATIVE if settings.dates == RELATIVE else settings.date_form)


def raw(column: str) -> str:
    """Return the name of the column that keeps the text as delivered."""
    return f"{column}!text"


def problem(column: str, part: str = "problem") -> str:
    """Return the name of the column that says why a text could not be parsed."""
    return f"{column}!{part}"


def parse_table(delivered: TextTable, settings: Settings) -> pl.DataFrame:
    """Parse one delivered table.

    Returns
    -------
    For each declared column its typed value (dates with ``_lo``, ``_hi``, ``_precision``), ``x!text`` and,
    where a cell failed, ``x!problem``, ``x!a`` and ``x!b``; then ``_file``, ``_sheet``, ``_row`` and
    ``_status`` (all null). Columns the source does not have are null.
    """
    by_name = {clean_header(name): name for name in delivered.header}
    columns: list[pl.Series] = []
    absent: dict[str, pl.DataType] = {}
    for name, facts in facts_of(SOURCE_TABLES[delivered.table]).items():
        if name not in by_name:
            absent |= {raw(name): pl.String()} | _parsed_columns(name, facts)
            continue
        columns.extend(_parse_column(delivered, by_name[name], name, facts, settings))
    if PID in delivered.rows.columns:
        columns.insert(0, delivered.rows.get_column(PID).alias("pid"))
    frame = pl.DataFrame([delivered.rows.get_column(ROW), *columns])
    return frame.with_columns(
        pl.lit(delivered.file).alias("_file"),
        pl.lit(delivered.sheet, dtype=pl.String()).alias("_sheet"),
        pl.lit(None, dtype=pl.String()).alias(STATUS),
        *(pl.lit(None, dtype=kind).alias(name) for name, kind in absent.items()),
    )


def _parse_column(
    delivered: TextTable, reported: str, name: str, facts: ColumnFacts, settings: Settings
) -> list[pl.Series]:
    """Return the texts of a column and what they say; spaces around them are taken off."""
    cells = delivered.rows.get_column(reported)
    if facts.kind == "text":
        texts = cells.str.strip_chars().replace("", None)
        return [texts.alias(raw(name)), normalise_ids(texts).alias(name) if name in ID_COLUMNS else texts.alias(name)]
    coded = strip_texts(code_texts(cells))
    texts = coded.spread(coded.texts.to_frame(raw(name))).to_series()
    return [texts, *parse_cells(coded, name, facts, dialect_of(delivered, name, settings))]


def _parsed_columns(name: str, facts: ColumnFacts) -> dict[str, pl.DataType]:
    """Return the columns `parse_cells` makes of column ``name`` when nothing is wrong with it."""
    text = pl.String()
    if facts.kind == "partial_date":
        days: dict[str, pl.DataType] = {name: pl.Date(), f"{name}_lo": pl.Date(), f"{name}_hi": pl.Date()}
        return days | {f"{name}_precision": text}
    if facts.kind in ("number", "integer"):
        return {name: pl.Int64() if facts.kind == "integer" else pl.Float64()}
    return {name: pl.List(text) if facts.kind == "codes" else text}


def parse_cells(texts: Coded, name: str, facts: ColumnFacts, dialect: Dialect) -> list[pl.Series]:
    """Return the typed column ``name``, which is none of free text, and what belongs to it."""
    if facts.kind == "code":
        found = parse_distinct(texts, lambda text: (parse_code(text, facts.code_list),), {"code": pl.String()})
        return [found.get_column("code").alias(name)]
    if facts.kind == "codes":
        lists = parse_distinct(
            texts, lambda text: (parse_code_list(text, facts.code_list),), {"codes": pl.List(pl.String())}
        )
        return [lists.get_column("codes").alias(name)]
    if facts.kind == "partial_date":
        return _parse_dates(texts, name, dialect)
    return _parse_numbers(texts, name, dialect, is_whole=facts.kind == "integer")


def normalise_ids(texts: pl.Series) -> pl.Series:
    """Return ids in Unicode form NFKC without outer spaces; what is plain ASCII is so already."""
    if (texts.str.len_bytes() == texts.str.len_chars()).all():
        return texts
    found = parse_distinct(
        texts, lambda text: (unicodedata.normalize("NFKC", text).strip() or None,), {"id": pl.String()}
    )
    return found.get_column("id")


def _parse_numbers(texts: Coded, name: str, dialect: Dialect, *, is_whole: bool) -> list[pl.Series]:
    def parse(text: str) -> tuple[Any, ...]:
        reading = parse_number(text, dialect.marks)
        if is_whole and reading.value is not None and reading.value != int(reading.value):
            return None, UNREADABLE, None, None
        return reading.value, reading.problem, reading.a, reading.b

    plain = {"value": plain_number(dialect.marks, is_whole=is_whole)}
    found = parse_distinct(texts, parse, _NUMBER_SCHEMA, plain)
    values = found.get_column("value")
    return [
        (values.cast(pl.Int64) if is_whole else values).alias(name),
        *_problems(found, name),
    ]


def _parse_dates(texts: Coded, name: str, dialect: Dialect) -> list[pl.Series]:
    def parse(text: str) -> tuple[Any, ...]:
        found = parse_date(text, dialect.date_form)
        return found.lo, found.hi, found.precision, found.problem, found.a, found.b

    day = plain_day(dialect.date_form)
    plain = {"lo": day, "hi": day, "precision": pl.when(day.is_not_null()).then(pl.lit("D"))}
    found = parse_distinct(texts, parse, _DATE_SCHEMA, plain)
    return [
        found.get_column("lo").alias(name),
        *(found.get_column(part).alias(f"{name}_{part}") for part in ("lo", "hi", "precision")),
        *_problems(found, name),
    ]


def _problems(found: pl.DataFrame, name: str) -> list[pl.Series]:
    """Return what was wrong with the cells of a column; nothing, if nothing was."""
    if found.get_column("problem").null_count() == found.height:
        return []
    return [found.get_column(part).alias(problem(name, part)) for part in ("problem", "a", "b")]
