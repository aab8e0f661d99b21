"""What the courses of a line come to in one row: who and what, its days, and how it ended."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.longitudinal.runs import Places, differs_from_before, measure_runs


def _select_single(alone: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of one course, which is what `_reduce_courses` makes of it."""
    return alone.select(
        "line_id", "pid", "patient_id", "treatment", "stated_no", "is_procedure", "treatment_key", "n_cycles",
        pl.col("cumulative_activity_gbq").round(6),
        "start", "start_lo", "start_hi", "start_precision", "_file", "_row", "open_end", "is_ongoing", "stop_reason",
        end_date="end",
    )  # fmt: skip


_REDUCED = (
    "line_id", "pid", "patient_id", "category", "treatment", "stated_no", "is_procedure", "treatment_key", "n_cycles",
    "cumulative_activity_gbq", "start", "start_lo", "start_hi", "start_precision", "_file", "_row", "open_end", "end",
    "is_ongoing", "stop_reason", "rank",
)  # fmt: skip


def _reduce_courses(members: pl.DataFrame) -> pl.DataFrame:
    """Reduce the courses of each line to one row; dates are those of the part that names the line."""
    ordered = members.select(_REDUCED).sort("line_id", "rank", "start", "treatment_key", nulls_last=True)
    if ordered.is_empty():
        return _select_single(ordered)
    opening = np.flatnonzero(differs_from_before(ordered["line_id"].to_numpy()))
    named = ordered[opening]
    is_of_ssa = np.repeat((named["treatment"] == "SSA").to_numpy(), measure_runs(opening, ordered.height))
    leads = (ordered["category"] != "SSA").to_numpy() | is_of_ssa
    leading = ordered.filter(pl.Series(leads)).sort("line_id", "start", "rank", "treatment_key", nulls_last=True)
    return pl.concat([_sum_courses(ordered, opening, named), _date_courses(leading)], how="horizontal")


def _date_courses(leading: pl.DataFrame) -> pl.DataFrame:
    """Return what the courses that lead each line say of its days, those of the first and the last end."""
    opening = np.flatnonzero(differs_from_before(leading["line_id"].to_numpy()))
    ends, open_end = leading["end"].to_physical(), leading["open_end"].to_physical().to_numpy()
    lacks_end = np.logical_or.reduceat(ends.is_null().to_numpy(), opening)
    last_end = pl.Series(np.maximum.reduceat(ends.fill_null(0).to_numpy(), opening)).cast(pl.Date)
    # why it ended is why its last part did: a part that was changed for another did not end the line
    is_later = open_end.astype(np.int64) * 2 + leading["stop_reason"].is_not_null().to_numpy()
    last = np.maximum.reduceat(is_later * leading.height + np.arange(leading.height), opening) % leading.height
    return leading.select("start", "start_lo", "start_hi", "start_precision", "_file", "_row")[opening].with_columns(
        open_end=pl.Series(np.maximum.reduceat(open_end, opening)).cast(pl.Date),
        is_ongoing=pl.Series(np.logical_or.reduceat(leading["is_ongoing"].to_numpy(), opening)),
        stop_reason=leading["stop_reason"].gather(last),
        end_date=last_end.set(pl.Series(lacks_end), None),
    )


def _sum_courses(ordered: pl.DataFrame, opening: Places, named: pl.DataFrame) -> pl.DataFrame:
    """Return what the courses of each line come to; ``named`` are those that name it, the first ones."""
    activity, n_cycles = ordered["cumulative_activity_gbq"], ordered["n_cycles"].to_numpy()
    is_known = activity.is_not_null().to_numpy()
    lacks = (ordered["category"] == "PRRT").to_numpy() & (n_cycles > 0) & ~is_known
    # to the kilobecquerel, so that the order of adding up leaves no trace
    total = pl.Series(np.add.reduceat(activity.fill_null(0.0).to_numpy(), opening)).round(6)
    is_sum = np.logical_or.reduceat(is_known, opening) & ~np.logical_or.reduceat(lacks, opening)
    return named.select("line_id", "pid", "patient_id", "treatment", "stated_no").with_columns(
        is_procedure=pl.Series(np.logical_and.reduceat(ordered["is_procedure"].to_numpy(), opening)),
        treatment_key=pl.Series(np.minimum.reduceat(ordered["treatment_key"].to_numpy(), opening)),
        n_cycles=pl.Series(np.add.reduceat(n_cycles, opening, dtype=n_cycles.dtype)),
        cumulative_activity_gbq=total.set(pl.Series(~is_sum), None),
    )


def derive_line_rows(members: pl.DataFrame) -> pl.DataFrame:
    """Return one row a line; most lines have one course, and are taken as they are."""
    is_together = members["line_id"].is_duplicated()
    alone = _select_single(members.filter(~is_together))
    together = _reduce_courses(members.filter(is_together))
    return pl.concat([alone, together.select(alone.columns)])
