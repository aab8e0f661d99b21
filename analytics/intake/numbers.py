"""Parse a number as people write it; what could mean two numbers is not read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import polars as pl

from analytics.intake.distinct import read_texts

AMBIGUOUS = "ambiguous"
UNREADABLE = "unreadable"

_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_ONE_MARK_THREE_DIGITS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_MARKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})
CACHED_TEXTS = 1 << 17
"""A study says the same numbers again and again, also from one part to the next."""

_SCHEMA: Mapping[str, pl.DataType] = {
    "value": pl.Float64(),
    "problem": pl.String(),
    "a": pl.String(),
    "b": pl.String(),
}


LARGEST_WHOLE = 2**53
"""Whole numbers beyond this are not held exactly; none is written in a cell that asks for one."""


class Cells(Enum):
    """How the cells of a column came.

    Only the door of the source knows; once they are text a number 1.234 looks like a text «1.234».
    """

    TEXTS = "texts"
    NUMBERS = "numbers, and texts whose mark nobody can doubt"
    EITHER = "numbers, and texts that look like them"


@dataclass(frozen=True, slots=True)
class Marks:
    """How a source writes numbers in its texts; an empty mark is not declared. ``cells`` may be numbers already.

    Of a column that ``is_percent`` texts may have the sign, «15 %».
    """

    decimal: str = ""
    thousands: str = ""
    cells: Cells = Cells.TEXTS
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A number, or why there is none; ``a`` and ``b`` are the two readings of an ambiguous one."""

    value: float | None
    problem: str | None = None
    a: str | None = None
    b: str | None = None


@lru_cache(maxsize=CACHED_TEXTS)
def parse_number(text: str, marks: Marks) -> Reading:
    """Read ``text`` as one number.

    Examples
    --------
    >>> parse_number("12,5", Marks()).value
    12.5
    >>> parse_number("1.240,5", Marks()).value
    1240.5
    >>> parse_number("1,234", Marks()).problem
    'ambiguous'
    >>> parse_number("1,234", Marks(decimal=",")).value
    1.234
    >>> parse_number("15 %", Marks(is_percent=True)).value
    15.0
    >>> parse_number("1.234", Marks(",", ".", Cells.NUMBERS)).value
    1.234
    """
    plain = text.strip().translate(_MARKS)
    if marks.is_percent and plain.endswith("%"):
        return parse_number(plain[:-1], replace(marks, cells=Cells.TEXTS, is_percent=False))
    if marks.cells is not Cells.TEXTS and _PLAIN.fullmatch(plain):
        return _parse_cell(plain, marks)
    if not marks.decimal and marks.thousands not in (".", ",") and _ONE_MARK_THREE_DIGITS.fullmatch(plain):
        whole = plain.replace(",", "").replace(".", "")
        return Reading(None, AMBIGUOUS, plain.replace(",", "."), whole)
    for decimal, thousands in _possible_marks(plain, marks):
        value = _with_marks(plain, decimal, thousands)
        if value is not None:
            return Reading(value)
    return Reading(None, UNREADABLE)


def _parse_cell(plain: str, marks: Marks) -> Reading:
    """Read what may be a cell that holds a number: its decimal mark is the point, whatever texts are written with."""
    number = float(plain)
    said = parse_number(plain, replace(marks, cells=Cells.TEXTS)).value
    if not math.isfinite(number):
        return Reading(None, UNREADABLE)
    if marks.cells is Cells.EITHER and said is not None and said != number:
        return Reading(None, AMBIGUOUS, plain, f"{said:.15g}")
    return Reading(number)


def plain_number(marks: Marks, *, is_whole: bool = False) -> pl.Expr:
    """Return the numbers in the column ``text`` that are plain whatever a source declares, null for the others.

    Three digits after a point could be thousands, so that only one or two are plain.
    """
    may_be_cells = marks.cells is not Cells.TEXTS
    has_point = not is_whole and (may_be_cells or (marks.decimal in ("", ".") and marks.thousands != "."))
    pattern = r"^-?\d{1,15}(\.\d{1,2})?$" if has_point else r"^-?\d{1,15}$"
    return pl.when(pl.col("text").str.contains(pattern)).then(pl.col("text").cast(pl.Float64, strict=False))


def read_numbers(texts: pl.Series, marks: Marks, *, is_whole: bool) -> pl.DataFrame:
    """Return of each text its ``value``, an integer if ``is_whole``, or its ``problem``, ``a`` and ``b``."""

    def parse(text: str) -> tuple[Any, ...]:
        reading = parse_number(text, marks)
        value = reading.value
        if is_whole and value is not None and not (value.is_integer() and abs(value) <= LARGEST_WHOLE):
            return None, UNREADABLE, None, None
        return reading.value, reading.problem, reading.a, reading.b

    found = read_texts(texts, parse, _SCHEMA, {"value": plain_number(marks, is_whole=is_whole)})
    return found.cast({"value": pl.Int64}) if is_whole else found


def _possible_marks(text: str, marks: Marks) -> tuple[tuple[str, str], ...]:
    """Return the (decimal, thousands) marks that may be tried on ``text``, declared ones only if any are."""
    if marks.decimal:
        return ((marks.decimal, marks.thousands),)
    if marks.thousands:
        other = "," if marks.thousands == "." else "."
        decimals = (other,) if marks.thousands in (".", ",") else (".", ",")
        return tuple((decimal, marks.thousands) for decimal in decimals)
    if "." in text and "," in text:
        return ((",", "."), (".", ","))
    return ((".", ""), (",", ""))


def _with_marks(text: str, decimal: str, thousands: str) -> float | None:
    """Read ``text`` with known marks; thousands must stand in groups of three before the decimal mark."""
    whole, mark, fraction = text.partition(decimal)
    if thousands and thousands in whole:
        group = re.escape(thousands)
        if not re.fullmatch(rf"[+-]?\d{{1,3}}({group}\d{{3}})+", whole):
            return None
        whole = whole.replace(thousands, "")
    if "." in whole or "." in fraction:
        return None
    joined = f"{whole}.{fraction}" if mark else whole
    if not _PLAIN.fullmatch(joined):
        return None
    value = float(joined)
    return value if math.isfinite(value) else None
