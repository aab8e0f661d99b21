"""Settled rows → the accepted table: typed columns, the day used of each partial date, provenance."""

from __future__ import annotations

from functools import cache

import polars as pl

from analytics.intake.date_checks import SPELLS, date_columns, used_day
from analytics.intake.parse import STATUS, raw
from analytics.tables.accepted import accepted_columns
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES


def accepted_form(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the accepted rows of a settled table in the declared columns, in the order of their patients."""
    texts, days, chosen = _steps(table)
    status = frame.get_column(STATUS)
    whole = frame.with_columns(texts).with_columns(days).select(chosen).get_columns()
    del frame
    rows = pl.DataFrame(whole) if status.null_count() == len(status) else _filter(whole, status.is_null())
    if "pid" in rows.columns and not rows.get_column("pid").is_sorted():
        rows = rows.sort("pid", maintain_order=True)
    return rows


@cache
def _steps(table: str) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """Return the texts of dates, the days used, and the declared columns."""
    return (
        [pl.col(raw(name)).alias(f"{name}_text") for name in date_columns(table)],
        [_day(table, name) for name in date_columns(table)],
        [pl.col(name).cast(kind) for name, kind in accepted_columns(table, SOURCE_TABLES[table]).items()],
    )


def _filter(columns: list[pl.Series], is_kept: pl.Series) -> pl.DataFrame:
    """Filter columns one by one and let go of each, so that they are not held twice; ``columns`` is emptied."""
    kept: list[pl.Series] = []
    while columns:
        kept.append(columns.pop(0).filter(is_kept))
    return pl.DataFrame(kept)


def _day(table: str, name: str) -> pl.Expr:
    """Return the day used in analysis: of a start the first possible, of an end the last, never after death."""
    first, last = pl.col(f"{name}_lo"), pl.col(f"{name}_hi")
    which = used_day(table, name)
    if which == "middle":
        year = pl.when(pl.col(f"{name}_precision") == "Y").then(pl.date(first.dt.year(), 6, 30))
        month = pl.when(pl.col(f"{name}_precision") == "M").then(first + pl.duration(days=14))
        return pl.coalesce(year, month, first).alias(name)
    if which == "first":
        return first.alias(name)
    if table in SPELLS and "patient_id" in facts_of(SOURCE_TABLES[table]):
        last = pl.max_horizontal(pl.min_horizontal(last, pl.col("_death_hi")), first)
        last = pl.when(first.is_not_null()).then(last)
    return last.alias(name)
