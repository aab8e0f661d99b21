"""Numbers with their limits, one row each: ratios of a model, subgroups or sensitivity analyses, shares, rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, write_caption

ROW_INCHES, CAPTION_LINE_INCHES = 0.19, 0.125
LABEL_SHARE, PLOT_SHARE = 0.47, 0.27
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)
Scale = Literal["ratio", "percent", "change"]
NEUTRAL: dict[Scale, float | None] = {"ratio": 1.0, "percent": None, "change": 0.0}
"""Where a scale says «no difference»: ratios are drawn on a log axis, percents from 0 to 100, changes around 0."""
WIDEST = 30.0
"""Limits beyond 1/30 or 30 are cut there and marked with an arrow."""


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A row: what it is, how many, and a number (``ratio``) with limits; a heading has no counts and no number.

    ``said`` stands on the right: the ratio in words, «reference», or why there is none.
    """

    label: str
    counts: str = ""
    said: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    is_heading: bool = False
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class ForestWords:
    """Texts of a forest: the heading of the counts, the axis, what lies to each side of the middle, the caption.

    ``said`` heads the numbers in words; ``scale`` is that of the axis.
    """

    counts: str
    axis: str
    left: str
    right: str
    caption: str
    said: str = "95 % limits"
    scale: Scale = "ratio"


def draw_forest(rows: Sequence[ForestRow], words: ForestWords) -> Figure:
    """Draw the rows from top to bottom; where the axis has a neutral value it is marked."""
    below = 0.55 + CAPTION_LINE_INCHES * count_caption_lines(words.caption)
    height = below + ROW_INCHES * (len(rows) + 1.4) + 0.1
    figure = Figure(figsize=(WIDTH_INCHES, height))
    bottom = below / height
    axes = figure.add_axes((LABEL_SHARE, bottom, PLOT_SHARE, 1 - bottom - 0.05 / height))
    axes.set_ylim(len(rows), -1.4)
    _set_scale(axes, rows, words)
    _write(axes, -0.7, "", words.counts, words.said, bold=True)
    for place, row in enumerate(rows):
        _write(axes, place, row.label, row.counts, row.said, bold=row.is_heading)
        _draw_row(axes, place, row)
    neutral = NEUTRAL[words.scale]
    if neutral is not None:
        axes.plot([neutral] * 2, [len(rows), -0.4], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
        _name_sides(axes, words)
    write_caption(figure, words.caption)
    return figure


def _name_sides(axes: Axes, words: ForestWords) -> None:
    for x, text, side in ((0.48, f"← {words.left}", "right"), (0.52, f"{words.right} →", "left")):
        axes.text(x, -0.75, text, transform=axes.get_yaxis_transform(), ha=side, va="center", fontsize=6.5, color=GREY)


def _set_scale(axes: Axes, rows: Sequence[ForestRow], words: ForestWords) -> None:
    numbers = [number for row in rows for number in (row.ratio, row.low, row.high) if number is not None]
    if words.scale == "ratio":
        _set_log_scale(axes, [number for number in numbers if number > 0])
    elif words.scale == "percent":
        axes.set_xlim(0, 100)
    else:
        end = 1.08 * max([abs(number) for number in numbers] or [1.0])
        axes.set_xlim(-end, end)
    axes.set_xlabel(words.axis)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _set_log_scale(axes: Axes, numbers: Sequence[float]) -> None:
    far = max([abs(float(np.log(number))) for number in numbers] or [0.0])
    end = float(np.exp(min(max(far * 1.08, np.log(1.6)), np.log(WIDEST))))
    axes.set_xscale("log")
    axes.set_xlim(1 / end, end)
    shown = [tick for tick in TICKS if 1 / end <= tick <= end]
    while len(shown) > 6:
        shown = [tick for tick in shown if tick == 1 or shown.index(tick) % 2 == shown.index(1) % 2]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _write(axes: Axes, place: float, label: str, counts: str, said: str, *, bold: bool) -> None:
    weight = "bold" if bold else "normal"
    scale = axes.get_yaxis_transform()
    indent = 0.0 if bold else 0.035
    texts = ((-LABEL_SHARE / PLOT_SHARE + 0.05 + indent, label, "left"), (-0.06, counts, "right"), (1.05, said, "left"))
    for x, text, side in texts:
        axes.text(x, place, text, transform=scale, ha=side, va="center", fontsize=7.5, fontweight=weight)


def _draw_row(axes: Axes, place: int, row: ForestRow) -> None:
    colour = colour_of(0)
    if row.is_reference:
        axes.plot([1], [place], marker="s", markersize=4, markerfacecolor="white", color=colour)
    if row.ratio is None or row.low is None or row.high is None:
        return
    left, right = axes.get_xlim()
    axes.plot([max(row.low, left), min(row.high, right)], [place, place], color=colour, linewidth=1.1)
    for limit, end, mark in ((row.low, left, "<"), (row.high, right, ">")):
        if limit < left or limit > right:
            axes.plot([end], [place], marker=mark, color=colour, markersize=4, clip_on=False)
    axes.plot([float(np.clip(row.ratio, left, right))], [place], marker="s", markersize=4.5, color=colour)
