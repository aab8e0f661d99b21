"""What a spreadsheet reader passes over in silence: formula errors, merged cells, numbers held as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import SourceError

_AMBIGUOUS = re.compile(r"\s*[<>≤≥~]?\s*[+-]?[1-9]\d{0,2}[.,]\d{3}\s*")
_LETTERS = 26

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
        References like «B3:B5» of merged cells that span rows.
    text_numbers
        Columns with a text cell whose decimal mark cannot be told, such as «1,234».
    """

    errors: tuple[tuple[int, int, str], ...]
    merged: tuple[str, ...]
    text_numbers: frozenset[int]


def cannot_open(path: Path, error: BaseException) -> SourceError:
    """Return what to tell of a workbook that is damaged, protected by a password, or no workbook."""
    why = next(iter(str(error).splitlines()), type(error).__name__)
    return SourceError(
        f"The workbook cannot be opened ({why}).",
        path.name,
        "Take off its password, or save it again as .xlsx or as CSV UTF-8.",
    )


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
