"""Response categories of a visit: target, non-target and overall, from its sums and lesions."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.visits import NON_TARGET_WORDS


def compute_target_response(criteria: SizeCriteria) -> pl.Expr:
    """Return the target response; progression is also read from an incomplete sum that is large enough."""
    rises = (100 * pl.col("sum") >= criteria.progression_pct * pl.col("nadir")) & (
        pl.col("sum") - pl.col("nadir") >= max(criteria.least_rise_tenths, 1)
    )
    returns = (pl.col("n_back") > 0) & (pl.col("was_gone") | (pl.col("nadir") == 0))
    shrinks = 100 * pl.col("sum") <= criteria.response_pct * pl.col("baseline")
    return (
        pl.when(pl.col("n_targets") == 0)
        .then(pl.lit("NA"))
        .when("is_gone")
        .then(pl.lit("CR"))
        .when((rises | returns).fill_null(value=False))
        .then(pl.lit("PD"))
        .when(~pl.col("is_complete"))
        .then(pl.lit("NE"))
        .when(shrinks)
        .then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
    )


def compute_non_target_response() -> pl.Expr:
    """Return the non-target response: the reader's word first, since only a reader calls it unequivocal."""
    n_others = pl.col("n_others").fill_null(0)
    said = pl.coalesce(
        *(pl.when(pl.col(f"non_target_{code}").fill_null(value=False)).then(pl.lit(code)) for code in NON_TARGET_WORDS)
    )
    return (
        pl.when(said.is_not_null())
        .then(said)
        .when(n_others == 0)
        .then(pl.lit("NA"))
        .when(pl.col("n_others_left") > 0)
        .then(pl.lit("NON_CR_NON_PD"))
        .when(pl.col("n_others_gone") == n_others)
        .then(pl.lit("CR"))
        .otherwise(pl.lit("NE"))
    )


def compute_overall_response() -> pl.Expr:
    """Return the overall response from target, non-target and new lesions (RECIST 1.1, tables 1 and 2)."""
    target, other = pl.col("target"), pl.col("non_target")
    return (
        pl.when((target == "PD") | (other == "PD") | pl.col("has_new_lesion"))
        .then(pl.lit("PD"))
        .when(target == "NA")
        .then(other.replace({"NA": "NE"}))
        .when((target == "CR") & other.is_in(["CR", "NA"]))
        .then(pl.lit("CR"))
        .when(target.is_in(["CR", "PR"]))
        .then(pl.lit("PR"))
        .otherwise(target)
    )
