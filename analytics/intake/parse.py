"""Text rows → typed rows: every declared cell parsed by the facts of its column, problems kept beside it."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.coded_texts import Coded, code_columns
from analytics.intake.codes import parse_code, parse_code_list, plain_codes
from analytics.intake.dates import RELATIVE, read_dates
from analytics.intake.distinct import (
    are_repeated,
    parse_distinct,
    read_columns,
    read_texts,
    strip_columns,
    strip_texts,
)
from analytics.intake.examine import clean_header
from analytics.intake.known_ids import KnownIds
from analytics.intake.numbers import Cells, Marks, read_numbers
from analytics.intake.text_table import PID, ROW, TextTable
from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.registry import SOURCE_TABLES

STATUS = "_status"
"""Null while a row is accepted, else the count of the ledger it goes to."""

ID_COLUMNS = ("patient_id", "treatment_id", "imaging_id", "lesion_id", "related_treatment_id", "assay_id")

PERCENTAGES = ("ki67_pct",)
"""Columns of numbers in per cent."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a source writes numbers and dates, as its settings declare."""

    marks: Marks
    date_form: str


def dialect_of(delivered: TextTable, column: str, settings: Settings) -> Dialect:
    """Return the dialect of a column; cells that came as numbers have a decimal point whatever is declared."""
    reported = next((name for name in delivered.header if clean_header(name) == column), "")
    settings = replace(settings, **dict(delivered.written)) if delivered.written else settings
    declared = Marks(settings.decimal_mark, settings.thousands_mark, is_percent=column in PERCENTAGES)
    marks = _marks_of(delivered, reported, declared)
    return Dialect(marks, RELATIVE if settings.dates == RELATIVE else settings.date_form)


def _marks_of(delivered: TextTable, reported: str, declared: Marks) -> Marks:
    if not delivered.is_typed or reported in delivered.texts:
        return declared
    if reported in delivered.untyped:
        return replace(declared, cells=Cells.EITHER) if declared.decimal or declared.thousands else declared
    return replace(declared, cells=Cells.NUMBERS)


def raw(column: str) -> str:
    """Return the name of the column that keeps the text as delivered."""
    return f"{column}!text"


def problem(column: str, part: str = "problem") -> str:
    """Return the name of the column that says why a text could not be parsed."""
    return f"{column}!{part}"


def parse_table(delivered: TextTable, settings: Settings, known: KnownIds | None = None) -> pl.DataFrame:
    """Parse one delivered table.

    Parameters
    ----------
    known
        The ids of patients by their numbers, if they were read already: where every row has such a number its id
        is taken from here, in the form of the patients sheet.

    Returns
    -------
    For each declared column its typed value (dates with ``_lo``, ``_hi``, ``_precision``), ``x!text`` and,
    where a cell failed, ``x!problem``, ``x!a`` and ``x!b``; then ``_file``, ``_sheet``, ``_row`` and
    ``_status`` (all null). Columns the source does not have are null.
    """
    rows = delivered.rows.rechunk()
    facts = facts_of(SOURCE_TABLES[delivered.table])
    by_name = {clean_header(name): rows.get_column(name) for name in delivered.header}
    cells = {name: by_name[name].alias(name) for name in facts if name in by_name and not _is_empty(by_name[name])}
    dialects = {name: dialect_of(delivered, name, settings) for name in cells}
    pids = [rows.get_column(PID).alias("pid")] if PID in rows.columns else []
    ids = known.of_rows(pids[0]) if known and pids and "patient_id" in cells else None
    parsed = _parse_columns({n: c for n, c in cells.items() if ids is None or n != "patient_id"}, facts, dialects)
    if ids is not None:
        parsed["patient_id"] = [ids.alias(raw("patient_id")), ids]
    absent = [empty for name in facts if name not in cells for empty in _without_text(name, facts[name].kind)]
    frame = pl.DataFrame([rows.get_column(ROW), *pids, *(column for name in cells for column in parsed[name])])
    return frame.with_columns(
        pl.lit(delivered.file).alias("_file"),
        pl.lit(delivered.sheet, dtype=pl.String()).alias("_sheet"),
        pl.lit(None, dtype=pl.String()).alias(STATUS),
        *absent,
    )


def _is_empty(cells: pl.Series) -> bool:
    return cells.null_count() == len(cells)


@cache
def _without_text(name: str, kind: str) -> list[pl.Expr]:
    """Return the columns that are made of column ``name`` when it has no text, so that nothing is wrong with it."""
    text = pl.String()
    columns: dict[str, pl.DataType] = {raw(name): text}
    if kind == "partial_date":
        columns |= {name: pl.Date(), f"{name}_lo": pl.Date(), f"{name}_hi": pl.Date(), f"{name}_precision": text}
    elif kind in ("number", "integer"):
        columns[name] = pl.Int64() if kind == "integer" else pl.Float64()
    else:
        columns[name] = pl.List(text) if kind == "codes" else text
    return [pl.lit(None, dtype=of_kind).alias(column) for column, of_kind in columns.items()]


