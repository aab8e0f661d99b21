"""The Kaplan–Meier figure of a paper: curves with bands, and the counts under them on the same axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import (
    GREY,
    WIDTH_INCHES,
    colour_of,
    count_caption_lines,
    dash_of,
    label_months,
    write_caption,
)
from analytics.figures.paper.risk_rows import count_rows, write_risk_rows
from analytics.figures.screen.chart import order_groups
from analytics.tables.results import Estimate, FloatArray
from analytics.tables.risk_table import faded_from
from analytics.tables.survival_results import GroupSurvival, SurvivalResult

MOST_WITH_CENSOR_MARKS = 500
FADED = 0.35
PLOT_INCHES, LEGEND_LINE_INCHES, ROW_INCHES, CAPTION_LINE_INCHES = 2.9, 0.17, 0.145, 0.125


@dataclass(frozen=True, slots=True)
class SurvivalWords:
    """What the figure says beside its numbers: the y axis, what time counts from, the caption.

    ``is_of_states``: each curve is of whoever stands in a state on each day, so no median of a group is drawn.
    """

    outcome: str
    time_zero: str
    caption: str
    is_of_states: bool = False


def draw_survival(result: SurvivalResult, words: SurvivalWords, *, is_coarse: bool = False) -> Figure:
    """Draw the curves of ``result`` in months.

    Parameters
    ----------
    result
        Curves in days, one a group.
    words
        Axis and caption texts.
    is_coarse
        The curves are life tables on a coarse grid: points are joined by straight lines, without censor marks,
        and the counts stand at the grid's own times.
    """
    rows = count_rows(result, is_coarse=is_coarse)
    table_inches = rows * ROW_INCHES
    caption_inches = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    below = 0.42 + table_inches + caption_inches
    height = PLOT_INCHES + below + LEGEND_LINE_INCHES * len(result.groups) + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    left, width = 0.135, 0.845
    axes = figure.add_axes((left, below / height, width, PLOT_INCHES / height))
    end = axis_end(result)
    places = order_groups(group.group for group in result.groups)
    for group in result.groups:
        median = "" if words.is_of_states else f": {say_median(group.median, is_coarse=is_coarse)}"
        label = f"{group.group} (n = {group.n_lines}){median}"
        _draw_group(axes, group, label, places[group.group], is_coarse=is_coarse)
        if not words.is_of_states:
            _draw_median(axes, group.median, places[group.group])
    axes.set_ylim(0, 1.005)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.set_ylabel(f"{words.outcome} (%)")
    ticks = label_months(axes, end, f"Months from {words.time_zero}")
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        handlelength=3.4,
        borderaxespad=0.0,
        borderpad=0.1,
        labelspacing=0.35,
    )
    table = figure.add_axes((left, caption_inches / height, width, table_inches / height), sharex=axes)
    write_risk_rows(table, result, ticks, end, is_coarse=is_coarse)
    write_caption(figure, words.caption)
    return figure


def axis_end(result: SurvivalResult) -> float:
    """Return the month the axis ends at: where every group has fallen below max(10, 10 % of its lines)."""
    limits = [faded_from(group) for group in result.groups]
    shown = max(limits) or max(float(group.curve.time[-1]) for group in result.groups)
    return max(1.0, float(np.ceil(shown / DAYS_PER_MONTH)))


def say_median(median: Estimate, *, is_coarse: bool = False) -> str:
    """Say a median given in days, in months with its limits (whole months when coarse), or that it was not reached."""
    digits = 0 if is_coarse else 1
    low = "–" if median.low is None else f"{median.low / DAYS_PER_MONTH:.{digits}f}"
    if median.value is None:
        return "median not reached" + ("" if median.low is None else f" (lower limit {low} months)")
    if median.low is None and median.high is None:
        return f"median {median.value / DAYS_PER_MONTH:.{digits}f} months (limits not estimable)"
    high = "not reached" if median.high is None else f"{median.high / DAYS_PER_MONTH:.{digits}f}"
    return f"median {median.value / DAYS_PER_MONTH:.{digits}f} months ({100 * median.level:g} % CI {low} to {high})"


def _draw_group(axes: Axes, group: GroupSurvival, label: str, index: int, *, is_coarse: bool) -> None:
    curve, colour, dash = group.curve, colour_of(index), dash_of(index)
    months: FloatArray = curve.time / DAYS_PER_MONTH
    points = "o" if is_coarse else ""
    style = "default" if is_coarse else "steps-post"
    fill = None if is_coarse else "post"
    edge = faded_from(group)
    sure = curve.time <= edge
    later = curve.time >= edge
    axes.plot(
        months[sure],
        curve.survival[sure],
        drawstyle=style,
        color=colour,
        linestyle=dash,
        marker=points,
        markersize=3,
        label=label,
    )
    axes.plot(months[later], curve.survival[later], drawstyle=style, color=colour, linestyle=dash, alpha=FADED)
    for part, alpha in ((sure, 0.16), (later, 0.06)):
        axes.fill_between(
            months[part], curve.low[part], curve.high[part], step=fill, color=colour, alpha=alpha, linewidth=0
        )
    if group.n_lines <= MOST_WITH_CENSOR_MARKS and not is_coarse:
        for part, alpha in ((sure, 0.9), (~sure, FADED)):
            marks = part & (curve.n_censor > 0)
            axes.plot(
                months[marks],
                curve.survival[marks],
                "|",
                color=colour,
                markersize=4.5,
                markeredgewidth=0.7,
                alpha=alpha,
            )


def _draw_median(axes: Axes, median: Estimate, index: int) -> None:
    if median.value is None:
        return
    month = median.value / DAYS_PER_MONTH
    axes.plot([0, month, month], [0.5, 0.5, 0], color=GREY, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    axes.plot([month], [0], marker="^", color=colour_of(index), markersize=4, clip_on=False, zorder=5)
