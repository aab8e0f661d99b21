"""The best change of each evaluable line, sorted; not evaluable lines are counted beside it, never dropped."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.variation import ReferenceChange
from analytics.figures.screen.chart import (
    BELOW_TICKS,
    Figure,
    Trace,
    draw_axis,
    draw_frame,
    draw_rule,
    draw_text,
    name_group,
    order_groups,
    place_legend,
)
from analytics.figures.screen.look import Look
from analytics.tables.response_results import ResponseResult

TALLEST_PCT = 150.0
"""Rises beyond are drawn to this height and marked with a triangle; the hover and the table give the number."""


def draw_waterfall(result: ResponseResult, reference: ReferenceChange | None, look: Look) -> Figure:
    """Draw the best change from baseline (%), falls last, with the reference change as two lines."""
    bars = result.best_changes.sort("best_change_pct", "line_key", descending=[True, False]).with_row_index(
        "place", offset=1
    )
    places = order_groups(group.group for group in result.groups)
    traces = [
        _bars_of(bars.filter((pl.col("group") == group) & (pl.col("is_bound") == bound)), group, index, look, bound)
        for group, index in places.items()
        for bound in (False, True)
    ]
    traces = [trace for trace in traces if trace["x"]]
    traces.append(_beyond(bars, look))
    traces += _limits(reference, bars.height, look)
    return draw_frame(
        look,
        360,
        traces,
        bargap=0.05 if bars.height < 150 else 0.0,
        barmode="overlay",
        xaxis=draw_axis(
            look, f"Evaluable lines ({bars.height}), sorted", BELOW_TICKS, showgrid=False, range=[0, bars.height + 1]
        ),
        yaxis=draw_axis(
            look,
            f"Best change in {result.analyte} (%)",
            range=[-105, TALLEST_PCT + 15],
            tickvals=[-100, -50, 0, 50, 100, 150],
            zeroline=True,
            zerolinecolor=look.muted,
        ),
        **place_legend([trace["name"] for trace in traces if trace["showlegend"]], left=64),
    )


def _bars_of(bars: pl.DataFrame, group: str, index: int, look: Look, is_bound: bool) -> Trace:
    name = name_group(group) + (", at a quantitation limit" if is_bound else "")
    hatching = {"shape": "/", "fgcolor": look.colour(index), "bgcolor": look.ground, "size": 5, "solidity": 0.4}
    return {
        "type": "bar",
        "name": name,
        "showlegend": not is_bound,
        "x": bars["place"].to_list(),
        "y": bars["best_change_pct"].clip(upper_bound=TALLEST_PCT).to_list(),
        "customdata": bars["best_change_pct"].to_list(),
        "marker": {
            "color": look.colour(index),
            "line": {"width": 0},
            **({"pattern": hatching} if is_bound else {}),
        },
        "hovertemplate": f"{name}: %{{customdata:+.0f}} %<extra></extra>",
    }


def _beyond(bars: pl.DataFrame, look: Look) -> Trace:
    beyond = bars.filter(pl.col("best_change_pct") > TALLEST_PCT)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"rise beyond {TALLEST_PCT:.0f} %",
        "showlegend": beyond.height > 0,
        "x": beyond["place"].to_list(),
        "y": [TALLEST_PCT + 6] * beyond.height,
        "marker": {"symbol": "triangle-up", "size": 8, "color": look.ink},
        "hoverinfo": "skip",
    }


def _limits(reference: ReferenceChange | None, n_bars: int, look: Look) -> list[Trace]:
    limits = [(-50.0, "−50 %", "dot", "bottom right")]
    if reference is not None:
        rise, fall = f"+{reference.rise_pct} %", f"−{-reference.fall_pct} %"
        limits += [
            (reference.rise_pct, f"{rise}: noise up to here", "dash", "top left"),
            (reference.fall_pct, f"{fall}: noise down to here", "dash", "top right"),
        ]
    traces: list[Trace] = []
    for value, words, dash, place in limits:
        line = {"color": look.ink, "width": 1.2, "dash": dash}
        traces.append(draw_rule([0, n_bars + 1], [value, value], look, name=words, line=line))
        # the words stand over the falls for a rise and under the rises for a fall, where there are no bars
        x = n_bars + 1 if value > 0 else 0
        traces.append(draw_text([x], [value], [words], look, name=f"{words} label", textposition=place))
    return traces
