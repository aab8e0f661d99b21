"""Survival from times known between visits, beside the curve by the day of detection and smooth models."""

from __future__ import annotations

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
from analytics.figures.paper.survival import SurvivalWords
from analytics.figures.screen.chart import order_groups
from analytics.tables.competing_results import IntervalGroup, IntervalModel, IntervalSurvivalResult
from analytics.tables.survival_results import IntervalCurve

PANEL_INCHES, CAPTION_LINE_INCHES = 2.7, 0.125
COLUMNS = 2


def draw_intervals(result: IntervalSurvivalResult, words: SurvivalWords) -> Figure:
    """Draw one panel a group: boxes where Turnbull's curve is not known, steps of detection, dashed models."""
    n_rows = -(-len(result.groups) // COLUMNS)
    below = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    height = PANEL_INCHES * n_rows + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    end = max(_last_day(group) for group in result.groups) / DAYS_PER_MONTH
    colours = order_groups(group.group for group in result.groups)
    for place, group in enumerate(result.groups):
        row, column = divmod(place, COLUMNS)
        bottom = below + PANEL_INCHES * (n_rows - 1 - row) + 0.45
        axes = figure.add_axes((0.085 + 0.495 * column, bottom / height, 0.405, (PANEL_INCHES - 0.75) / height))
        _draw_group(axes, group, colours[group.group])
        label_months(axes, max(float(np.ceil(end)), 1.0), f"Months from {words.time_zero}")
        axes.set_ylim(0, 1.005)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        axes.set_ylabel(f"{words.outcome} (%)" if column == 0 else "")
        axes.set_title(f"{group.group}, n = {group.n_lines}", fontsize=8, loc="left", fontweight="bold")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper right", fontsize=6.5, handlelength=3, frameon=True, framealpha=0.8, edgecolor="none")
    write_caption(figure, words.caption)
    return figure


def _last_day(group: IntervalGroup) -> float:
    if group.detection is not None:
        enough = group.detection.n_risk >= max(10.0, 0.1 * group.n_lines)
        return float(group.detection.time[enough].max() if enough.any() else group.detection.time[-1])
    return max([float(model.curve.days[-1]) for model in group.models if model.curve is not None] or [1.0])


def _draw_group(axes: Axes, group: IntervalGroup, place: int) -> None:
    if group.detection is not None:
        months = group.detection.time / DAYS_PER_MONTH
        axes.plot(
            months, group.detection.survival, drawstyle="steps-post", color=GREY, linewidth=0.9, label="by detection"
        )
    if group.curve is not None:
        _draw_turnbull(axes, group.curve, place)
    if group.curve is not None and group.limits is not None:
        months, known = group.curve.right / DAYS_PER_MONTH, np.isfinite(group.limits.low)
        axes.fill_between(
            months[known], group.limits.low[known], group.limits.high[known], step="post", color=colour_of(place),
            alpha=0.12, linewidth=0,
        )  # fmt: skip
    for number, model in enumerate(group.models):
        _draw_model(axes, model, number)


def _draw_turnbull(axes: Axes, curve: IntervalCurve, place: int) -> None:
    """Draw the curve where it is known, and a box from one level to the next over each interval."""
    seen = np.isfinite(curve.right)
    left, right, after = (values[seen] / scale for values, scale in (
        (curve.left, DAYS_PER_MONTH), (curve.right, DAYS_PER_MONTH), (curve.survival, 1.0)
    ))  # fmt: skip
    levels = np.concatenate([[1.0], after])
    colour = colour_of(place)
    for x, width, high, low in zip(left, right - left, levels, after, strict=False):
        axes.fill_between([x, x + width], [low, low], [high, high], color=colour, alpha=0.35, linewidth=0)
    still = curve.left[~seen] / DAYS_PER_MONTH
    starts = np.concatenate([[0.0], right])
    ends = np.concatenate([left, np.maximum(still.max(initial=0.0), right.max(initial=0.0))[None]])
    axes.hlines(levels, starts, ends, color=colour, linewidth=1.5, label="by intervals (Turnbull)")
    axes.vlines(right, after, levels[:-1], color=colour, linewidth=0.6, alpha=0.6)


def _draw_model(axes: Axes, model: IntervalModel, number: int) -> None:
    if model.curve is None:
        return
    months = model.curve.days / DAYS_PER_MONTH
    within = ~model.curve.is_extrapolated
    axes.plot(
        months[within], model.curve.survival[within], color="black", linestyle=dash_of(number + 1), linewidth=0.8,
        label=f"{model.family} model",
    )  # fmt: skip
