"""What the values of one series say under a named rule of response, and which series answers for a line."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.longitudinal.comparisons import has_surely_fallen, is_surely_at_most
from analytics.longitudinal.keys import is_first_of, sort_by_key
from analytics.longitudinal.marker_follow_up import Window
from analytics.longitudinal.marker_units import is_unit_of

ANSWERS: dict[str, tuple[str, str]] = {
    "responds": ("responder", "{rule}"),
    "open": ("undetermined", "a value beyond a quantitation limit leaves it open"),
    "none": ("non_responder", "no value satisfies the rule"),
    "not_raised": ("not_evaluable", "baseline not above {limit} × ULN"),
    "no_limit": ("not_evaluable", "no upper limit for the baseline"),
    "only_raised": ("not_evaluable", "the fall was seen only under PPI, with low eGFR or atrophic gastritis"),
    "all_raised": ("not_evaluable", "every later value under PPI, with low eGFR or atrophic gastritis"),
}
"""Status and reason of each answer about a series; of several series of a marker the one named first answers."""

_ANSWER = pl.Enum(list(ANSWERS))

_NOT_EVALUABLE = "not_raised"
"""From here on the answers are one status: the earliest response cannot choose between them."""


def _compute_verdict(rule: ResponseRule) -> pl.Expr:
    """Return whether one value satisfies the rule: yes, no, or null when its bounds leave it open."""
    low, high = pl.col("day_low"), pl.col("day_high")
    base_low, base_high = pl.col("baseline_low"), pl.col("baseline_high")
    fall = has_surely_fallen(low, high, base_low, base_high, rule.fall_pct, is_strict=rule.is_strict)
    normal = is_surely_at_most(low, high, pl.col("compared_uln"))
    return {"ignored": fall, "required": fall & normal, "sufficient": fall | normal, "alone": normal}[
        rule.normalisation
    ]


def judge_series(window: Window, rule: ResponseRule) -> pl.DataFrame:
    """Return for each run its first and last satisfying value and whether any stays open or cannot be assessed."""
    verdict = window.days.select(_compute_verdict(rule)).to_series()
    is_yes, is_open = verdict.fill_null(value=False).to_numpy(), verdict.is_null().to_numpy()
    first, last = window.find_among(np.flatnonzero(is_yes & window.is_assessable))
    return pl.DataFrame(
        {
            "is_open": window.have(is_open & window.is_assessable),
            "is_raised": window.have(is_yes & ~window.is_assessable),
            "first": window.days["place"].gather(first),
            "response_date": window.days["date"].gather(first),
            "last_yes": window.days["date"].gather(last),
        }
    )


def compute_answer(rule: ResponseRule) -> pl.Expr:
    """Return which of the answers holds for a series of ``unit_key``; ``baseline_*`` are those of its baseline."""
    times = pl.lit(rule.baseline_over_uln)
    for analyte, of_marker in rule.baseline_over_uln_of:
        times = pl.when(is_unit_of(analyte)).then(of_marker).otherwise(times)
    limit = pl.col("baseline_uln") * times
    raised = ~is_surely_at_most(pl.col("baseline_low"), pl.col("baseline_high"), limit)
    needs = pl.lit(value=rule.needs_raised_baseline)
    return (
        pl.when(needs & pl.col("baseline_uln").is_null())
        .then(pl.lit("no_limit", dtype=_ANSWER))
        .when(needs & ~raised.fill_null(value=False))
        .then(pl.lit("not_raised", dtype=_ANSWER))
        .when(pl.col("response_date").is_not_null())
        .then(pl.lit("responds", dtype=_ANSWER))
        .when("is_open")
        .then(pl.lit("open", dtype=_ANSWER))
        .when("is_raised")
        .then(pl.lit("only_raised", dtype=_ANSWER))
        .when(~pl.col("has_assessable"))
        .then(pl.lit("all_raised", dtype=_ANSWER))
        .otherwise(pl.lit("none", dtype=_ANSWER))
    )


def choose_series(summaries: pl.DataFrame) -> pl.DataFrame:
    """Keep one series a line and marker: the one that answers, the earliest response first."""
    order = pl.min_horizontal(
        pl.col("answer").to_physical(), pl.lit(list(ANSWERS).index(_NOT_EVALUABLE), dtype=pl.UInt8)
    )
    ranked = summaries.with_columns(order=order)
    return sort_by_key(ranked, "unit_key", "order", "response_date", "series", "compared_unit").filter(
        is_first_of("unit_key")
    )
