"""Every line's own values behind the bands of its group: how far single courses stray from the median."""

from __future__ import annotations

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.fold_axis import set_fold_scale, widen
from analytics.figures.paper.ink import (
    GREY,
    WIDTH_INCHES,
    colour_of,
    count_caption_lines,
    label_months,
    write_caption,
)
from analytics.figures.paper.trajectory import draw_bands, find_end
from analytics.figures.screen.chart import order_groups
from analytics.tables.cohort_results import TrajectoryResult

PANEL_INCHES, CAPTION_LINE_INCHES = 2.6, 0.125
MOST_LINES = 150


def draw_spider(result: TrajectoryResult, values: pl.DataFrame, time_zero: str, caption: str) -> Figure:
    """Draw one panel a group: thin lines join the values of one series, the bands of the group lie over them.

    Parameters
    ----------
    values
        One row a value: ``pid``, ``line_no``, ``group``, ``series``, ``days`` and ``fold_uln``.
    """
    groups = result.bands["group"].unique(maintain_order=True).to_list()
    below = 0.75 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * len(groups) + below - 0.25
    figure = Figure(figsize=(WIDTH_INCHES, height))
    end = find_end(result.bands)
    shown = values.filter((pl.col("days") <= end * DAYS_PER_MONTH) & (pl.col("fold_uln") > 0))
    low, high = (float(shown["fold_uln"].quantile(share) or 1.0) for share in (0.005, 0.995))
    places = order_groups(groups)
    for index, group in enumerate(groups):
        bottom = below + PANEL_INCHES * (len(groups) - 1 - index) - 0.2
        axes = figure.add_axes((0.1, bottom / height, 0.865, (PANEL_INCHES - 0.6) / height))
        n_drawn = _draw_lines(axes, shown.filter(pl.col("group") == group))
        draw_bands(axes, result.bands.filter(pl.col("group") == group), places[group])
        set_fold_scale(axes, *widen(low, high), f"{result.analyte} (× ULN, log)")
        label_months(axes, end, f"Months from {time_zero}" if index == len(groups) - 1 else "")
        axes.set_xlim(-3.2, end)
        title = f"{group}, {n_drawn} lines drawn"
        axes.set_title(title, fontsize=8, loc="left", fontweight="bold", color=colour_of(places[group]))
    write_caption(figure, caption)
    return figure


def _draw_lines(axes: Axes, values: pl.DataFrame) -> int:
    """Draw the values of some lines, evenly chosen where there are too many, each series joined; return how many."""
    ordered = values.sort("pid", "line_no", "series", "days")
    lines = ordered.partition_by("pid", "line_no", maintain_order=True)
    chosen = lines[:: -(-len(lines) // MOST_LINES)] if lines else []
    for line in chosen:
        for series in line.partition_by("series", maintain_order=True):
            months = series["days"].to_numpy() / DAYS_PER_MONTH
            axes.plot(
                months, series["fold_uln"].to_numpy(), color=GREY, linewidth=0.4, alpha=0.4, marker=".", markersize=1
            )
    return len(chosen)
