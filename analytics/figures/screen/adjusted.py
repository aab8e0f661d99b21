"""Curves of a model with the groups made the same people; what lies beyond follow-up is dotted on grey."""

from __future__ import annotations

import numpy as np

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.chart import (
    BELOW_TICKS,
    Figure,
    Trace,
    choose_month_ticks,
    draw_axis,
    draw_frame,
    draw_text,
    escape_text,
    name_group,
    order_groups,
    pack_floats,
    place_legend,
)
from analytics.figures.screen.look import Look
from analytics.tables.regression_results import AdjustedCurve, ModelResult
from analytics.tables.survival_results import SurvivalCurve

_HEIGHT = 360


def draw_adjusted(result: ModelResult, look: Look) -> Figure:
    """Draw the adjusted curves with their bands, Kaplan–Meier's thin under them."""
    places = order_groups(item.group for item in result.adjusted)
    end = max(float(item.curve.days[-1]) for item in result.adjusted) / DAYS_PER_MONTH
    traces = _shade_beyond(result.adjusted[0], end, look)
    traces += [_draw_observed(curve, places[curve.group], look) for curve in result.observed]
    for item in result.adjusted:
        traces += _draw_curve(item, places[item.group], look)
    names = [f"{name_group(item.group)} ({item.n_lines})" for item in result.adjusted]
    ticks = choose_month_ticks(end)
    return draw_frame(
        look,
        _HEIGHT,
        traces,
        xaxis=draw_axis(look, "Months since the start of the line", BELOW_TICKS, tickvals=ticks, range=[0, end * 1.02]),
        yaxis=draw_axis(look, f"{result.endpoint}, adjusted (%)", range=[0, 101], tickvals=[0, 25, 50, 75, 100]),
        **place_legend(names, left=64),
    )


def _draw_curve(item: AdjustedCurve, place: int, look: Look) -> list[Trace]:
    curve = item.curve
    months = curve.days / DAYS_PER_MONTH
    shared: Trace = {"type": "scatter", "mode": "lines", "legendgroup": item.group, "hoverinfo": "skip"}
    hidden = shared | {"showlegend": False, "line": {"width": 0, "color": look.colour(place)}}
    known = np.isfinite(curve.low)
    band: list[Trace] = [
        hidden | {"name": f"{item.group} upper limit", "x": pack_floats(months[known]),
                  "y": pack_floats(100 * curve.high[known])},
        hidden | {"name": f"{item.group} lower limit", "x": pack_floats(months[known]),
                  "y": pack_floats(100 * curve.low[known]), "fill": "tonexty", "fillcolor": look.colour(place, 0.16)},
    ]  # fmt: skip
    parts = ((~curve.is_extrapolated, look.dash(place), ""), (curve.is_extrapolated, "dot", ", model alone"))
    lines = [
        shared
        | {
            "name": escape_text(f"{name_group(item.group)} ({item.n_lines}){said}"),
            "showlegend": not said,
            "x": pack_floats(months[rows]),
            "y": pack_floats(100 * curve.survival[rows]),
            "line": {"width": 2.4, "color": look.colour(place), "dash": dash},
            "hoverinfo": "all",
            "hovertemplate": "%{y:.1f} %",
        }
        for rows, dash, said in parts
        if rows.any()
    ]
    return [*band, *lines]


def _draw_observed(curve: SurvivalCurve, place: int, look: Look) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{curve.group} observed",
        "x": pack_floats(curve.time / DAYS_PER_MONTH),
        "y": pack_floats(100 * curve.survival),
        "line": {"width": 1, "shape": "hv", "color": look.colour(place, 0.6)},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _shade_beyond(item: AdjustedCurve, end: float, look: Look) -> list[Trace]:
    beyond = item.curve.is_extrapolated
    if not beyond.any():
        return []
    start = float(item.curve.days[beyond][0]) / DAYS_PER_MONTH
    ground: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "beyond follow-up",
        "x": [start, end, end, start, start],
        "y": [0, 0, 101, 101, 0],
        "fill": "toself",
        "fillcolor": look.shade,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [ground, draw_text([(start + end) / 2], [95], ["model, not data"], look)]
