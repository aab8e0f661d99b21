"""The modelled course of a marker by group on screen: the typical person's curve, and the band of the average."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.figures.screen.chart import (
    Figure,
    Trace,
    choose_month_ticks,
    draw_axis,
    draw_frame,
    draw_rule,
    draw_text,
    escape_text,
    order_groups,
)
from analytics.figures.screen.look import Look
from analytics.figures.screen.trajectory import draw_fold_axis
from analytics.tables.model_results import MarkerCourseResult

FEWEST_DRAWN = 10
"""People still measured; a curve ends where fewer are."""
_HEIGHT = 380


def draw_course(result: MarkerCourseResult, look: Look) -> Figure:
    """Draw the curve of each group with its 95 % band; hovering says how many are still measured."""
    places = order_groups(result.groups)
    drawn = {group: _drawn_part(result.curves.filter(group=group)) for group in result.groups}
    traces = [trace for group in result.groups for trace in _curve_of(drawn[group], group, places[group], look)]
    last = max(1.0, *(float(part["months"].to_numpy().max()) for part in drawn.values()))
    traces += [
        draw_rule([0, last], [1, 1], look, name="ULN"),
        draw_text([last], [1], ["ULN"], look, name="ULN label", textposition="top left"),
    ]
    outcome = result.model.outcome.rpartition(" of ")[2]
    ticks = choose_month_ticks(last)
    return draw_frame(
        look,
        _HEIGHT,
        traces,
        xaxis=draw_axis(look, "Months since the start of the line", range=[0, last], tickvals=ticks, showgrid=False),
        yaxis=draw_fold_axis(look, f"{outcome} (× ULN, log scale)"),
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 12, "t": 36, "b": 48},
    )


def _drawn_part(curve: pl.DataFrame) -> pl.DataFrame:
    enough = min(FEWEST_DRAWN, int(curve["n_patients"].to_numpy().max()) / 2)
    return curve.filter(pl.col("n_patients") >= enough)


def _curve_of(curve: pl.DataFrame, group: str, index: int, look: Look) -> list[Trace]:
    months = curve["months"].to_list()
    fold = {name: np.exp(curve[name].to_numpy()).tolist() for name in ("mean", "low", "high")}
    edge: Trace = {
        "type": "scatter", "mode": "lines", "x": months, "hoverinfo": "skip", "showlegend": False,
        "legendgroup": group, "line": {"width": 0},
    }  # fmt: skip
    line: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": escape_text(group),
        "legendgroup": group,
        "x": months,
        "y": fold["mean"],
        "line": {"width": 2.2, "color": look.colour(index), "dash": look.dash(index)},
        "customdata": list(zip(fold["low"], fold["high"], curve["n_patients"].to_list(), strict=True)),
        "hovertemplate": "typical %{y:.2f} × ULN (%{customdata[0]:.2f}–%{customdata[1]:.2f}), "
        "%{customdata[2]} people measured then or later",
    }
    fill: Trace = {"fill": "tonexty", "fillcolor": look.colour(index, 0.18)}
    return [edge | {"y": fold["high"], "name": f"{group} high"}, edge | fill | {"y": fold["low"], "name": group}, line]
