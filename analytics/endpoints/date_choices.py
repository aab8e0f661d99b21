"""Partial dates taken at their first, or at their last, possible day."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_SUFFIXES = {"earliest": "_lo", "latest": "_hi"}


def derive_with_dates(tables: Mapping[str, pl.LazyFrame], dates: str) -> dict[str, pl.LazyFrame]:
    """Return accepted tables with every date at its «earliest» or «latest» possible day; complete dates stay."""
    suffix = _SUFFIXES[dates]
    return {name: _move(table, suffix) for name, table in tables.items()}


def _move(table: pl.LazyFrame, suffix: str) -> pl.LazyFrame:
    names = set(table.collect_schema().names())
    partial = [name for name in names if f"{name}_lo" in names and f"{name}_hi" in names]
    return table.with_columns(pl.coalesce(f"{name}{suffix}", name).alias(name) for name in partial)


def has_partial_dates(tables: Mapping[str, pl.LazyFrame]) -> bool:
    """Return whether any date of the accepted tables is known only to its month or year."""
    for table in tables.values():
        precisions = [name for name in table.collect_schema().names() if name.endswith("_precision")]
        if precisions and table.select(pl.any_horizontal((pl.col(precisions) != "D").any())).collect().item():
            return True
    return False
