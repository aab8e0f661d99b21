"""Propose how the files of a hospital write dates and numbers; what they do not show is left open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from analytics.intake.dates import FIRST_YEAR, LAST_YEAR
from analytics.intake.header_words import bare, words_of
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.text_table import TextTable
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

SEVERAL_FORMS = 'dates of several forms: say written = { date_form = "…" } in the tables of each'
NO_FORM = "no date shows whether the day comes first"
NO_MARK = "the numbers do not show one mark"

LOOKED_AT = 1000
"""Different texts of each column that are looked at."""

_LOCAL_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-]\d{4}")
_MONTH = re.compile(r"(0?[1-9]|1[0-2])\.(\d{4})")
_DECIMAL = re.compile(r"[<>]?\s*\d+[.,]\d+")
_GROUPED = re.compile(r"[<>]?\s*\d{1,3}([.,' ])\d{3}(?:\1\d{3})*(?!\1)([.,])\d+")
_CELL = r"^[+-]?\d+(\.\d+)?$"
"""A cell of a workbook that may hold a number."""
_WHOLE = re.compile(r"[+-]?\d+")

DATE_WORDS: frozenset[str] = frozenset(
    bare(word)
    for table in KNOWN_COLUMNS
    for column, facts in facts_of(SOURCE_TABLES[table]).items()
    if facts.kind == "partial_date"
    for word in words_of(column)
)
"""Every name of a column of dates."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the texts of one file show of how it writes dates and numbers.

    Attributes
    ----------
    forms, decimal, thousands
        What some of its dates or numbers can only be written in.
    date_marks
        What stands between the parts of its local dates.
    has_marks
        Whether it has numbers with a mark at all.
    """

    forms: frozenset[str]
    decimal: frozenset[str]
    thousands: frozenset[str]
    date_marks: frozenset[str]
    has_marks: bool


def shown_by(table: TextTable) -> Shown:
    """Return what a file shows; cells that came as numbers show nothing, since nobody wrote them."""
    forms: set[str] = set()
    decimal: set[str] = set()
    thousands: set[str] = set()
    date_marks: set[str] = set()
    has_marks = False
    for text in _texts(table):
        if match := _LOCAL_DATE.fullmatch(text):
            date_marks.add(match[2])
            forms |= _forms_of(int(match[1]), match[2], int(match[3]))
        elif grouped := _GROUPED.fullmatch(text):
            has_marks = True
            thousands.add(grouped[1])
            decimal.add(grouped[2])
        elif _DECIMAL.fullmatch(text) and not _is_month(text):
            has_marks = True
            decimal |= {mark for mark in ".," if mark in text and len(text.partition(mark)[2]) != 3}
    return Shown(frozenset(forms), frozenset(decimal), frozenset(thousands), frozenset(date_marks), has_marks)


def _forms_of(first: int, mark: str, second: int) -> set[str]:
    """Return the form of a local date, if a day after the twelfth shows it."""
    if first > 12:
        return {f"dd{mark}mm{mark}yyyy"}
    return {f"mm{mark}dd{mark}yyyy"} if second > 12 else set()


def suggest_settings(tables: list[TextTable]) -> Iterator[str]:
    """Yield the lines of the settings: what every file shows alike, the rest as comments with «?»."""
    shown = [shown_by(table) for table in tables]
    forms, decimal, thousands = _of_all(shown)
    if _agree_on_form(shown):
        yield f"date_form = {json.dumps(*forms)}"
    elif any(one.date_marks for one in shown):
        silent = [table.where for table, one in zip(tables, shown, strict=True) if one.date_marks and not one.forms]
        several = len(forms) > 1 or not silent
        yield f"# date_form = ?  {NO_FORM if not forms else SEVERAL_FORMS if several else _not_shown(silent)}"
    yield from _suggest_day_counts(tables)
    if _agree_on_mark(shown):
        yield f"decimal_mark = {json.dumps(*decimal)}"
        if len(thousands) == 1:
            yield f"thousands_mark = {json.dumps(*thousands)}"
    elif any(one.has_marks for one in shown):
        silent = [table.where for table, one in zip(tables, shown, strict=True) if one.has_marks and not one.decimal]
        yield f"# decimal_mark = ?  {_not_shown(silent) if len(decimal) == 1 else NO_MARK}"
    if len(thousands) > 1:
        yield f"# thousands_mark = ?  {NO_MARK}"


def _not_shown(files: list[str]) -> str:
    return f"not shown by {', '.join(' '.join(file.split()) for file in files)}; the others say it under «written»"


def written_alone(tables: list[TextTable]) -> Iterator[TextTable]:
    """Yield the tables, with how each is written where not all files show the same.

    What one file shows says nothing of another; what a file does not show of itself is a «?».
    """
    shown = [shown_by(table) for table in tables]
    forms, decimal, _ = _of_all(shown)
    for table, one in zip(tables, shown, strict=True):
        written: dict[str, str] = {}
        if forms and one.date_marks and not _agree_on_form(shown):
            written["date_form"] = next(iter(one.forms)) if len(one.forms) == 1 else ""
        if decimal and one.has_marks and not _agree_on_mark(shown):
            written["decimal_mark"] = next(iter(one.decimal)) if len(one.decimal) == 1 else ""
            if len(one.decimal) == 1 and len(one.thousands) == 1:
                written["thousands_mark"] = next(iter(one.thousands))
        yield replace(table, written=tuple(written.items()))


def say_written(table: TextTable) -> Iterator[str]:
    """Yield the lines of an entry that say how its file is written, a «?» for what it does not show."""
    told = [f"{name} = {json.dumps(value)}" for name, value in table.written if value]
    if told:
        yield f"written = {{ {', '.join(told)} }}"
    for name, value in table.written:
        if not value:
            yield f"# {name} of this file = ?  {NO_FORM if name == 'date_form' else NO_MARK}, or it shows several"


def _of_all(shown: list[Shown]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    nothing = frozenset[str]()
    return (
        nothing.union(*(one.forms for one in shown)),
        nothing.union(*(one.decimal for one in shown)),
        nothing.union(*(one.thousands for one in shown)),
    )


def _agree_on_form(shown: list[Shown]) -> bool:
    """Say whether one form reads the dates of every file.

    Each must show it, save that nobody writes the month first between dots.
    """
    forms, _, _ = _of_all(shown)
    marks = frozenset[str]().union(*(one.date_marks for one in shown))
    is_shown = all(one.forms for one in shown if one.date_marks)
    return len(forms) == 1 and len(marks) == 1 and (is_shown or "dd.mm.yyyy" in forms)


def _agree_on_mark(shown: list[Shown]) -> bool:
    _, decimal, _ = _of_all(shown)
    return len(decimal) == 1 and all(one.decimal for one in shown if one.has_marks)


def _suggest_day_counts(tables: list[TextTable]) -> Iterator[str]:
    """Yield a question for the columns of dates in which only whole numbers stand: days, years or day numbers."""
    counted = [
        column.name
        for column in _columns(tables)
        if bare(column.name) in DATE_WORDS
        and all(_WHOLE.fullmatch(text) for text in column)
        and not all(_is_year(text) for text in column)
    ]
    if counted:
        names = ", ".join(dict.fromkeys(counted))
        yield f'# dates = ?  whole numbers stand in {names}: "relative" if they are days from an anchor'


def _is_year(text: str) -> bool:
    return text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR


def _is_month(text: str) -> bool:
    match = _MONTH.fullmatch(text)
    return match is not None and _is_year(match[2])


def _texts(table: TextTable) -> Iterator[str]:
    """Yield the different texts of a file that somebody wrote."""
    for column in _columns([table]):
        is_text = not table.is_typed or column.name in table.texts or column.name in table.untyped
        yield from column if is_text else column.filter(~column.str.contains(_CELL))


def _columns(tables: list[TextTable]) -> Iterator[pl.Series]:
    """Yield the different texts of each column that has any."""
    for table in tables:
        for column in table.rows.select(pl.col(pl.String())).iter_columns():
            texts = column.str.strip_chars().replace("", None).drop_nulls().unique().head(LOOKED_AT)
            if texts.len():
                yield texts
