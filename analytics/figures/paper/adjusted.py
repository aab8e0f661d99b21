"""Curves of a model with the groups made the same people, over what was observed; beyond follow-up marked as model."""

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
from analytics.tables.regression_results import AdjustedCurve, ModelResult
from analytics.tables.survival_results import SurvivalCurve

PLOT_INCHES, LEGEND_LINE_INCHES, CAPTION_LINE_INCHES = 2.9, 0.17, 0.125


def draw_adjusted(result: ModelResult, words: SurvivalWords) -> Figure:
    """Draw the adjusted curves thick with their bands, Kaplan–Meier's thin, and what is extrapolated dotted on grey."""
    below = 0.45 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    height = PLOT_INCHES + below + LEGEND_LINE_INCHES * (len(result.adjusted) + 1) + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((0.085, below / height, 0.895, PLOT_INCHES / height))
    end = max(float(item.curve.days[-1]) for item in result.adjusted) / DAYS_PER_MONTH
    places = order_groups(item.group for item in result.adjusted)
    for curve in result.observed:
        _draw_observed(axes, curve, places[curve.group], end)
    for item in result.adjusted:
        _draw_curve(axes, item, places[item.group])
    _shade_beyond(axes, result.adjusted[0], end)
    axes.set_ylim(0, 1.005)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.set_ylabel(f"{words.outcome} (%)")
    label_months(axes, max(1.0, float(np.ceil(end))), f"Months from {words.time_zero}")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), handlelength=3.4, borderaxespad=0.0, labelspacing=0.35)
    write_caption(figure, words.caption)
    return figure


def _draw_curve(axes: Axes, item: AdjustedCurve, place: int) -> None:
    curve, colour = item.curve, colour_of(place)
    months = np.append(0.0, curve.days / DAYS_PER_MONTH)
    survival, low, high = (np.append(1.0, part) for part in (curve.survival, curve.low, curve.high))
    beyond = np.append(False, curve.is_extrapolated)
    label = f"{item.group}, adjusted (n = {item.n_lines})"
    axes.plot(months[~beyond], survival[~beyond], color=colour, linestyle=dash_of(place), label=label)
    if beyond.any():
        joined = beyond | np.append(beyond[1:], False)
        axes.plot(months[joined], survival[joined], color=colour, linestyle=(0, (2, 2)), linewidth=1.0)
    axes.fill_between(months, low, high, where=np.isfinite(low).tolist(), color=colour, alpha=0.15, linewidth=0)


def _draw_observed(axes: Axes, curve: SurvivalCurve, place: int, end: float) -> None:
    shown = curve.time / DAYS_PER_MONTH <= end
    axes.plot(
        curve.time[shown] / DAYS_PER_MONTH, curve.survival[shown], drawstyle="steps-post", color=colour_of(place),
        linewidth=0.6, alpha=0.7,
    )  # fmt: skip


def _shade_beyond(axes: Axes, item: AdjustedCurve, end: float) -> None:
    """Shade what lies beyond follow-up: there the curve is the model's word alone."""
    curve = item.curve
    if not curve.is_extrapolated.any():
        return
    start = float(curve.days[curve.is_extrapolated][0]) / DAYS_PER_MONTH
    axes.axvspan(start, end, color=GREY, alpha=0.12, linewidth=0, zorder=0)
    axes.text((start + end) / 2, 0.96, "model, not data", ha="center", va="top", fontsize=7.5, color=GREY)
