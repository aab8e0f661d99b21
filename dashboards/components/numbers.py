"""Results as the tables a person reads: headings, rows of words, nothing computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.questions.wording import share
from analytics.tables.cohort_results import CohortResult, TrajectoryResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Estimate
from analytics.tables.risk_table import count_at_risk
from analytics.tables.survival_results import Landmark, SurvivalResult
from dashboards.components.panel import TableData
from dashboards.words import label

CHANGE_BANDS: tuple[tuple[str, float, float], ...] = (
    ("fall of 90 % or more", -101, -90),
    ("fall of 75 to under 90 %", -90, -75),
    ("fall of 50 to under 75 %", -75, -50),
    ("fall of under 50 %, or none", -50, 0),
    ("rise of up to 50 %", 0, 50),
    ("rise of more than 50 %", 50, float("inf")),
)
"""(words, above, up to) of a change in per cent."""
RISK_MONTHS = (0, 6, 12, 18, 24, 36, 48, 60)


def make_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> TableData:
    """Return the data of a table; a missing cell is a dash."""
    return {"head": list(head), "body": [["–" if cell is None else cell for cell in row] for row in rows]}


def table_of_groups(result: SurvivalResult) -> TableData:
    """Return one row a group: how many, median, survival at the landmarks, follow-up."""
    landmarks = result.groups[0].landmarks if result.groups else ()
    months = [f"{landmark.days / DAYS_PER_MONTH:.0f} months, %" for landmark in landmarks]
    head = ("Group", "Lines", "Events", "Median, months", *months, "Follow-up, months")
    rows = [
        (
            label(group.group),
            group.n_lines,
            group.n_events,
            _limits(group.median, 1 / DAYS_PER_MONTH),
            *(_landmark(item) for item in group.landmarks),
            _limits(group.follow_up, 1 / DAYS_PER_MONTH),
        )
        for group in result.groups
    ]
    return make_table(head, rows)


def _landmark(landmark: Landmark) -> str:
    if landmark.survival.value is None:
        return "beyond follow-up"
    return _limits(landmark.survival, 100)


def _limits(estimate: Estimate, factor: float) -> str:
    """Return an estimate with its limits, short enough for a cell."""
    if estimate.value is None:
        return "not reached" if estimate.low is None else f"not reached (> {estimate.low * factor:.1f})"
    low, high = ("–" if part is None else f"{part * factor:.1f}" for part in (estimate.low, estimate.high))
    return f"{estimate.value * factor:.1f} ({low} to {high})"


def table_of_risk(result: SurvivalResult) -> TableData:
    """Return at risk, events, censored and survival of each group at round months."""
    rows: list[tuple[Any, ...]] = []
    for group in result.groups:
        last = group.curve.time[-1] / DAYS_PER_MONTH
        months = [month for month in RISK_MONTHS if month <= last]
        counts = count_at_risk(group.curve, [month * DAYS_PER_MONTH for month in months])
        for month, (_, at_risk, events, censored) in zip(months, counts.rows(), strict=True):
            at = group.curve.time.searchsorted(month * DAYS_PER_MONTH, side="right") - 1
            limits = Estimate(
                float(group.curve.survival[at]), float(group.curve.low[at]), float(group.curve.high[at]), "share"
            )
            rows.append((label(group.group), month, at_risk, events, censored, share(limits)))
    return make_table(("Group", "Month", "At risk", "Events", "Censored", "Survival (95 % CI)"), rows)


def table_of_bands(result: TrajectoryResult) -> TableData:
    """Return median and quantiles of each group and window, with n."""
    rows = [
        (label(group), window, n, *(None if value is None else f"{value:.2f}" for value in quantiles))
        for group, window, n, *quantiles in result.bands.select(
            "group", "window", "n_lines", "median", "q25", "q75", "q10", "q90"
        ).rows()
    ]
    return make_table(("Group", "Window", "n", "Median", "25 %", "75 %", "10 %", "90 %"), rows)


def table_of_response(result: ResponseResult) -> TableData:
    """Return responders of the evaluable and of all, with the not evaluable counted."""
    head = ("Group", "All", "Evaluable", "Not evaluable", "Responders", "Of evaluable (95 % CI)", "Confirmed", "Of all")
    rows = [
        (
            label(group.group),
            group.n_all,
            group.n_evaluable,
            group.n_not_evaluable,
            group.n_responders,
            share(group.share_of_evaluable),
            group.n_confirmed,
            share(group.share_of_all),
        )
        for group in result.groups
    ]
    return make_table(head, rows)


def table_of_changes(result: ResponseResult) -> TableData:
    """Return how many evaluable lines fell or rose by how much, a row a group and band of change."""
    change = pl.col("best_change_pct")
    bands = {words: change.is_between(low, high, closed="right").sum() for words, low, high in CHANGE_BANDS}
    counts = result.best_changes.group_by("group").agg(**bands)
    groups = [group.group for group in result.groups]
    held = {row["group"]: row for row in counts.iter_rows(named=True)}
    rows = [(words, *(held.get(group, {}).get(words, 0) for group in groups)) for words in bands]
    return make_table(("Best change", *(label(group) for group in groups)), rows)


def table_of_reasons(result: ResponseResult) -> TableData:
    """Return why lines could not be evaluated, counted: a row a reason, a column a group."""
    counts = {(reason, group): n for group, reason, n in result.not_evaluable_reasons}
    groups = [group.group for group in result.groups]
    reasons = dict.fromkeys(reason for reason, _ in counts)
    rows = [(reason, *(counts.get((reason, group), 0) for group in groups)) for reason in reasons]
    return make_table(("Not evaluable because", *(label(group) for group in groups)), rows)


def table_of_characteristics(result: CohortResult) -> TableData:
    """Return who is in: a row a characteristic and category, a column a group."""
    groups = [name for name, _, _ in result.groups]
    held = {
        (what, category, group): f"{n} ({100 * part:.0f} %)"
        for what, category, group, n, part in result.characteristics.select(
            "characteristic", "category", "group", "n", "share"
        ).rows()
    }
    kinds = dict.fromkeys((what, category) for what, category, _ in held)
    rows = [
        (what, _category(category), *(held.get((what, category, group), "0") for group in groups))
        for what, category in kinds
    ]
    return make_table(("Characteristic", "Category", *(label(group) for group in groups)), rows)


def _category(category: str) -> str:
    return {"true": "yes", "false": "no"}.get(category, label(category))


def table_of_frame(rows: pl.DataFrame, headings: dict[str, str]) -> TableData:
    """Return a frame as a table with the columns of ``headings`` under their headings."""
    return make_table(tuple(headings.values()), rows.select(pl.col(list(headings)).cast(pl.String)).rows())
