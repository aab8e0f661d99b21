"""The modelled course of a marker: typical curves by group with bands, people's own curves, and the residuals."""

from __future__ import annotations

import numpy as np
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
from analytics.tables.model_results import MarkerCourseResult, ResidualCheck

PLOT_INCHES, PANEL_INCHES, ROW_INCHES, CAPTION_LINE_INCHES = 3.0, 2.4, 0.155, 0.125
FEWEST_DRAWN = 10
"""People still measured; where fewer are, a curve rests on the model more than on them and is not drawn."""
MOST_OWN_CURVES = 150


def draw_course(result: MarkerCourseResult, time_zero: str, caption: str) -> Figure:
    """Draw the typical curve of each group with its band, and the people still measured under it."""
    groups = list(result.groups)
    rows = (len(groups) + 1) * ROW_INCHES
    below = 0.45 + rows + CAPTION_LINE_INCHES * (count_caption_lines(caption) + 1)
    height = PLOT_INCHES + below + 0.3
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((0.1, below / height, 0.865, PLOT_INCHES / height))
    drawn = _drawn_part(result.curves)
    places = order_groups(groups)
    for group in groups:
        part = drawn.filter(group=group)
        months, colour = part["months"].to_numpy(), colour_of(places[group])
        fold = {name: np.exp(part[name].to_numpy()) for name in ("mean", "low", "high")}
        axes.fill_between(months, fold["low"], fold["high"], color=colour, alpha=0.22, linewidth=0)
        axes.plot(months, fold["mean"], color=colour, linestyle=dash_of(places[group]), label=group)
    set_fold_scale(axes, *_limits(drawn), _axis_label(result))
    ticks = label_months(axes, _find_end(drawn), f"Months from {time_zero}")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(groups), 4), borderaxespad=0.2)
    _write_people(axes, result, ticks)
    write_caption(figure, caption)
    return figure


def draw_own_courses(result: MarkerCourseResult, values: pl.DataFrame, time_zero: str, caption: str) -> Figure:
    """Draw people's own fitted curves thinly around the typical one, a panel a group.

    Parameters
    ----------
    values
        One row a value: ``group``, ``pid``, ``months`` and ``fitted`` (ln × ULN).
    """
    below = 0.75 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * len(result.groups) + below - 0.25
    figure = Figure(figsize=(WIDTH_INCHES, height))
    drawn = _drawn_part(result.curves)
    end = _find_end(drawn)
    low, high = (float(np.exp(np.quantile(values["fitted"].to_numpy(), share))) for share in (0.005, 0.995))
    places = order_groups(result.groups)
    for index, group in enumerate(result.groups):
        bottom = below + PANEL_INCHES * (len(result.groups) - 1 - index) - 0.2
        axes = figure.add_axes((0.1, bottom / height, 0.865, (PANEL_INCHES - 0.6) / height))
        people = values.filter(group=group).sort("pid", "months").partition_by("pid", maintain_order=True)
        for person in people[:: -(-len(people) // MOST_OWN_CURVES)]:
            axes.plot(
                person["months"].to_numpy(), np.exp(person["fitted"].to_numpy()),
                color=GREY, linewidth=0.4, alpha=0.45,
            )  # fmt: skip
        typical = drawn.filter(group=group)
        months, mean = typical["months"].to_numpy(), np.exp(typical["mean"].to_numpy())
        axes.plot(months, mean, color=colour_of(places[group]), linewidth=2.2)
        set_fold_scale(axes, *widen(low, high), _axis_label(result))
        label_months(axes, end, f"Months from {time_zero}" if index == len(result.groups) - 1 else "")
        axes.set_title(group, fontsize=8, loc="left", fontweight="bold", color=colour_of(places[group]))
    write_caption(figure, caption)
    return figure


def draw_residuals(check: ResidualCheck, caption: str) -> Figure:
    """Draw the quantiles of the residuals against those of a standard normal; on the line is as the model says."""
    below = 0.55 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PLOT_INCHES + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((0.1, below / height, 0.45, (PLOT_INCHES - 0.1) / height))
    end = 1.08 * float(np.abs(np.concatenate([check.normal, check.observed])).max())
    axes.plot([-end, end], [-end, end], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    axes.plot(check.normal, check.observed, linestyle="none", marker="o", markersize=2.5, color=colour_of(0))
    axes.set_xlim(-end, end)
    axes.set_ylim(-end, end)
    axes.set_xlabel("Expected of a normal distribution")
    axes.set_ylabel("Residual (standard deviations)")
    write_caption(figure, caption)
    return figure


def _drawn_part(curves: pl.DataFrame) -> pl.DataFrame:
    """Return the curves while enough people are measured; a small group is drawn while half of its people are."""
    enough = pl.min_horizontal(pl.lit(FEWEST_DRAWN), pl.col("n_patients").max().over("group") / 2)
    return curves.filter(pl.col("n_patients") >= enough)


def _find_end(drawn: pl.DataFrame) -> float:
    return max(1.0, float(drawn["months"].to_numpy().max()))


def _limits(curves: pl.DataFrame) -> tuple[float, float]:
    return widen(float(np.exp(curves["low"].to_numpy().min())), float(np.exp(curves["high"].to_numpy().max())))


def _axis_label(result: MarkerCourseResult) -> str:
    return f"{result.model.outcome.rpartition(' of ')[2]} (× ULN, log)"


def _write_people(axes: Axes, result: MarkerCourseResult, ticks: list[float]) -> None:
    """Write under the axis how many people of each group have a value at the tick or later."""
    scale, places = axes.get_xaxis_transform(), order_groups(result.groups)
    top = -0.5 / PLOT_INCHES
    axes.text(0, top, "People with a value then or later", transform=axes.transAxes, fontsize=7, color=GREY)
    for row, group in enumerate(result.groups, start=1):
        at = top - row * ROW_INCHES / PLOT_INCHES
        curve = result.curves.filter(group=group)
        months, counts = curve["months"].to_numpy(), curve["n_patients"].to_numpy()
        axes.text(
            -0.1, at, group, transform=axes.transAxes, fontsize=7, fontweight="bold", color=colour_of(places[group])
        )
        for tick in ticks:
            place = int(np.searchsorted(months, tick))
            shown = str(counts[place]) if place < len(counts) else "0"
            axes.text(tick, at, shown, transform=scale, fontsize=7, ha="center")
