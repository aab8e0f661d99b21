"""Cumulative incidence with the other ends competing, and the counts under it on the same axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import (
    WIDTH_INCHES,
    colour_of,
    count_caption_lines,
    dash_of,
    label_months,
    write_caption,
)
from analytics.figures.paper.survival import SurvivalWords
from analytics.figures.screen.chart import order_groups
from analytics.tables.competing_results import CompetingRisksResult, CumulativeIncidence, IncidenceGroup

PLOT_INCHES, ROW_INCHES, LEGEND_LINE_INCHES, CAPTION_LINE_INCHES = 2.7, 0.145, 0.17, 0.125
LEFT, WIDTH = 0.18, 0.8
THIN = 0.9


def draw_incidence(result: CompetingRisksResult, words: SurvivalWords, *, is_coarse: bool = False) -> Figure:
    """Draw the first cause as thick lines with bands and the competing ones thin, a colour a group.

    On a coarse grid points are joined by straight lines and the counts stand at the grid's own months.
    """
    n_rows = len(result.groups) * (2 + len(result.causes) + is_coarse)
    table_inches = n_rows * ROW_INCHES
    caption_inches = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    below = 0.42 + table_inches + caption_inches
    n_lines = len(result.groups) * len(result.causes)
    height = PLOT_INCHES + below + LEGEND_LINE_INCHES * n_lines + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((LEFT, below / height, WIDTH, PLOT_INCHES / height))
    places = order_groups(group.group for group in result.groups)
    for group in result.groups:
        for place, (cause, curve) in enumerate(zip(result.causes, group.curves, strict=True)):
            _draw_curve(axes, curve, f"{group.group}: {cause}", places[group.group], place, is_coarse=is_coarse)
    axes.set_ylim(0, 1.005)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.set_ylabel(f"{words.outcome} (%)")
    end = float(np.ceil(max(_well_followed(group) for group in result.groups) / DAYS_PER_MONTH))
    ticks = label_months(axes, max(end, 1.0), f"Months from {words.time_zero}")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), handlelength=3.4, borderaxespad=0.0, labelspacing=0.35)
    table = figure.add_axes((LEFT, caption_inches / height, WIDTH, table_inches / height), sharex=axes)
    _write_rows(table, result, ticks, end, n_rows, is_coarse=is_coarse)
    write_caption(figure, words.caption)
    return figure


def count_before(group: IncidenceGroup, months: Sequence[float]) -> list[list[int | None]]:
    """Return the lines at risk, and those ended by each cause, just before each month."""
    first = group.curves[0]
    rows = np.searchsorted(first.time, [month * DAYS_PER_MONTH for month in months], side="left")
    ended = [np.concatenate([[0], np.cumsum(curve.n_event)])[rows].tolist() for curve in group.curves]
    return [np.append(first.n_risk, 0)[rows].tolist(), *ended]


def count_at_rows(group: IncidenceGroup, months: Sequence[float]) -> list[list[int | None]]:
    """Return the same after the rows of a coarse table; how many are left after its last row is not in it."""
    at = [int(np.flatnonzero(np.round(group.curves[0].time / DAYS_PER_MONTH) == month)[0]) for month in months]
    left: list[int | None] = [*group.curves[0].n_risk[1:].tolist(), None]
    ended = [np.cumsum(curve.n_event)[at].tolist() for curve in group.curves]
    return [[left[row] for row in at], *ended]


def _well_followed(group: IncidenceGroup) -> float:
    """Return the last day with max(10, 10 %) at risk; the last of all in a small group."""
    curve = group.curves[0]
    enough = curve.n_risk >= max(10.0, 0.1 * group.n_lines)
    return float(curve.time[enough].max() if enough.any() else curve.time[-1])


def _draw_curve(axes: Axes, curve: CumulativeIncidence, label: str, index: int, place: int, *, is_coarse: bool) -> None:
    months = curve.time / DAYS_PER_MONTH
    colour = colour_of(index)
    style = "default" if is_coarse else "steps-post"
    width = 1.5 if place == 0 else THIN
    dash = dash_of(0) if place == 0 else dash_of(1 + place)
    marker = "o" if is_coarse else ""
    axes.plot(
        months, curve.incidence, drawstyle=style, color=colour, linestyle=dash, linewidth=width, marker=marker,
        markersize=2.5, label=label,
    )  # fmt: skip
    if place == 0:
        fill = None if is_coarse else "post"
        axes.fill_between(months, curve.low, curve.high, step=fill, color=colour, alpha=0.15, linewidth=0)


def _write_rows(
    axes: Axes, result: CompetingRisksResult, ticks: Sequence[float], end: float, n_rows: int, *, is_coarse: bool
) -> None:
    axes.set_axis_off()
    axes.set_ylim(n_rows, 0)
    row = 0.5
    places = order_groups(group.group for group in result.groups)
    for group in result.groups:
        months = list(ticks)
        names = ["At risk", *(cause.capitalize() for cause in result.causes)]
        _write_label(axes, row, group.group, colour_of(places[group.group]), is_heading=True)
        if is_coarse:
            months = [float(month) for month in np.round(group.curves[0].time / DAYS_PER_MONTH) if month <= end]
            months = _with_room(months, end)
            row += 1
            _write_label(axes, row, "Month", "black", is_heading=False)
            _write_numbers(axes, row, months, [round(month) for month in months])
        counts = count_at_rows(group, months) if is_coarse else count_before(group, months)
        for name, numbers in zip(names, counts, strict=True):
            row += 1
            _write_label(axes, row, name, "black", is_heading=False)
            _write_numbers(axes, row, months, numbers)
        row += 1


def _with_room(months: list[float], end: float) -> list[float]:
    kept: list[float] = []
    for month in months:
        if not kept or month - kept[-1] >= end / 14:
            kept.append(month)
    return kept


def _write_numbers(axes: Axes, row: float, months: Sequence[float], numbers: Sequence[int | None]) -> None:
    for month, number in zip(months, numbers, strict=True):
        axes.text(month, row, "–" if number is None else str(number), ha="center", va="center", fontsize=7.5)


def _write_label(axes: Axes, row: float, text: str, colour: object, *, is_heading: bool) -> None:
    weight = "bold" if is_heading else "normal"
    axes.text(
        -0.215, row, text, transform=axes.get_yaxis_transform(), ha="left", va="center", fontsize=7.5, color=colour,
        fontweight=weight,
    )  # fmt: skip
