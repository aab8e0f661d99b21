"""The sums that must agree before anything leaves: a contradiction here is our bug, not the hospital's."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.longitudinal.keys import compute_line_key, is_first_of, sum_runs


class ContradictionError(Exception):
    """A derived table contradicts itself (rule V70); nothing may be published."""


_PART = ["endpoint", "rule_set"]


def _cut_parts(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, bool]:
    """Return the rows with ``part``, the parts, and whether each stands in one place and in the order of lines."""
    cut = rows.with_columns(part=pl.struct(_PART).rle_id())
    parts = cut.with_row_index("start").filter(is_first_of("part")).select("part", "start", *_PART)
    is_back = (pl.col("line_key") < pl.col("line_key").shift(1)) & (pl.col("part") == pl.col("part").shift(1))
    is_in_order = not (cut.select(is_back.any()).item() or parts.select(pl.struct(_PART).is_duplicated().any()).item())
    return cut, parts, is_in_order


def _find_parts(times: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the times by endpoint, rule set and line, with ``part``; and ``start``, ``n`` and names of each part.

    They are derived in parts, each in the order of lines: only what came otherwise is put in order.
    """
    rows = times.select(*_PART, "code", "happened", "days", line_key=compute_line_key())
    cut, parts, is_in_order = _cut_parts(rows)
    if not is_in_order:
        cut, parts, _ = _cut_parts(rows.sort(*_PART, "line_key"))
    return cut, parts.with_columns(n=pl.col("start").shift(-1, fill_value=cut.height) - pl.col("start"))


def _check_counts(lines: pl.DataFrame, rows: pl.DataFrame, parts: pl.DataFrame) -> list[str]:
    """Every line has exactly one row an endpoint and rule set: event, censored or excluded."""
    counted = rows.select(
        "part",
        n_repeated=~is_first_of("part", "line_key"),
        n_events=pl.col("code") == 0,
        n_happened="happened",
        n_without_days=pl.col("happened").is_not_null() & (pl.col("days").is_null() | (pl.col("days") < 1)),
        n_without_code=pl.col("happened").is_not_null() & pl.col("code").is_null(),
    )
    sums = sum_runs(counted, "part", *counted.columns[1:])
    wrong = (
        pl.concat([parts, sums.drop("part")], how="horizontal")
        .filter(
            (pl.col("n") != lines.height)
            | (pl.col("n_repeated") > 0)
            | (pl.col("n_events") != pl.col("n_happened"))
            | (pl.col("n_without_days") > 0)
            | (pl.col("n_without_code") > 0)
        )
        .sort("endpoint", "rule_set")
    )
    return [f"{row['endpoint']} ({row['rule_set']}): rows, events or days do not add up" for row in wrong.to_dicts()]


def _check_order(rows: pl.DataFrame, parts: pl.DataFrame) -> list[str]:
    of_default = {
        code: rows.slice(start, n).select("line_key", "days")
        for code, start, n in parts.filter(rule_set="default").select("endpoint", "start", "n").iter_rows()
    }
    if "OS" not in of_default:
        return []
    survival = of_default["OS"].rename({"days": "os_days"})
    found: list[str] = []
    for code in (code for code in ("PFS", "PFS_ALL", "TTP") if code in of_default):
        both = of_default[code].join(survival, on="line_key")
        n_longer = both.filter(pl.col("days") > pl.col("os_days")).height
        found += [f"{n_longer} lines with {code} longer than survival"] if n_longer else []
    return found


def check_derived(derived: Mapping[str, pl.DataFrame]) -> None:
    """Check the derived tables of a study against each other.

    Raises
    ------
    ContradictionError
        If events + censored + excluded are not the lines, an event has no day, progression-free time is
        longer than survival, or a confirmed response has no response.
    """
    rows, parts = _find_parts(derived["times_to_event"])
    wrong = _check_counts(derived["lines"], rows, parts) + _check_order(rows, parts)
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
