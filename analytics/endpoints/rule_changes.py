"""What each choice of rules would move: the answer of every line beside the one it is compared with."""

from __future__ import annotations

import polars as pl

UNCHANGED = "unchanged"
_KEY = ["pid", "line_no", "endpoint"]


def compute_change(happened: pl.Expr, days: pl.Expr, usual: pl.Expr, usual_days: pl.Expr) -> pl.Expr:
    """Return in words how one answer of a line differs from the usual one; null ``happened`` is left out."""
    return (
        pl.when(happened.is_null() & usual.is_null())
        .then(pl.lit("left out by both"))
        .when(happened.is_null())
        .then(pl.lit("left out here only"))
        .when(usual.is_null())
        .then(pl.lit("left out by the default only"))
        .when(happened & ~usual)
        .then(pl.lit("event here, censored by the default"))
        .when(~happened & usual)
        .then(pl.lit("censored here, event by the default"))
        .when(days != usual_days)
        .then(pl.lit("the same on another day"))
        .otherwise(pl.lit(UNCHANGED))
    )


def derive_changes(times: pl.DataFrame, usual: pl.DataFrame) -> pl.DataFrame:
    """Return ``times`` with ``usual_days``, ``usual_happened`` and ``change`` against the same line of ``usual``.

    Parameters
    ----------
    times, usual
        ``pid``, ``line_no``, ``endpoint``, ``days``, ``happened``; ``usual`` has one row a line and endpoint.
    """
    beside = usual.select(*_KEY, usual_happened="happened", usual_days="days")
    change = compute_change(*(pl.col(name) for name in ("happened", "days", "usual_happened", "usual_days")))
    return times.join(beside, on=_KEY, how="left", maintain_order="left").with_columns(change=change)


def derive_rule_changes(times: pl.DataFrame) -> pl.DataFrame:
    """Return the times under every other rule set with their ``change`` against the default."""
    is_default = pl.col("rule_set") == "default"
    return derive_changes(times.filter(~is_default), times.filter(is_default))
