"""Checks that need one cell only: is it there, is it a code, a date, a number, within its limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from analytics.catalogue.codes import CODE_LISTS, SPELLINGS
from analytics.intake.checks import Check, codes_text, number_text
from analytics.intake.codes import nearest
from analytics.intake.dates import NOT_DAYS
from analytics.intake.distinct import words_of_distinct
from analytics.intake.numbers import AMBIGUOUS
from analytics.intake.parse import problem, raw
from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.registry import SOURCE_TABLES

OWN_LIMITS = {
    ("lesions", "longest_mm"),
    ("lesions", "short_mm"),
    ("lesions", "suv_max"),
    ("lesions", "suv_mean"),
    ("cycles", "activity_gbq"),
    ("toxicities", "grade"),
}
"""Columns whose limits have a rule of their own."""

CAUTIOUS = {
    ("patients", "consent_to_research"): ("N", "the patient is in no analysis"),
    ("imaging", "adequate"): ("N", "the examination shows no response"),
}
"""Columns in which an empty cell permits something that a cell nobody can read must not: what it is taken as."""


def cell_checks(table: str, parsed: Collection[str]) -> Iterator[Check]:
    """Yield the checks of every declared column of ``table``, of which ``parsed`` are the parsed columns."""
    for name, facts in facts_of(SOURCE_TABLES[table]).items():
        if facts.is_essential and name != "patient_id":
            yield Check("V74", name, pl.col(raw(name)).is_null())
        if facts.kind in ("code", "codes"):
            yield _code_check(table, name, facts)
        elif facts.kind == "partial_date" and problem(name) in parsed:
            yield from _date_checks(name)
        elif facts.kind in ("number", "integer") and (table, name) != ("toxicities", "grade"):
            if problem(name) in parsed:
                yield from _number_checks(name, facts)
            if (table, name) not in OWN_LIMITS:
                yield from _limit_checks(name, facts)


def take_cautiously(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the cells of `CAUTIOUS` columns that could not be read as what is told of them (V86)."""
    for (name, column), (code, _) in CAUTIOUS.items():
        if name == table and frame.get_column(column).null_count() > frame.get_column(raw(column)).null_count():
            is_unread = pl.col(raw(column)).is_not_null() & pl.col(column).is_null()
            frame = frame.with_columns(pl.when(is_unread).then(pl.lit(code)).otherwise(column).alias(column))
    return frame


def _code_check(table: str, name: str, facts: ColumnFacts) -> Check:
    values = CODE_LISTS[facts.code_list].values
    known = (*values, *SPELLINGS.get(facts.code_list, ()))
    near = words_of_distinct(raw(name), lambda text: nearest(text, values) or nearest(text, known))
    fires = pl.col(raw(name)).is_not_null() & pl.col(name).is_null()
    fields = {"known": codes_text(values), "near": near}
    if (table, name) == ("labs", "status"):
        # elsewhere the column is often one of the hospital's own that says something else: «completed», «deceased»
        return Check("V85", name, fires, fields)
    if (table, name) in CAUTIOUS:
        code, so = CAUTIOUS[table, name]
        return Check("V86", name, fires, fields | {"taken": f"{code} until corrected: {so}"})
    return Check("V09", name, fires, fields)


def _date_checks(name: str) -> Iterator[Check]:
    why = pl.col(problem(name))
    yield Check(
        "V11",
        name,
        why == AMBIGUOUS,
        {"a": pl.col(problem(name, "a")), "b": pl.col(problem(name, "b"))},
    )
    yield Check("V78", name, why == NOT_DAYS, {"why": ""})
    yield Check("V10", name, why.is_not_null() & ~why.is_in([AMBIGUOUS, NOT_DAYS]), {"why": why})


def _number_checks(name: str, facts: ColumnFacts) -> Iterator[Check]:
    why = pl.col(problem(name))
    yield Check(
        "V21",
        name,
        why == AMBIGUOUS,
        {"a": pl.col(problem(name, "a")), "b": pl.col(problem(name, "b"))},
    )
    kind = "whole number" if facts.kind == "integer" else "number"
    yield Check("V20", name, why.is_not_null() & (why != AMBIGUOUS), {"kind": kind})


def _limit_checks(name: str, facts: ColumnFacts) -> Iterator[Check]:
    bounds = (
        [pl.col(name) < facts.low] if facts.low is not None else [],
        [pl.col(name) > facts.high] if facts.high is not None else [],
    )
    outside = [bound for side in bounds for bound in side]
    if outside:
        low = "" if facts.low is None else f" At least {facts.low:g}."
        high = "" if facts.high is None else f" At most {facts.high:g}."
        yield Check(
            "V22",
            name,
            pl.any_horizontal(outside),
            {"what": name, "value": number_text(name), "limits": low + high},
        )
