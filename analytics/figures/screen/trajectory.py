"""A marker over time in a cohort: median and quantile bands of fold-ULN, with n in each window."""

from __future__ import annotations

from typing import Any

import polars as pl

from analytics.figures.screen.chart import (
    BELOW_TICKS,
    Axis,
    Figure,
    Trace,
    draw_axis,
    draw_frame,
    draw_rule,
    draw_text,
    measure_label,
    name_group,
    order_groups,
    place_legend,
)
from analytics.figures.screen.look import Look
from analytics.tables.cohort_results import TrajectoryResult

FOLD_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
"""Ticks of a fold-ULN axis, as plain numbers."""
BANDS_UP_TO = 3
"""Groups; the bands of more of them lie over one another beyond reading and stand in the table only."""
_ROW_HEIGHT = 32
_BANDS_HEIGHT = 320
_BELOW = 64


def draw_trajectory(result: TrajectoryResult, look: Look) -> Figure:
    """Draw median, 25–75 % and 10–90 % of each group on a log axis, with n per window below."""
    groups = result.bands["group"].unique(maintain_order=True).to_list()
    traces: list[Trace] = []
    counts: list[Trace] = []
    places = order_groups(groups)
    for row, group in enumerate(groups):
        bands = result.bands.filter(pl.col("group") == group)
        traces += _bands_of(bands.drop_nulls("median"), group, places[group], len(groups), look)
        counts.append(_counts_of(bands, group, -row, look))
    last = max(result.bands["mid_months"].drop_nulls(), default=0.0) or 1.0
    rows_height = _ROW_HEIGHT * len(groups)
    inside = _BANDS_HEIGHT + rows_height
    split = (rows_height + 12) / inside
    traces += [
        draw_rule([-0.07 * last, 1.05 * last], [1, 1], look, name="ULN"),
        draw_text([-0.07 * last], [1], ["ULN"], look, name="ULN label", textposition="top right"),
    ]
    labels = [f"n {name_group(group)}" for group in groups]
    legend = place_legend([name_group(group) for group in groups], left=max(64, measure_label(labels)), below=_BELOW)
    windows = result.bands.unique("mid_months").sort("mid_months")
    return draw_frame(
        look,
        inside + legend["margin"]["t"] + _BELOW,
        traces + counts,
        hovermode="x unified",
        xaxis=draw_axis(
            look,
            "Months since the start of the line,<br>middle of each window",
            BELOW_TICKS,
            range=[-0.07 * last, 1.05 * last],
            tickvals=windows["mid_months"].to_list(),
            ticktext=[f"{month:.0f}" for month in windows["mid_months"]],
            tickangle=0,
            tickfont={"size": 12},
            anchor="y2",
            showgrid=False,
        ),
        yaxis=draw_fold_axis(look, f"{result.analyte} (× ULN, log scale)", domain=[split + 0.07, 1]),
        yaxis2=draw_axis(
            look,
            "",
            range=[-len(groups) + 0.4, 0.6],
            domain=[0, split],
            tickvals=[-index for index in range(len(groups))],
            ticktext=labels,
            showgrid=False,
            showline=False,
            ticks="",
            fixedrange=True,
            tickfont={"size": 12},
        ),
        **legend,
    )


def draw_fold_axis(look: Look, title: str, *, is_log: bool = True, **changes: Any) -> Axis:
    """Return a fold-ULN axis whose ticks are plain numbers on a log scale."""
    ticks = {"type": "log", "tickvals": list(FOLD_TICKS), "ticktext": [f"{tick:g}" for tick in FOLD_TICKS]}
    return draw_axis(look, title, **(ticks if is_log else {"type": "linear"}), **changes)


def _bands_of(bands: pl.DataFrame, group: str, index: int, n_groups: int, look: Look) -> list[Trace]:
    months = bands["mid_months"].to_list()
    traces: list[Trace] = []
    both = (("q10", "q90", 1, 0.0), ("q25", "q75", 0, 0.18))
    for low, high, width, alpha in both if n_groups <= BANDS_UP_TO else ():
        edge: Trace = {
            "type": "scatter",
            "mode": "lines",
            "x": months,
            "line": {"width": width, "dash": "dot", "color": look.colour(index, 0.7)},
            "hoverinfo": "skip",
            "showlegend": False,
            "legendgroup": group,
        }
        traces.append(edge | {"y": bands[high].to_list(), "name": f"{group} {high}"})
        fill: Trace = {"fill": "tonexty", "fillcolor": look.colour(index, alpha)}
        traces.append(edge | fill | {"y": bands[low].to_list(), "name": f"{group} {low}"})
    traces.append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name_group(group),
            "legendgroup": group,
            "x": months,
            "y": bands["median"].to_list(),
            "line": {"width": 2.2, "color": look.colour(index), "dash": look.dash(index)},
            "marker": {"size": 7, "symbol": look.symbol(index), "color": look.colour(index)},
            "customdata": bands.select("q10", "q25", "q75", "q90", "n_lines").rows(),
            "hovertemplate": "median %{y:.2f} × ULN, 25–75 % %{customdata[1]:.2f}–%{customdata[2]:.2f}, "
            "10–90 % %{customdata[0]:.2f}–%{customdata[3]:.2f}, n %{customdata[4]}",
        }
    )
    return traces


def _counts_of(bands: pl.DataFrame, group: str, at: int, look: Look) -> Trace:
    months = bands["mid_months"].to_list()
    numbers = [str(count) for count in bands["n_lines"]]
    # up and down by turns: early windows stand closer than three digits on a narrow screen
    heights = [at + (0.2 if place % 2 == 0 else -0.2) for place in range(len(months))]
    return draw_text(months, heights, numbers, look, name=f"{group} n", yaxis="y2")
