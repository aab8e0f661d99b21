"""Response categories of a visit: target, non-target and overall, from its sums and lesions."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.visits import NON_TARGET_WORDS

_CATEGORIES = pl.Enum(("CR", "PR", "SD", "NON_CR_NON_PD", "PD", "NE", "NA"))


def _is(category: str) -> pl.Expr:
    return pl.lit(category, dtype=_CATEGORIES)


def compute_target_response(criteria: SizeCriteria) -> pl.Expr:
    """Return the target response; progression is also read from an incomplete sum that is large enough."""
    rises = (100 * pl.col("sum") >= criteria.progression_pct * pl.col("nadir")) & (
        pl.col("sum") - pl.col("nadir") >= max(criteria.least_rise_tenths, 1)
    )
    returns = pl.col("is_back") & (pl.col("was_gone") | (pl.col("nadir") == 0))
    shrinks = 100 * pl.col("sum") <= criteria.response_pct * pl.col("baseline")
    return (
        pl.when(pl.col("n_targets") == 0)
        .then(_is("NA"))
        .when("is_gone")
        .then(_is("CR"))
        .when((rises | returns).fill_null(value=False))
        .then(_is("PD"))
        .when(~pl.col("is_complete"))
        .then(_is("NE"))
        .when(shrinks)
        .then(_is("PR"))
        .otherwise(_is("SD"))
    )


def compute_non_target_response() -> pl.Expr:
    """Return the non-target response: the reader's word first, since only a reader calls it unequivocal."""
    n_others = pl.col("n_others").fill_null(0)
    said = pl.coalesce(
        *(pl.when(pl.col("said") == place).then(_is(code)) for place, code in enumerate(NON_TARGET_WORDS))
    )
    return (
        pl.when(pl.col("said").is_not_null())
        .then(said)
        .when(n_others == 0)
        .then(_is("NA"))
        .when("is_other_left")
        .then(_is("NON_CR_NON_PD"))
        .when(pl.col("n_others_gone") == n_others)
        .then(_is("CR"))
        .otherwise(_is("NE"))
    )


def compute_overall_response() -> pl.Expr:
    """Return the overall response from target, non-target and new lesions (RECIST 1.1, tables 1 and 2)."""
    target, other = pl.col("target"), pl.col("non_target")
    return (
        pl.when((target == "PD") | (other == "PD") | pl.col("has_new_lesion"))
        .then(_is("PD"))
        .when((target == "NA") & (other == "NA"))
        .then(_is("NE"))
        .when(target == "NA")
        .then(other)
        .when((target == "CR") & other.is_in(["CR", "NA"]))
        .then(_is("CR"))
        .when(target.is_in(["CR", "PR"]))
        .then(_is("PR"))
        .otherwise(target)
    )
