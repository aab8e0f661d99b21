"""Days counted from a patient's own anchor, where a de-identified source gives no dates.

Such a count is computed with as the day so far from `ZERO`. The years around it are those no calendar date of a
source may have, so that a count can always be told from a date and is never shown as one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl

ZERO = date(2300, 1, 1)
"""The day that stands for every patient's anchor."""

FIRST_DAY, LAST_DAY = -44_000, 29_000
"""Counts beyond 120 years before the anchor or 79 after it are typing errors, not days of a life."""

_YEARS = (2170, 2400)
_DAY = re.compile(r"\b2(?:1[789]|[23]\d)\d-\d\d-\d\d\b")


def day_from_anchor(days: int) -> date:
    """Return the day that stands for a count of days from the anchor."""
    return ZERO + timedelta(days=days)


def is_from_anchor(day: date) -> bool:
    """Return whether a day stands for a count."""
    return _YEARS[0] <= day.year < _YEARS[1]


def say_day(day: date) -> str:
    """Say a day as ISO 8601 or, where it stands for a count, as the count.

    Examples
    --------
    >>> say_day(date(2020, 3, 1)), say_day(day_from_anchor(-7))
    ('2020-03-01', 'day -7')
    """
    return f"day {(day - ZERO).days}" if is_from_anchor(day) else day.isoformat()


def say_days(sentence: str) -> str:
    """Return a sentence in which every day that stands for a count is said as the count.

    Examples
    --------
    >>> say_days("The contact on 2300-01-15 is after the death on 2020-03-01.")
    'The contact on day 14 is after the death on 2020-03-01.'
    """
    return _DAY.sub(lambda found: say_day(date.fromisoformat(found[0])), sentence)


def with_days_said(sentences: pl.Expr) -> pl.Expr:
    """Return an expression of sentences with `say_days` applied to each."""

    def say(told: pl.Series) -> pl.Series:
        dated = told.filter(told.str.contains(_DAY.pattern)).unique()
        return told.replace({sentence: say_days(sentence) for sentence in dated}) if dated.len() else told

    return sentences.map_batches(say, return_dtype=pl.String(), is_elementwise=True)


def count_days(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with the days of each column that stand for counts as numbers of days (Int32).

    Columns of calendar dates stay as they are.
    """
    counted = [column.name for column in table.iter_columns() if column.dtype == pl.Date and _holds_counts(column)]
    return table.with_columns((pl.col(name) - pl.lit(ZERO)).dt.total_days().cast(pl.Int32) for name in counted)


def calendar_text(day: pl.Expr) -> pl.Expr:
    """Return a day as ISO 8601 text; null where it stands for a count, which has no date."""
    return pl.when(~day.dt.year().is_between(*_YEARS, closed="left")).then(day.dt.to_string("iso"))


def word_texts(table: pl.DataFrame) -> pl.DataFrame:
    """Return an accepted table with the reported texts of its dates worded as days: «14» as «day 14»."""
    texts = [f"{name}_text" for name in table.columns if table.schema[name] == pl.Date]
    return table.with_columns((pl.lit("day ") + pl.col(name)).alias(name) for name in texts if name in table.columns)


def _holds_counts(days: pl.Series) -> bool:
    latest = days.max()
    return isinstance(latest, date) and is_from_anchor(latest)
