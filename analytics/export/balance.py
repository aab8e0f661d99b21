"""What weights did to the groups, as a table, and as it may leave."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.export.rounding import round_figures
from analytics.tables.weighting_results import BalanceRow, Weighting


def write_balance(release: Release) -> dict[str, bytes]:
    """Write ``balance.csv``: standardised differences of the groups before and after weighting."""
    weighting = release.answer.weighting
    return {} if weighting is None else {"balance.csv": table_as_csv(balance_table(weighting))}


def balance_table(weighting: Weighting) -> pl.DataFrame:
    """Return one row a column of the covariates, differences in standard deviations."""
    rows = [(row.name, row.before, row.after) for row in weighting.balance]
    schema = {"covariate": pl.String, "difference.before": pl.Float64, "difference.after": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def make_safe_weighting(weighting: Weighting | None) -> Weighting | None:
    """Return differences in one figure and effective sizes in two, without terms of splines."""
    if weighting is None:
        return None
    shown = (row for row in weighting.balance if ": spline " not in row.name)
    return replace(
        weighting,
        balance=tuple(BalanceRow(row.name, round_figures(row.before, 1), round_figures(row.after, 1)) for row in shown),
        effective_sizes=tuple((group, n, round_figures(size, 2)) for group, n, size in weighting.effective_sizes),
    )
