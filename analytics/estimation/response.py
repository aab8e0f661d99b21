"""Marker response by group: shares of the evaluable and of all, with exact limits."""

from __future__ import annotations

import polars as pl

from analytics.estimation.proportion import ProportionMethod, estimate_proportion, proportion_method
from analytics.tables.response_results import ResponseGroup, ResponseResult

RESPONDER, NON_RESPONDER = "responder", "non_responder"


def estimate_response(
    frame: pl.DataFrame,
    *,
    analyte: str,
    rule_id: str,
    method: ProportionMethod = "exact",
    level: float = 0.95,
) -> ResponseResult:
    """Estimate the share of lines that respond, by group.

    Parameters
    ----------
    frame
        One row a line: ``group``, ``line_key`` (opaque), ``status`` (responder, non_responder, undetermined or
        not_evaluable), ``reason``, ``is_confirmed``, ``best_change_pct`` (%) and ``best_is_bound``. Undetermined lines
        count with the not evaluable.
    analyte, rule_id
        Names carried into the result.
    """
    lines = frame.with_columns(
        is_evaluable=pl.col("status").is_in([RESPONDER, NON_RESPONDER]),
        responded=pl.col("status") == RESPONDER,
    )
    groups = tuple(
        _estimate_group(str(label), part, method, level)
        for (label,), part in lines.sort("group", maintain_order=True).group_by("group", maintain_order=True)
    )
    reasons = (
        lines.filter(~pl.col("is_evaluable"))
        .group_by("group", "reason")
        .len()
        .sort("group", "len", "reason", descending=[False, True, False])
    )
    best = lines.filter(pl.col("is_evaluable") & pl.col("best_change_pct").is_not_null()).select(
        "line_key", "group", "best_change_pct", is_bound=pl.col("best_is_bound").fill_null(False), responded="responded"
    )
    return ResponseResult(
        analyte,
        rule_id,
        groups,
        tuple((str(group), str(reason), int(count)) for group, reason, count in reasons.iter_rows()),
        best.sort("group", "best_change_pct", "line_key"),
        (proportion_method(method),),
    )


def _estimate_group(group: str, lines: pl.DataFrame, method: ProportionMethod, level: float) -> ResponseGroup:
    n_all = lines.height
    n_evaluable = int(lines["is_evaluable"].sum())
    n_responders = int(lines["responded"].sum())
    n_confirmed = int((lines["responded"] & lines["is_confirmed"].fill_null(False)).sum())
    return ResponseGroup(
        group,
        n_all,
        n_evaluable,
        n_all - n_evaluable,
        n_responders,
        n_confirmed,
        estimate_proportion(n_responders, n_evaluable, method, level),
        estimate_proportion(n_responders, n_all, method, level),
        estimate_proportion(n_confirmed, n_evaluable, method, level),
    )
