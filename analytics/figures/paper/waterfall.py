"""Best change of every evaluable line, sorted; row-level, so it is drawn at the full level only."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, write_caption
from analytics.figures.screen.chart import order_groups
from analytics.tables.response_results import ResponseGroup, ResponseResult
from analytics.tables.results import FloatArray

PANEL_INCHES, CAPTION_LINE_INCHES = 1.85, 0.125
MOST_WITH_VALUES = 120
TOP_PERCENT = 100.0
"""Rises beyond are cut there and marked with an arrow and their value, as percentages have no upper end."""

KEY = (
    "Dark: response by the rule; light: none; "
    "hatched: the best value is a quantitation limit, the fall is at least this. Dashed: −50 %."
)


def draw_waterfall(result: ResponseResult, caption: str) -> Figure:
    """Draw one panel a group, all on one scale, with the not evaluable counted in words."""
    groups = [group for group in result.groups if not _changes(result, group.group).is_empty()]
    below = 0.35 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * len(groups) + below + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    places = order_groups(group.group for group in result.groups)
    for index, group in enumerate(groups):
        bottom = below + PANEL_INCHES * (len(groups) - 1 - index) + 0.1
        axes = figure.add_axes((0.1, bottom / height, 0.88, (PANEL_INCHES - 0.35) / height))
        changes = _changes(result, group.group)
        _draw_bars(axes, changes, places[group.group])
        axes.set_title(say_drawn(group, changes.height), fontsize=8, loc="left", pad=3)
    figure.text(0.1, (below - 0.18) / height, KEY, fontsize=7)
    write_caption(figure, caption)
    return figure


def say_drawn(group: ResponseGroup, n_drawn: int) -> str:
    """Say how many lines are drawn, and how many are not and why."""
    without = (group.n_evaluable or n_drawn) - n_drawn
    undrawn = f", evaluable without a percentage {without}" if without else ""
    return f"{group.group}: {n_drawn} lines drawn{undrawn}, not evaluable {group.n_not_evaluable}"


def _changes(result: ResponseResult, group: str) -> pl.DataFrame:
    return result.best_changes.filter(pl.col("group") == group).sort(
        "best_change_pct", "line_key", descending=[True, False]
    )


def _draw_bars(axes: Axes, changes: pl.DataFrame, index: int) -> None:
    values: FloatArray = changes["best_change_pct"].to_numpy()
    is_bound, responded = changes["is_bound"].to_numpy(), changes["responded"].to_numpy()
    colour = colour_of(index)
    is_few = len(values) <= MOST_WITH_VALUES
    for of_bound in (False, True):
        for of_responders in (False, True):
            part = (is_bound == of_bound) & (responded == of_responders)
            axes.bar(
                np.flatnonzero(part),
                np.minimum(values[part], TOP_PERCENT),
                width=0.8 if is_few else 1.0,
                facecolor=(*colour, _shade(is_bound=of_bound, responded=of_responders)),
                edgecolor=colour if is_few or of_bound else "none",
                hatch="//////" if of_bound else "",
                linewidth=0.5 if is_few else 0.0,
            )
    _mark_cut_bars(axes, values)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.axhline(-50, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlim(-0.7, max(len(values), 10) - 0.3)
    axes.set_ylim(-105, TOP_PERCENT + 40 if (values > TOP_PERCENT).any() else TOP_PERCENT)
    axes.set_yticks([-100, -50, 0, 50, 100])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylabel("Best change (%)")


def _shade(*, is_bound: bool, responded: bool) -> float:
    """Return how dark a bar is; outlines would run together where bars are narrow."""
    if not responded:
        return 0.25
    return 0.45 if is_bound else 1.0


def _mark_cut_bars(axes: Axes, values: FloatArray) -> None:
    """Write the value over each bar that was cut, or how many were cut where the values would not be legible."""
    cut = np.flatnonzero(values > TOP_PERCENT)
    if len(values) > MOST_WITH_VALUES and len(cut):
        axes.text(0, TOP_PERCENT + 5, f"↑ {len(cut)} rose by more than {TOP_PERCENT:g} %", va="bottom", fontsize=6.5)
        return
    for place in cut.tolist():
        axes.text(place, TOP_PERCENT + 3, f"↑{values[place]:.0f}", ha="center", va="bottom", fontsize=5, rotation=90)
