"""A marker in time since the start: median and quantile bands in windows, with the number sampled in each."""

from __future__ import annotations

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.figures.paper.fold_axis import set_fold_scale, widen
from analytics.figures.paper.ink import (
    GREY,
    WIDTH_INCHES,
    colour_of,
    count_caption_lines,
    dash_of,
    label_months,
    write_caption,
)
from analytics.figures.screen.chart import order_groups
from analytics.tables.cohort_results import TrajectoryResult

PANEL_INCHES, CAPTION_LINE_INCHES = 2.35, 0.125
BANDS = (("q10", "q90", 0.14), ("q25", "q75", 0.26))
MARKERS = ("o", "s", "D", "P", "h", "*")


def draw_trajectory(result: TrajectoryResult, time_zero: str, caption: str) -> Figure:
    """Draw one panel a group on a log scale of fold-ULN, the upper limit of normal as a line.

    A quantile that is missing is not drawn, and a line is never drawn across a window without it.
    """
    bands = result.bands.with_columns(pl.col(name).cast(pl.Float64) for name in ("q10", "q25", "median", "q75", "q90"))
    groups = bands["group"].unique(maintain_order=True).to_list()
    below = 0.8 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * len(groups) + below - 0.25
    figure = Figure(figsize=(WIDTH_INCHES, height))
    low, high = _limits(bands)
    end = find_end(bands)
    places = order_groups(groups)
    for index, group in enumerate(groups):
        bottom = below + PANEL_INCHES * (len(groups) - 1 - index) - 0.2
        axes = figure.add_axes((0.1, bottom / height, 0.865, (PANEL_INCHES - 0.65) / height))
        part = bands.filter(pl.col("group") == group)
        draw_bands(axes, part, places[group])
        set_fold_scale(axes, low, high, f"{result.analyte} (× ULN, log)")
        label_months(axes, end, f"Months from {time_zero}" if index == len(groups) - 1 else "")
        axes.set_xlim(-0.03 * end, end)
        axes.set_title(str(group), fontsize=8, loc="left", pad=14, fontweight="bold", color=colour_of(places[group]))
        _write_sampled(axes, part)
    write_caption(figure, caption)
    return figure


def find_end(bands: pl.DataFrame) -> float:
    """Return the month at which the axis ends: a little after the last window."""
    return max(6.0, *bands["mid_months"].drop_nulls()) * 1.04


def draw_bands(axes: Axes, part: pl.DataFrame, index: int) -> None:
    """Draw the median of one group as a line and its quantiles as bands; ``index`` is its place in the palette."""
    colour = colour_of(index)
    months = part["mid_months"].to_numpy()
    for low, high, alpha in BANDS:
        bottom, top = part[low].to_numpy(), part[high].to_numpy()
        axes.fill_between(months, bottom, top, color=colour, alpha=alpha, linewidth=0)
        axes.vlines(months, bottom, top, color=colour, alpha=alpha + 0.2, linewidth=0.8)
    marker = MARKERS[index % len(MARKERS)]
    axes.plot(months, part["median"].to_numpy(), color=colour, linestyle=dash_of(index), marker=marker, markersize=4)


def _write_sampled(axes: Axes, part: pl.DataFrame) -> None:
    for month, n in part.select("mid_months", "n_lines").rows():
        axes.text(
            month, 1.0, f"n = {n}" if month == 0 else f"{n}", transform=axes.get_xaxis_transform(), ha="center",
            va="bottom", fontsize=7, color=GREY,
        )  # fmt: skip


def _limits(bands: pl.DataFrame) -> tuple[float, float]:
    drawn = bands.select(low=pl.min_horizontal("q10", "q25", "median"), high=pl.max_horizontal("q90", "q75", "median"))
    lowest, highest = drawn["low"].min(), drawn["high"].max()
    low = float(lowest) if isinstance(lowest, float) else 0.3
    high = float(highest) if isinstance(highest, float) else 3.0
    return widen(low, high)
