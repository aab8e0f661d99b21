"""Are hazards proportional, by eye: cumulative hazards of the groups on logarithmic axes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import WIDTH_INCHES, colour_of, count_caption_lines, dash_of, write_caption
from analytics.figures.screen.chart import order_groups
from analytics.tables.survival_results import SurvivalResult

PLOT_INCHES, LEGEND_LINE_INCHES, CAPTION_LINE_INCHES = 2.8, 0.17, 0.125
MONTHS = (0.1, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 36, 60, 120, 240)
HAZARDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)


def draw_log_hazards(result: SurvivalResult, caption: str) -> Figure:
    """Draw −log S of each group against time from its first event on."""
    below = 0.45 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PLOT_INCHES + below + LEGEND_LINE_INCHES * len(result.groups) + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((0.095, below / height, 0.885, PLOT_INCHES / height))
    places = order_groups(group.group for group in result.groups)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for group in result.groups:
        curve, place = group.curve, places[group.group]
        shown = (curve.survival > 0) & (curve.survival < 1)
        axes.plot(
            curve.time[shown] / DAYS_PER_MONTH, -np.log(curve.survival[shown]), drawstyle="steps-post",
            color=colour_of(place), linestyle=dash_of(place), label=f"{group.group} (n = {group.n_lines})",
        )  # fmt: skip
    for axis, ticks in ((axes.xaxis, MONTHS), (axes.yaxis, HAZARDS)):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("Months (log)")
    axes.set_ylabel("Cumulative hazard (log)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), handlelength=3.4, borderaxespad=0.0, labelspacing=0.35)
    write_caption(figure, caption)
    return figure
