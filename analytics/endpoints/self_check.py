"""The sums that must agree before anything leaves: a contradiction here is our bug, not the hospital's."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


class ContradictionError(Exception):
    """A derived table contradicts itself (rule V70); nothing may be published."""


def _check_counts(lines: pl.DataFrame, times: pl.DataFrame) -> list[str]:
    """Every line has exactly one row an endpoint and rule set: event, censored or excluded."""
    counts = times.group_by("endpoint", "rule_set").agg(
        n=pl.len(),
        n_lines=pl.struct("pid", "line_no").n_unique(),
        n_events=(pl.col("code") == 0).sum(),
        n_happened=pl.col("happened").sum(),
        n_without_days=(pl.col("happened").is_not_null() & (pl.col("days").is_null() | (pl.col("days") < 1))).sum(),
        n_without_code=(pl.col("happened").is_not_null() & pl.col("code").is_null()).sum(),
    )
    wrong = counts.filter(
        (pl.col("n") != lines.height)
        | (pl.col("n_lines") != lines.height)
        | (pl.col("n_events") != pl.col("n_happened"))
        | (pl.col("n_without_days") > 0)
        | (pl.col("n_without_code") > 0)
    ).sort("endpoint", "rule_set")
    return [f"{row['endpoint']} ({row['rule_set']}): rows, events or days do not add up" for row in wrong.to_dicts()]


def _check_order(times: pl.DataFrame) -> list[str]:
    default = times.filter(pl.col("rule_set") == "default").select("pid", "line_no", "endpoint", "days")
    survival = default.filter(endpoint="OS").select("pid", "line_no", os_days="days")
    longer = (
        default.filter(pl.col("endpoint").is_in(["PFS", "PFS_ALL", "TTP"]))
        .join(survival, on=["pid", "line_no"])
        .filter(pl.col("days") > pl.col("os_days"))
    )
    return [f"{n} lines with {code} longer than survival" for code, n in longer["endpoint"].value_counts().iter_rows()]


def check_derived(derived: Mapping[str, pl.DataFrame]) -> None:
    """Check the derived tables of a study against each other.

    Raises
    ------
    ContradictionError
        If events + censored + excluded are not the lines, an event has no day, progression-free time is
        longer than survival, or a confirmed response has no response.
    """
    wrong = _check_counts(derived["lines"], derived["times_to_event"]) + _check_order(derived["times_to_event"])
    responses = derived["marker_responses"]
    confirmed = responses.filter(pl.col("is_confirmed").fill_null(value=False) & (pl.col("status") != "responder"))
    if confirmed.height:
        wrong.append(f"{confirmed.height} confirmed marker responses without a response")
    best = derived["best_responses"].filter(
        pl.col("confirmed_response_date").is_not_null() & pl.col("response_date").is_null()
    )
    if best.height:
        wrong.append(f"{best.height} confirmed responses without a response")
    if wrong:
        raise ContradictionError("Internal check failed: " + "; ".join(wrong) + ". Nothing is published.")
