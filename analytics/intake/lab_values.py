"""Laboratory values: the comparator, the number, the unit and its conversion, the upper limit, the assay."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE, UNIT_SPELLINGS
from analytics.coded_texts import Coded, code_columns
from analytics.intake.distinct import read_texts
from analytics.intake.numbers import CACHED_TEXTS, UNREADABLE, Cells, Marks, parse_number, plain_number
from analytics.intake.parse import problem

_COMPARATORS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">=", "≈": "~", "ca.": "~", "ca": "~"}
_VALUE = re.compile(r"(<=|>=|=<|=>|≤|≥|<|>|~|≈|ca\.?)?\s*(.+)", re.DOTALL | re.IGNORECASE)

_FLAGGED = re.compile(
    r"(?P<rest>.*\d)\s*(?:(?P<bare>HH?|LL?|N|↑↑?|↓↓?)|\((?P<round>HH?|LL?|N|↑↑?|↓↓?)\)|\[(?P<square>HH?|LL?|N|↑↑?|↓↓?)\])",
    re.DOTALL,
)
"""A number and how it lies to the limits of its laboratory, «588 (H)». A «*» may point to any remark, and is none."""

FLAG = problem("value_text", "flag")
"""The column of such flags, in frames that have any: high, low or normal."""

FLAGS = {"H": "high", "↑": "high", "L": "low", "↓": "low", "N": "normal"}

_VALUE_SCHEMA = {
    "comparator": pl.String(),
    "value": pl.Float64(),
    "value_reason": pl.String(),
    "problem": pl.String(),
    "a": pl.String(),
    "b": pl.String(),
    "flag": pl.String(),
}
_SAID_OF_TEXT = ("problem", "a", "b", "flag")
_UNIT_SCHEMA = {
    "_unit": pl.String(),
    "_factor": pl.Float64(),
    "_standard": pl.String(),
    "_low": pl.Float64(),
    "_high": pl.Float64(),
    "_may_be_zero": pl.Boolean(),
    "_is_marker": pl.Boolean(),
    "_units": pl.String(),
}


@lru_cache(maxsize=CACHED_TEXTS)
def parse_lab_value(text: str, marks: Marks) -> tuple[Any, ...]:
    """Read a result as (comparator, value, reason, problem, a, b, flag); words without a digit are a reason.

    An error of a spreadsheet, such as «#N/A», is none.

    Examples
    --------
    >>> parse_lab_value("< 10,5", Marks())[:3]
    ('<', 10.5, None)
    >>> parse_lab_value("haemolysed", Marks())[:3]
    (None, None, 'haemolysed')
    >>> parse_lab_value("588 (H)", Marks())
    (None, 588.0, None, None, None, None, 'high')
    """
    if not text.startswith("#") and not any(character.isdigit() for character in text):
        return None, None, text, None, None, None, None
    flagged = _FLAGGED.fullmatch(text.strip())
    flag = next(filter(None, flagged.group("bare", "round", "square"))) if flagged else ""
    match = _VALUE.fullmatch(flagged["rest"] if flagged else text.strip())
    if match is None:
        return None, None, None, UNREADABLE, None, None, None
    comparator = match[1].casefold() if match[1] else None
    # what stands beside a comparator or a flag is a text, whatever the other cells of the column are
    reading = parse_number(match[2], replace(marks, cells=Cells.TEXTS) if comparator or flag else marks)
    return (
        _COMPARATORS.get(comparator, comparator) if comparator else None,
        reading.value,
        None,
        reading.problem,
        reading.a,
        reading.b,
        FLAGS[flag[0]] if flag and reading.value is not None else None,
    )


def normalise_unit(reported: str, analyte: str) -> str | None:
    """Return the catalogue's spelling of a reported unit, or None when the analyte has no such unit.

    Examples
    --------
    >>> normalise_unit("µg/l", "CGA")
    'ug/L'
    >>> normalise_unit("mg/dl", "CREAT")
    'mg/dL'
    """
    units = [factor.unit for factor in BIOMARKER_BY_CODE[analyte].units]
    text = " ".join(reported.split())
    for spelling, plain in (("", ""), *UNIT_SPELLINGS):
        text = text.replace(spelling, plain) if spelling else text
        if text in units:
            return text
    same = [unit for unit in units if unit.casefold() == text.casefold().replace(" ", "")]
    return same[0] if len(same) == 1 else None


def parse_lab_values(frame: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Add to parsed ``labs`` the value, its problem and flag, the unit and the facts of the analyte.

    ``_unit``, ``_factor`` (to the standard unit; null where it depends on the assay), ``_standard``,
    ``_low`` and ``_high`` (plausible, standard unit), ``_may_be_zero``, ``_is_marker``, ``_units``.
    """
    coded = code_columns({name: frame.get_column(name) for name in ("value_text", "analyte", "unit")})
    texts = coded["value_text"]
    found = read_texts(
        texts.texts, lambda text: parse_lab_value(text, marks), _VALUE_SCHEMA, {"value": plain_number(marks)}
    )
    if found.get_column("flag").null_count() == found.height:
        found = found.drop("flag")
    values = texts.spread(found.rename(lambda name: problem("value_text", name) if name in _SAID_OF_TEXT else name))
    facts = _facts_of_units(coded["analyte"], coded["unit"])
    return frame.hstack([*values.get_columns(), *facts.get_columns()])


def _facts_of_units(analytes: Coded, units: Coded) -> pl.DataFrame:
    """Return what is known of each row's analyte in the row's unit; nulls where there is no analyte."""
    width = len(units.texts) + 1
    pairs = analytes.codes * width + units.codes.fill_null(len(units.texts))
    distinct = pairs.drop_nulls().unique()
    names = [*units.texts, None]
    known = [_unit_facts(analytes.texts[pair // width], names[pair % width]) for pair in distinct]
    places = pl.repeat(None, width * len(analytes.texts), dtype=pl.UInt32, eager=True)
    places = places.scatter(distinct, range(len(distinct)))
    return pl.DataFrame(known, schema=_UNIT_SCHEMA, orient="row")[places[pairs]]


def _unit_facts(analyte: str, unit: str | None) -> tuple[Any, ...]:
    biomarker = BIOMARKER_BY_CODE[analyte]
    name = normalise_unit(unit, analyte) if unit else None
    factor = next((known.factor for known in biomarker.units if known.unit == name), None)
    low, high = biomarker.plausible
    units = ", ".join(known.unit for known in biomarker.units)
    is_marker = biomarker.kind == "marker"
    return name, factor, biomarker.standard_unit, low, high, biomarker.may_be_zero, is_marker, units
