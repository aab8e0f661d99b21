"""Parse a date that may be known only to the month or year, as the range of days it can be."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from analytics.errors import SettingsError
from analytics.intake.distinct import read_texts
from analytics.intake.month_names import NamedMonth, read_named_month
from analytics.tables.relative_days import FIRST_DAY, LAST_DAY, day_from_anchor

FIRST_YEAR = 1850
LAST_YEAR = 2150
"""Years outside these are typing errors, not dates."""

CACHED_TEXTS = 1 << 16
"""The same days come in every table; 65,536 of them are 179 years."""

_HALF_DAY = r"(0?[1-9]|1[0-2]):[0-5]\d(:[0-5]\d)?\s?[AaPp]\.?[Mm]\.?"
_CLOCK = rf"({_HALF_DAY}|([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?|24:00(:00(\.0+)?)?)"
_TIME = rf"([ T]{_CLOCK}(Z|[+-]\d{{2}}:?\d{{2}})?)?"
_ISO = re.compile(rf"(\d{{4}})(?:-(\d{{2}})(?:-(\d{{2}}){_TIME})?)?")
_LOCAL = re.compile(rf"(\d{{1,2}})[./-](\d{{1,2}})[./-](\d{{4}}|\d{{2}}){_TIME}")
_TIME_AFTER_NAME = _TIME.replace("[ T]", "[ T:]")
"""SAS writes 12JAN2020:08:30:00."""
_SERIAL = re.compile(r"\d{5}(\.\d+)?")

NOT_FORMATTED = ": it looks like the day number of a spreadsheet, whose cell was not formatted as a date"

RELATIVE = "relative"
"""The form of dates given as whole days from the patient's anchor."""

NOT_DAYS = "not days"
"""The problem of a text that is no such count."""

_DAY_COUNT = re.compile(r"[+-]?\d{1,6}")

_PARTS = {"dd": r"(?P<day>\d{1,2})", "mm": r"(?P<month>\d{1,2})", "yyyy": r"(?P<year>\d{4})"}
_FULL_PARTS = _PARTS | {"dd": r"(?P<day>\d{2})", "mm": r"(?P<month>\d{2})"}
"""Nothing stands between the parts of 20200417, so that each has all its digits."""

_SCHEMA: Mapping[str, pl.DataType] = {
    "lo": pl.Date(),
    "hi": pl.Date(),
    "precision": pl.String(),
    "problem": pl.String(),
    "a": pl.String(),
    "b": pl.String(),
}


@dataclass(frozen=True, slots=True)
class DateRange:
    """The first and last day a text allows and how much of the date it gives (D, M, Y); or the problem."""

    lo: date | None = None
    hi: date | None = None
    precision: str | None = None
    problem: str | None = None
    a: str | None = None
    b: str | None = None


@lru_cache(maxsize=CACHED_TEXTS)
def parse_date(text: str, form: str) -> DateRange:
    """Read ISO 8601 (year, month or day, a time is allowed), the declared local ``form``, or days from an anchor.

    A month that is named settles the order of day, month and year, so that no form need be declared.

    Examples
    --------
    >>> parse_date("2017-02", "").hi
    datetime.date(2017, 2, 28)
    >>> parse_date("05.03.2024", "").problem
    'ambiguous'
    >>> parse_date("05.03.2024", "dd.mm.yyyy").lo
    datetime.date(2024, 3, 5)
    >>> parse_date("12-Jan-2020", "").lo
    datetime.date(2020, 1, 12)
    >>> parse_date("2020-01-10", "relative").problem
    'not days'
    """
    plain = text.strip()
    if form == RELATIVE:
        return _parse_days(plain)
    if match := _ISO.fullmatch(plain):
        year, month, day = (int(part) if part else None for part in match.groups()[:3])
        return _range(year, month, day)
    if form and (parts := _by_form(plain, form)) is not None:
        return _range(parts.get("year"), parts.get("month"), parts.get("day"))
    if (named := read_named_month(plain, _TIME_AFTER_NAME)) is not None:
        return _named(named)
    if not form and (match := _LOCAL.fullmatch(plain)):
        return _undeclared(int(match[1]), int(match[2]), match[3])
    is_serial = _SERIAL.fullmatch(plain) is not None
    return DateRange(problem=NOT_FORMATTED if is_serial else "" if not form else f" in the declared form {form}")


