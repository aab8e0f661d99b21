"""Propose how the files of a hospital write dates and numbers; what they do not show is left open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import polars as pl

from analytics.intake.dates import FIRST_YEAR, LAST_YEAR
from analytics.intake.header_words import bare, words_of
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.text_table import TextTable
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

SEVERAL_FORMS = 'dates of several forms: say written = { date_form = "…" } in the tables of each'

LOOKED_AT = 1000
"""Different texts of each column that are looked at."""

_LOCAL_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-]\d{4}")
_MONTH = re.compile(r"(0?[1-9]|1[0-2])\.(\d{4})")
_DECIMAL = re.compile(r"[<>]?\s*\d+[.,]\d+")
_GROUPED = re.compile(r"[<>]?\s*\d{1,3}([.,' ])\d{3}(?:\1\d{3})*(?!\1)([.,])\d+")
_WHOLE = re.compile(r"[+-]?\d+")

DATE_WORDS: frozenset[str] = frozenset(
    bare(word)
    for table in KNOWN_COLUMNS
    for column, facts in facts_of(SOURCE_TABLES[table]).items()
    if facts.kind == "partial_date"
    for word in words_of(column)
)
"""Every name of a column of dates."""


def suggest_settings(tables: list[TextTable]) -> Iterator[str]:
    """Yield the lines of the settings: what all files show alike, the rest as comments with «?»."""
    yield from _suggest_date_form(tables)
    yield from _suggest_day_counts(tables)
    yield from _suggest_marks(tables)


def _suggest_date_form(tables: list[TextTable]) -> Iterator[str]:
    """Yield the form of local dates, if a day after the twelfth shows it."""
    forms: set[str] = set()
    local = False
    for first, mark, second in _local_dates(tables):
        local = True
        if first > 12:
            forms.add(f"dd{mark}mm{mark}yyyy")
        elif second > 12:
            forms.add(f"mm{mark}dd{mark}yyyy")
    if len(forms) == 1:
        yield f"date_form = {json.dumps(forms.pop())}"
    elif local:
        yield f"# date_form = ?  {SEVERAL_FORMS if forms else 'no date shows whether the day comes first'}"


def _local_dates(tables: list[TextTable]) -> Iterator[tuple[int, str, int]]:
    for column in _columns(tables):
        for text in column:
            if match := _LOCAL_DATE.fullmatch(text):
                yield int(match[1]), match[2], int(match[3])


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


def _suggest_marks(tables: list[TextTable]) -> Iterator[str]:
    """Yield the decimal and thousands marks, if numbers show them and none contradicts; 03.2020 is a month."""
    decimal: set[str] = set()
    thousands: set[str] = set()
    is_open = False
    for text in (text for column in _columns(tables) for text in column):
        if grouped := _GROUPED.fullmatch(text):
            thousands.add(grouped[1])
            decimal.add(grouped[2])
        elif _DECIMAL.fullmatch(text) and not _is_month(text):
            is_open = True
            decimal |= {mark for mark in ".," if mark in text and len(text.partition(mark)[2]) != 3}
    if len(decimal) == 1:
        yield f"decimal_mark = {json.dumps(*decimal)}"
    elif decimal or is_open:
        yield "# decimal_mark = ?  the numbers do not show one mark"
    if len(thousands) == 1 and len(decimal) == 1:
        yield f"thousands_mark = {json.dumps(*thousands)}"
    elif thousands:
        yield "# thousands_mark = ?  the numbers do not show one mark"


def _is_month(text: str) -> bool:
    match = _MONTH.fullmatch(text)
    return match is not None and _is_year(match[2])


def _columns(tables: list[TextTable]) -> Iterator[pl.Series]:
    """Yield the different texts of each column that has any."""
    for table in tables:
        for column in table.rows.select(pl.col(pl.String())).iter_columns():
            texts = column.str.strip_chars().replace("", None).drop_nulls().unique().head(LOOKED_AT)
            if texts.len():
                yield texts
