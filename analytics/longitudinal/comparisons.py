"""Exact comparisons of measured values with thresholds, and answers that stay undetermined at limits."""

from __future__ import annotations

import polars as pl

TIE_SHARE = 5e-13
"""Two numbers closer than this share of their size are a tie: half a unit in the 13th significant digit, the
convention of admiral's toxicity grades. A fall of exactly 50 % or 30 % then counts however the decimals are
held in binary, and no laboratory reports more digits."""


def is_at_most(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Return ``left`` ≤ ``right`` for numbers that are not negative; a tie in the 13th digit counts as equal."""
    return left <= right * (1 + TIE_SHARE)


def has_surely_fallen(
    low: pl.Expr, high: pl.Expr, base_low: pl.Expr, base_high: pl.Expr, pct: int, *, is_strict: bool = False
) -> pl.Expr:
    """Return yes (true), no (false) or undetermined (null): is the value at least ``pct`` % below the base.

    Value and base are intervals [low, high]; the answer must hold for every value inside them. With
    ``is_strict`` a fall of exactly ``pct`` is not enough.
    """
    kept = 100 - pct
    if is_strict:
        surely, possibly = ~is_at_most(kept * base_low, 100 * high), ~is_at_most(kept * base_high, 100 * low)
    else:
        surely, possibly = is_at_most(100 * high, kept * base_low), is_at_most(100 * low, kept * base_high)
    return pl.when(surely).then(statement=True).when(~possibly).then(statement=False)


def is_surely_at_most(low: pl.Expr, high: pl.Expr, limit: pl.Expr) -> pl.Expr:
    """Return yes, no or undetermined: does the interval [low, high] lie at or below ``limit``."""
    surely, possibly = is_at_most(high, limit), is_at_most(low, limit)
    return pl.when(surely).then(statement=True).when(~possibly).then(statement=False)
