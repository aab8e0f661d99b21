"""Ids that are no study codes: names, birth numbers, telephone numbers, addresses. None of them is ever repeated."""

from __future__ import annotations

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.rules.registry import RULES

_LETTER = r"[^\W\d_]"
_WORD = rf"(?:{_LETTER}['’])?{_LETTER}{{2,}}(?:[-'’]{_LETTER}+)*\.?"
_INITIALS = rf"{_LETTER}\.(?:[- ]?{_LETTER}\.)*"
_PART = rf"(?:{_WORD}|{_INITIALS})"
_NAME = rf"(?:{_PART}(?:(?:,\s*|\s+){_PART})+|{_INITIALS}{_WORD}|{_WORD},\s*{_LETTER})(?:[ ,(]+(?:19|20)\d\d\)?)?"

_PERSONAL = (
    _NAME,
    r"[^@\s]+@[^@\s]+\.[^@\s]+",  # address of a mailbox
    r"\d{6}[-/+ ]\d{3,4}",  # birth number with its separator
    r"\d{8}[-+]\d{4}",
    r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]",
    r"\d{3}-\d{2}-\d{4}",
    r"\d{3} \d{3} \d{3,4}",
    r"[12] \d\d \d\d \d\d \d{3} \d{3}(?: \d\d)?",
    r"756\.\d{4}\.\d{4}\.\d\d",
    r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
    r"\+\d[\d ()/-]{6,}|00\d[\d ()/]{6,}",  # telephone number; «001-002-0003» is a code
)
_ONE_WORD = r"\p{Lu}\p{Ll}{3,}(?:-\p{Lu}\p{Ll}+)*"
_OF_STUDIES = (
    "arm|blank|case|cohort|control|demo|dummy|example|gesamt|group|mean|patient|pool|quality|site|standard|study|"
    "subject|sum|summe|test|total"
)
"""Words that no name has: «PRRT Arm», «Patient A.», «Quality Control»."""


def refuse_personal_ids(patient_ids: pl.DataFrame) -> None:
    """Stop the import when ids are names, birth numbers, telephone numbers or addresses.

    Parameters
    ----------
    patient_ids
        ``patient_id``, ``_file``, ``_row`` of the patients sheet.

    Raises
    ------
    LayoutError
        With the number of rows and the line of the first, never with the value.
    """
    ids = patient_ids.get_column("patient_id")
    one_word = _matches(ids, _ONE_WORD)
    # a single word may be a code; where most ids are one, they are surnames
    are_names = one_word & (2 * one_word.sum() >= len(ids) - ids.null_count())
    hits = patient_ids.filter(_are_personal(ids) | are_names)
    if hits.height:
        first = hits.row(0, named=True)
        count = f"rows: {hits.height}, the first is line {first['_row']}"
        raise _refusal(first["_file"], f"{first['_file']}, line {first['_row']}, patient_id", count)


def refuse_personal_strays(ids: pl.Series, place: str) -> None:
    """Stop the import when ids of another table, which are not on the patients sheet, are personal.

    Raises
    ------
    LayoutError
        With their number, never with the value.
    """
    n_personal = int(_are_personal(ids).sum())
    if n_personal:
        raise _refusal(place, f"{place}, patient_id", f"ids that are not on the patients sheet: {n_personal}")


def _refusal(place: str, where: str, count: str) -> LayoutError:
    rule = RULES["V03"]
    return LayoutError(rule.message.format(place=place, count=count), where, rule.suggestion)


def _are_personal(ids: pl.Series) -> pl.Series:
    is_foreign_word = _matches(ids, _ONE_WORD) & (ids.str.len_bytes() > ids.str.len_chars()).fill_null(value=False)
    of_study = ids.str.contains(rf"(?i)(?:^|[\s,])(?:{_OF_STUDIES})(?:[\s,.]|$)").fill_null(value=False)
    return (_matches(ids, "|".join(_PERSONAL)) | is_foreign_word) & ~of_study


def _matches(ids: pl.Series, pattern: str) -> pl.Series:
    """Say which ids are of a pattern as a whole, but for spaces and characters that cannot be seen."""
    return ids.str.replace_all(r"\p{Cf}", "").str.contains(rf"\A\s*(?:{pattern})\s*\z").fill_null(value=False)
