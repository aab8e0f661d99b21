"""The rows under a survival curve: at risk, events and censored, so placed that they cannot drift from the axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import colour_of
from analytics.figures.screen.chart import order_groups
from analytics.tables.risk_table import count_at_risk
from analytics.tables.survival_results import GroupSurvival, SurvivalResult

ROWS = (("At risk", "at_risk"), ("Events", "events"), ("Censored", "censored"))
SMALLEST_GAP = 1 / 14
"""Share of the axis two columns of numbers need between them."""


def count_rows(result: SurvivalResult, *, is_coarse: bool) -> int:
    """Return how many rows the counts of all groups take: a heading and three each, and the month when coarse."""
    return len(result.groups) * (len(ROWS) + (2 if is_coarse else 1))


def write_risk_rows(axes: Axes, result: SurvivalResult, ticks: Sequence[float], end: float, *, is_coarse: bool) -> None:
    """Write the counts of every group, just before each tick, or at the coarse table's own times."""
    axes.set_axis_off()
    axes.set_ylim(count_rows(result, is_coarse=is_coarse), 0)
    row = 0.5
    places = order_groups(group.group for group in result.groups)
    for group in result.groups:
        _label(axes, row, group.group, colour_of(places[group.group]), is_heading=True)
        months = released_months(group, end) if is_coarse else list(ticks)
        if is_coarse:
            row += 1
            _write(axes, row, "Month", months, [f"{month:g}" for month in months])
        counts = counts_shown(group, months, is_coarse=is_coarse)
        for name, values in zip((name for name, _ in ROWS), counts, strict=True):
            row += 1
            _write(axes, row, name, months, [str(value) for value in values])
        row += 1


def counts_shown(group: GroupSurvival, months: Sequence[float], *, is_coarse: bool) -> list[list[int]]:
    """Return at risk, events and censored at ``months``: just before a tick, or after a coarse time."""
    if not is_coarse:
        table = count_at_risk(group.curve, [month * DAYS_PER_MONTH for month in months])
        return [table[column].to_list() for _, column in ROWS]
    curve = group.curve
    at = [int(np.flatnonzero(np.round(curve.time / DAYS_PER_MONTH) == month)[0]) for month in months]
    joined = np.concatenate(([0], curve.n_enter[1:]))
    left = curve.n_risk + joined - curve.n_event - curve.n_censor
    return [[int(values[row]) for row in at] for values in (left, np.cumsum(curve.n_event), np.cumsum(curve.n_censor))]


def released_months(group: GroupSurvival, end: float) -> list[float]:
    """Return the months of a coarse table that have room beside each other on the axis."""
    chosen: list[float] = []
    for month in np.round(group.curve.time / DAYS_PER_MONTH):
        if month <= end and (not chosen or month - chosen[-1] >= SMALLEST_GAP * end):
            chosen.append(float(month))
    return chosen


def _write(axes: Axes, row: float, name: str, months: Sequence[float], texts: Sequence[str]) -> None:
    _label(axes, row, name, "black", is_heading=False)
    for month, text in zip(months, texts, strict=True):
        axes.text(month, row, text, ha="center", va="center", fontsize=7.5)


def _label(axes: Axes, row: float, text: str, colour: object, *, is_heading: bool) -> None:
    axes.text(
        -0.145,
        row,
        text,
        transform=axes.get_yaxis_transform(),
        ha="left",
        va="center",
        fontsize=7.5,
        color=colour,
        fontweight="bold" if is_heading else "normal",
    )
