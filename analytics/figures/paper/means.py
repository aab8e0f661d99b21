"""Restricted means as the areas they are: one panel a group, the curve filled up to the horizon."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, label_months, write_caption
from analytics.figures.paper.survival import SurvivalWords
from analytics.figures.screen.chart import order_groups
from analytics.tables.comparison_results import MeanSurvivalResult
from analytics.tables.results import Estimate

PANEL_INCHES, CAPTION_LINE_INCHES = 2.3, 0.125
COLUMNS = 2


def draw_means(result: MeanSurvivalResult, words: SurvivalWords) -> Figure:
    """Draw each curve with the area up to the horizon filled and its restricted mean said."""
    n_rows = -(-len(result.curves) // COLUMNS)
    below = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    height = PANEL_INCHES * n_rows + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    horizon = result.means.days / DAYS_PER_MONTH
    means = dict(result.means.means)
    colours = order_groups(curve.group for curve in result.curves)
    for place, curve in enumerate(result.curves):
        row, column = divmod(place, COLUMNS)
        bottom = below + PANEL_INCHES * (n_rows - 1 - row) + 0.45
        axes = figure.add_axes((0.085 + 0.495 * column, bottom / height, 0.405, (PANEL_INCHES - 0.75) / height))
        months = np.append(curve.time / DAYS_PER_MONTH, max(float(curve.time[-1]) / DAYS_PER_MONTH, horizon))
        survival = np.append(curve.survival, curve.survival[-1])
        colour = colour_of(colours[curve.group])
        inside = months <= horizon
        edge = np.append(months[inside], horizon)
        level = np.append(survival[inside], survival[inside][-1])
        axes.fill_between(edge, 0, level, step="post", color=colour, alpha=0.25, linewidth=0)
        axes.plot(months, survival, drawstyle="steps-post", color=colour, linewidth=1.2)
        axes.axvline(horizon, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
        axes.text(0.04, 0.06, say_mean(means[curve.group]), transform=axes.transAxes, fontsize=7.5)
        axes.set_ylim(0, 1.005)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        label_months(axes, max(1.0, float(np.ceil(horizon * 1.15))), f"Months from {words.time_zero}")
        axes.set_ylabel(f"{words.outcome} (%)" if column == 0 else "")
        axes.set_title(curve.group, fontsize=8, loc="left", fontweight="bold")
    write_caption(figure, words.caption)
    return figure


def say_mean(mean: Estimate) -> str:
    """Say a restricted mean in months with its limits."""
    value, low, high = (0.0 if part is None else part / DAYS_PER_MONTH for part in (mean.value, mean.low, mean.high))
    return f"{value:.1f} months ({low:.1f} to {high:.1f})"
