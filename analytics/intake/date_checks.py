"""Checks of dates against each other, against birth and death, and against the day of the extract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check
from analytics.intake.deaths import PROOFS_OF_LIFE
from analytics.intake.parse import raw
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES
from analytics.tables.relative_days import ZERO

SPELLS: dict[str, tuple[str, str]] = {
    "concomitants": ("start", "end"),
    "treatments": ("start", "end"),
    "symptoms": ("date", "end_date"),
    "toxicities": ("start", "end"),
    "assays": ("valid_from", "valid_to"),
}
"""The first and last day of what lasts, by table."""


def date_columns(table: str) -> tuple[str, ...]:
    """Return the date columns of a table."""
    return tuple(name for name, facts in facts_of(SOURCE_TABLES[table]).items() if facts.kind == "partial_date")


def date_checks(table: str, latest: date | None, settings: Settings) -> Iterator[Check]:
    """Yield the checks that need no other table; ``latest`` is the day the data were taken."""
    first_year = settings.first_believed_year
    for name in date_columns(table):
        if latest is not None and table not in ("assays", "schedule"):
            yield Check("V13", name, pl.col(f"{name}_lo") > latest, {"limit": latest.isoformat()})
        yield Check(
            "V17",
            name,
            pl.col(f"{name}_hi") < pl.date(first_year, 1, 1),
            {"why": f"the year is before {first_year}"},
        )
    if table == "patients":
        year, why = pl.col("birth_year"), f"the year is before {first_year}"
        yield Check("V17", "birth_year", year < first_year, {"why": why})
        if latest is not None:
            yield Check("V13", "birth_year", year > latest.year, {"limit": latest.isoformat()})
    if table in SPELLS:
        start, end = SPELLS[table]
        yield Check("V19", end, pl.col(f"{end}_hi") < pl.col(f"{start}_lo"), {"start": pl.col(raw(start))})


def relative_checks(table: str) -> Iterator[Check]:
    """Yield the checks of tables in which days from a patient's anchor mean nothing, or not any day."""
    if table == "patients":
        yield Check("V78", "birth_date", pl.col("birth_date_lo") > ZERO, {"why": ": a birth lies before it"})
        yield Check("V79", "birth_year", pl.col("birth_year").is_not_null(), per=(), counts={"n": pl.len()})
    for name in date_columns(table) if table == "assays" else ():
        yield Check("V80", name, pl.col(raw(name)).is_not_null())


DEATH_DAY = "first day possible on or after the last proof of life"
"""Which day of a partial date of death is used; see `analytics.intake.deaths`."""


def partial_date_checks(table: str) -> Iterator[Check]:
    """Yield the counts of dates known only to the month or year."""
    for name in date_columns(table):
        is_partial = pl.col(f"{name}_precision") != "D"
        used = {f"{used_day(table, name)} day possible": is_partial}
        if table == "vital_status":
            is_death = (pl.col("kind") == "death").fill_null(value=False)
            used = {f"{used_day(table, name)} day possible": is_partial & ~is_death, DEATH_DAY: is_partial & is_death}
        for which, applies in used.items():
            yield Check("V18", name, applies, {"used": which}, per=(), counts={"n": pl.len()})


def used_day(table: str, column: str) -> str:
    """Return which day of a partial date is used: first, middle or last."""
    if column == "birth_date":
        return "middle"
    is_end = column in ("end", "end_date", "valid_to") or table == "vital_status"
    return "last" if is_end else "first"


def life_checks(table: str) -> Iterator[Check]:
    """Yield the checks against ``_birth_lo``, ``_death_lo`` and ``_death_hi`` of the patient."""
    birth = pl.col("_birth_lo")
    for name in date_columns(table):
        if name == "birth_date":
            continue
        yield Check("V14", name, pl.col(f"{name}_hi") < birth, {"birth": birth.dt.strftime("%Y-%m-%d")})
        if table != "vital_status":
            yield from _death_checks(name, is_proof=PROOFS_OF_LIFE.get(table) == name)
    if table == "vital_status":
        yield Check(
            "V59",
            "date",
            (pl.col("kind") == "alive_contact") & (pl.col("date_lo") > pl.col("_death_hi")),
            {"death": _range_text()},
        )


def _death_checks(name: str, *, is_proof: bool) -> Iterator[Check]:
    """Yield the checks against the death; a day that proves life is not after one known roughly, but narrows it."""
    death = _range_text()
    yield Check("V15", name, pl.col(f"{name}_lo") > pl.col("_death_hi"), {"death": death})
    is_possible = (
        (pl.col(f"{name}_hi") > pl.col("_death_lo"))
        & (pl.col(f"{name}_lo") <= pl.col("_death_hi"))
        & ((pl.col(f"{name}_precision") != "D") | (not is_proof))
    )
    yield Check("V16", name, is_possible, {"death": death})


def _range_text() -> pl.Expr:
    first, last = (pl.col(f"_death_{part}").dt.strftime("%Y-%m-%d") for part in ("lo", "hi"))
    is_day = pl.col("_death_lo") == pl.col("_death_hi")
    return pl.when(is_day).then(first).otherwise(pl.format("between {} and {}", first, last))
