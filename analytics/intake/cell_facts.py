"""What a spreadsheet reader passes over in silence: formula errors, merged cells, numbers held as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import SourceError

_AMBIGUOUS = re.compile(r"\s*[<>≤≥~]?\s*[+-]?[1-9]\d{0,2}[.,]\d{3}\s*")
_LETTERS = 26
_BRACKETS = re.compile(r"\[[^\]]*\]")
_LITERALS = re.compile(r'"[^"]*"|\\.')
_COMPARATOR = re.compile("[<>≤≥~]")
_END_OF_DAYS = 2_958_466

SHOWN_OTHERWISE, NEVER_CALCULATED, NO_DATE = "V88", "V89", "V90"
"""The rules that cells break which hold another thing than they show, or nothing yet."""

UNNAMED_ERROR = "#ERROR"
"""What is told of an error that has no word."""


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What a sheet's own file says of its cells; columns are counted from 0, rows from 1.

    Attributes
    ----------
    errors
        (row, column, «#DIV/0!») of every cell that holds an error.
    merged
        References like «B3:B5» of merged cells.
    text_numbers
        Columns with a text cell whose decimal mark cannot be told, such as «1,234».
    unread
        (row, column, rule, what is there) of every cell that holds another thing than it shows, or nothing yet.
    """

    errors: tuple[tuple[int, int, str], ...]
    merged: tuple[str, ...]
    text_numbers: frozenset[int]
    unread: tuple[tuple[int, int, str, str], ...] = ()


def cannot_open(path: Path, error: BaseException) -> SourceError:
    """Return what to tell of a workbook that is damaged, protected by a password, or no workbook."""
    why = next(iter(str(error).splitlines()), type(error).__name__)
    return SourceError(
        f"The workbook cannot be opened ({why}).",
        path.name,
        "Take off its password, or save it again as .xlsx or as CSV UTF-8.",
    )


def changes_meaning(number_format: str) -> bool:
    """Say whether a number shown in this format means another one: a share of hundred, or a bound.

    Conditions and colours in brackets, and a percent sign that is only written beside the number, change nothing.

    Examples
    --------
    >>> [changes_meaning(text) for text in ("0.0%", '"<"0', '0"%"', '#,##0.0 "ng/mL"', "[<5]0;0.0")]
    [True, True, False, False, False]
    """
    bare = _BRACKETS.sub("", number_format)
    return _COMPARATOR.search(bare) is not None or "%" in _LITERALS.sub("", bare)


def shows_bound(text: str) -> bool:
    """Say whether a number is shown with a comparator."""
    return _COMPARATOR.search(text) is not None


def is_date_format(number_format: str) -> bool:
    """Say whether a number shown in this format is shown as a day.

    Examples
    --------
    >>> [is_date_format(text) for text in ("yyyy-mm-dd", "[$-407]d. mmmm yyyy", "[Red]0.0", '0 "days"', "h:mm")]
    [True, True, False, False, False]
    """
    bare = _LITERALS.sub("", _BRACKETS.sub("", number_format)).casefold()
    return "general" not in bare and ("y" in bare or "d" in bare)


def is_no_date(value: float) -> bool:
    """Say whether a number is no day a spreadsheet can show: it has those to the end of the year 9999."""
    return not 0 <= value < _END_OF_DAYS


def is_ambiguous(text: str) -> bool:
    """Say whether a text is a number whose decimal mark cannot be told.

    Examples
    --------
    >>> is_ambiguous("<1,234"), is_ambiguous("0,234"), is_ambiguous("1,23")
    (True, False, False)
    """
    return _AMBIGUOUS.fullmatch(text) is not None


def range_name(first: tuple[int, int], last: tuple[int, int]) -> str:
    """Return the name of the range between two cells, each (row from 1, column from 0).

    Examples
    --------
    >>> range_name((3, 0), (12, 27))
    'A3:AB12'
    """
    return f"{_cell_name(*first)}:{_cell_name(*last)}"


def _cell_name(row: int, column: int) -> str:
    letters = ""
    left = column + 1
    while left:
        left, letter = divmod(left - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