def _parse_columns(
    cells: Mapping[str, pl.Series], facts: Mapping[str, ColumnFacts], dialects: Mapping[str, Dialect]
) -> dict[str, list[pl.Series]]:
    """Return the texts of each column, without spaces around them, and what they say.

    A column of texts that hardly come again is looked at row by row; one of codes written as the catalogue writes
    them is taken as it is; of any other the distinct texts are read, those of all columns of a kind at once.
    """
    rare = {name for name, texts in cells.items() if facts[name].kind == "text" and not are_repeated(texts)}
    reported = code_columns({name: texts for name, texts in cells.items() if name not in rare})
    plain = _written_as_codes(reported, facts)
    for name in plain:
        del reported[name]
    coded = strip_columns(reported)
    texts = {name: strip_texts(column) if name in rare else column for name, column in cells.items()}
    for name, bare in coded.items():
        if bare is not reported[name]:
            texts[name] = bare.spread(bare.texts.to_frame(name)).to_series()
    typed = {name: [texts[name]] for name in cells if name in plain or facts[name].kind == "text"}
    typed |= _normalised({name: texts[name] for name in ID_COLUMNS if name in texts}, coded)
    kinds: defaultdict[tuple[str, Marks | str], dict[str, Coded]] = defaultdict(dict)
    for name, bare in coded.items():
        if name not in typed:
            kinds[_kind_of(facts[name], dialects[name])][name] = bare
    for kind, columns in kinds.items():
        for name, found in read_columns(columns, partial(_read, kind)).items():
            typed[name] = _spread(columns[name], found, name)
    return {name: [texts[name].alias(raw(name)), *columns] for name, columns in typed.items()}


def _written_as_codes(columns: Mapping[str, Coded], facts: Mapping[str, ColumnFacts]) -> set[str]:
    """Return the columns of codes in which every text is a code of the catalogue as it stands."""
    of_codes = {name: set(column.texts) for name, column in columns.items() if facts[name].kind == "code"}
    return {name for name, texts in of_codes.items() if texts <= plain_codes(facts[name].code_list)}


def _normalised(ids: Mapping[str, pl.Series], coded: Mapping[str, Coded]) -> dict[str, list[pl.Series]]:
    """Return the columns of ids that may need another Unicode form, in that form."""
    distinct = [coded[name].texts if name in coded else texts for name, texts in ids.items()]
    if not distinct or _are_ascii(pl.concat(distinct)):
        return {}
    return {name: [normalise_ids(texts).alias(name)] for name, texts in ids.items()}


def normalise_ids(texts: pl.Series) -> pl.Series:
    """Return ids in Unicode form NFKC without outer spaces; what is plain ASCII is so already."""
    if _are_ascii(texts):
        return texts
    found = parse_distinct(
        texts, lambda text: (unicodedata.normalize("NFKC", text).strip() or None,), {"id": pl.String()}
    )
    return found.get_column("id")


def _are_ascii(texts: pl.Series) -> bool:
    return bool((texts.str.len_bytes() == texts.str.len_chars()).all())


def _kind_of(facts: ColumnFacts, dialect: Dialect) -> tuple[str, Marks | str]:
    """Return what decides how a column is read: its kind, with the list of codes, the form or the marks."""
    if facts.kind in ("code", "codes"):
        return facts.kind, facts.code_list
    return facts.kind, dialect.date_form if facts.kind == "partial_date" else dialect.marks


def _read(kind: tuple[str, Marks | str], texts: pl.Series) -> pl.DataFrame:
    match kind:
        case "code", str(codes):
            return read_texts(texts, lambda text: (parse_code(text, codes),), {"value": pl.String()})
        case "codes", str(codes):
            return read_texts(texts, lambda text: (parse_code_list(text, codes),), {"value": pl.List(pl.String())})
        case _, str(form):
            return read_dates(texts, form)
        case number, marks:
            return read_numbers(texts, marks, is_whole=number == "integer")


def _spread(coded: Coded, found: pl.DataFrame, name: str) -> list[pl.Series]:
    """Return the columns of ``name`` from what was found of its distinct texts, without those that are empty."""
    wanted = {"value": name, "lo": name, "precision": f"{name}_precision"}
    if "problem" in found.columns and found.get_column("problem").null_count() < found.height:
        wanted |= {part: problem(name, part) for part in ("problem", "a", "b")}
    is_date = "lo" in found.columns
    is_range = is_date and not found.get_column("lo").equals(found.get_column("hi"))
    if is_range:
        wanted |= {"hi": f"{name}_hi"}
    parts = [found.get_column(part).alias(column) for part, column in wanted.items() if part in found.columns]
    first, *rest = coded.spread(pl.DataFrame(parts)).get_columns()
    if not is_date:
        return [first, *rest]
    return [first, first.alias(f"{name}_lo"), *rest, *([] if is_range else [first.alias(f"{name}_hi")])]
