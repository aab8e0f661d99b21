"""Spoil a clean extract by the list of imperfections, and say what was done to which cell."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.chance import Chance
from synthetic_data.imperfections import IMPERFECTIONS, KEYS, Imperfection
from synthetic_data.scenario import Scenario

_LATE = 1_000_000
TRACE_COLUMNS: tuple[str, ...] = (
    "imperfection", "finding", "silence", "patient_id", "table", "row_key", "column", "before", "after",
)  # fmt: skip


def blemish(
    scenario: Scenario, chance: Chance, tables: dict[str, pl.DataFrame]
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the spoilt tables and the record of every trace, one row a spoilt row."""
    spoilt = dict(tables)
    traces: list[pl.DataFrame] = []
    for name in KEYS:
        page = _open(tables[name])
        for imperfection in IMPERFECTIONS:
            if imperfection.table == name:
                page, trace = _apply(scenario, chance, page, imperfection)
                traces.append(trace)
        spoilt[name] = page.sort("_number", "_order").select(tables[name].columns)
    return spoilt, pl.concat(traces).sort("patient_id", maintain_order=True)


def _open(table: pl.DataFrame) -> pl.DataFrame:
    """Number the rows of each patient; dates become text, as in any file."""
    number = pl.col("patient_id").str.slice(2).cast(pl.Int64)
    return table.with_columns(pl.col(pl.Date).cast(pl.String)).with_columns(
        _number=number,
        _owner=pl.col("patient_id"),
        _slot=pl.int_range(pl.len()).over("patient_id"),
        _order=2 * pl.int_range(pl.len()).over("patient_id"),
        _is_spoilt=pl.lit(value=False),
    )


def _apply(
    scenario: Scenario, chance: Chance, page: pl.DataFrame, imperfection: Imperfection
) -> tuple[pl.DataFrame, pl.DataFrame]:
    chosen = _choose(scenario, chance, page, imperfection)
    before = page.filter(chosen)
    # a change that looks at the row below must be made while that row is still there
    source = page.with_columns(**imperfection.original).filter(chosen) if imperfection.removes_next else before
    changed = source if imperfection.removes_next else before.with_columns(**imperfection.original)
    changed = changed.with_columns(
        _is_spoilt=pl.lit(value=True),
        _order=pl.col("_order") + (_LATE if imperfection.name == "late_arriving" else 0),
    )
    removed = chosen.shift(1, fill_value=False) if imperfection.removes_next else pl.Series(np.zeros(page.height) > 0)
    parts = [page.filter(~chosen & ~removed), changed]
    if imperfection.copy is not None:
        parts.append(
            before.with_columns(**imperfection.copy, _order=pl.col("_order") + 1, _is_spoilt=pl.lit(value=True))
        )
    return pl.concat(parts), _record(imperfection, before, changed if imperfection.original else parts[-1])


def _choose(scenario: Scenario, chance: Chance, page: pl.DataFrame, imperfection: Imperfection) -> pl.Series:
    """Return which rows are taken: each by its own chance, among those concerned and not yet spoilt."""
    rate = scenario.number(f"imperfections.{imperfection.name}")
    free = page.select((imperfection.concerns & ~pl.col("_is_spoilt")).fill_null(value=False).alias("free"))["free"]
    places = np.flatnonzero(free.to_numpy())
    number, slot = (page[name].to_numpy()[places] for name in ("_number", "_slot"))
    chosen = np.zeros(page.height, dtype=np.bool_)
    chosen[places] = chance.happens(f"imperfection.{imperfection.name}", number, rate, slot)
    if imperfection.can_be_seen is None:
        return pl.Series("chosen", chosen)
    marked = page.with_columns(_chosen=pl.Series(chosen))
    return marked.select((pl.col("_chosen") & imperfection.can_be_seen).alias("chosen"))["chosen"]


def _record(imperfection: Imperfection, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    key = pl.concat_str([pl.col(name) for name in KEYS[imperfection.table]], separator="/")
    return before.select(
        imperfection=pl.lit(imperfection.name),
        finding=pl.lit(imperfection.finding),
        silence=pl.lit(imperfection.silence),
        patient_id=pl.col("_owner"),
        table=pl.lit(imperfection.table),
        row_key=key,
        column=pl.lit(imperfection.trace),
        before=pl.col(imperfection.trace).cast(pl.String),
        after=after[imperfection.trace].cast(pl.String),
    ).select(TRACE_COLUMNS)