def plain_day(form: str) -> pl.Expr:
    """Return the whole ISO days in the column ``text``, null for all other texts."""
    if form == RELATIVE:
        return pl.lit(None, dtype=pl.Date)
    is_day = pl.col("text").str.contains(r"^\d{4}-\d{2}-\d{2}$")
    day = pl.when(is_day).then(pl.col("text")).str.to_date("%Y-%m-%d", strict=False)
    return pl.when(day.is_between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))).then(day)


def read_dates(texts: pl.Series, form: str) -> pl.DataFrame:
    """Return of each text the columns of `DateRange`."""

    def parse(text: str) -> tuple[Any, ...]:
        found = parse_date(text, form)
        return found.lo, found.hi, found.precision, found.problem, found.a, found.b

    if form == RELATIVE:
        return read_texts(texts, parse, _SCHEMA)
    day = plain_day(form)
    plain = {"lo": day, "hi": day, "precision": pl.when(day.is_not_null()).then(pl.lit("D"))}
    return read_texts(texts, parse, _SCHEMA, plain)


def _parse_days(text: str) -> DateRange:
    plain = text.replace("−", "-")
    if not _DAY_COUNT.fullmatch(plain) or not FIRST_DAY <= int(plain) <= LAST_DAY:
        return DateRange(problem=NOT_DAYS)
    day = day_from_anchor(int(plain))
    return DateRange(day, day, "D")


def check_form(form: str) -> None:
    """Refuse a date form that is not made of dd, mm and yyyy with one mark between them.

    Raises
    ------
    SettingsError
        With an example of a good form.
    """
    parts, marks = _parts_of(form)
    if form and (sorted(parts) != ["dd", "mm", "yyyy"] or len(set(marks)) > 1):
        raise SettingsError(
            f"Setting «date_form» cannot be «{form}».",
            "",
            "Write it like dd.mm.yyyy, mm/dd/yyyy or yyyymmdd; dates with the name of the month need no form.",
        )


def _parts_of(form: str) -> tuple[list[str], list[str]]:
    """Return the parts of a form and the marks between them; none between those of yyyymmdd."""
    plain = form.casefold()
    if plain in ("yyyymmdd", "ddmmyyyy", "mmddyyyy"):
        return re.findall("dd|mm|yyyy", plain), []
    return re.split(r"[./ -]", plain), re.findall(r"[./ -]", plain)


def _by_form(text: str, form: str) -> dict[str, int] | None:
    """Read ``text`` by the form, or by its last two or one parts for a date known to the month or year."""
    parts, marks = _parts_of(form)
    mark, digits = (re.escape(marks[0]), _PARTS) if marks else ("", _FULL_PARTS)
    shorter = [part for part in parts if part != "dd"]
    for candidate in (parts, shorter):
        pattern = mark.join(digits[part] for part in candidate)
        if match := re.fullmatch(pattern + _TIME, text):
            return {name: int(value) for name, value in match.groupdict().items()}
    return None


def _range(year: int | None, month: int | None, day: int | None) -> DateRange:
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return DateRange(problem=f": the year is not between {FIRST_YEAR} and {LAST_YEAR}")
    try:
        if month is None:
            return DateRange(date(year, 1, 1), date(year, 12, 31), "Y")
        if day is None:
            return DateRange(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "M")
        return DateRange(date(year, month, day), date(year, month, day), "D")
    except (ValueError, calendar.IllegalMonthError):
        return DateRange(problem=": there is no such day")


def _named(found: NamedMonth) -> DateRange:
    """Return the range of a date whose month is named; two digits of a year may mean two centuries."""
    if len(found.year) == 4:
        return _range(int(found.year), found.month, found.day)
    day = "" if found.day is None else f"-{found.day:02d}"
    a, b = (f"{century}{found.year}-{found.month:02d}{day}" for century in ("19", "20"))
    return DateRange(problem="ambiguous", a=a, b=b)


def _undeclared(first: int, second: int, year: str) -> DateRange:
    """Say what a local date could mean; none is chosen, because the form was not declared."""
    if len(year) == 2:
        return DateRange(problem="ambiguous", a=f"a day of 19{year}", b=f"a day of 20{year}")
    if first <= 12 and second <= 12:
        return DateRange(
            problem="ambiguous", a=f"{year}-{second:02d}-{first:02d}", b=f"{year}-{first:02d}-{second:02d}"
        )
    return DateRange(problem=" of the form 2020-04-17, and no other form was declared")
