"""Marker response by group: everybody as one bar of responders, others evaluable and not evaluable."""

from __future__ import annotations

from analytics.figures.screen.chart import (
    BELOW_TICKS,
    Figure,
    Trace,
    draw_axis,
    draw_frame,
    measure_label,
    name_group,
    place_legend,
)
from analytics.figures.screen.look import Look
from analytics.tables.response_results import ResponseGroup, ResponseResult

PARTS: tuple[tuple[str, float, str], ...] = (
    ("responded", 1.0, ""),
    ("did not respond", 0.35, ""),
    ("not evaluable", 0.12, "/"),
)
"""(part, opacity, hatching): told apart by hatching and words as well as by shade."""


def draw_response(result: ResponseResult, look: Look) -> Figure:
    """Draw one bar a group, its length everybody."""
    names = [name_group(group.group) for group in result.groups]
    rows = [-index for index in range(len(names))]
    bars = [_bar(part, result.groups, rows, look) for part in PARTS]
    legend = place_legend([part for part, *_ in PARTS], left=measure_label(names))
    most = max((group.n_all or 0 for group in result.groups), default=1)
    return draw_frame(
        look,
        96 + 64 * len(names),
        bars,
        barmode="stack",
        bargap=0.35,
        xaxis=draw_axis(look, "Treatment lines", BELOW_TICKS, range=[0, most * 1.02]),
        yaxis=draw_axis(look, "", tickvals=rows, ticktext=names, showgrid=False, ticks="", fixedrange=True),
        **legend | {"legend": legend["legend"] | {"traceorder": "normal"}},
    )


def _bar(part: tuple[str, float, str], groups: tuple[ResponseGroup, ...], rows: list[int], look: Look) -> Trace:
    name, alpha, hatching = part
    counts = [_count(name, group) for group in groups]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": rows,
        "x": counts,
        "text": [str(count) if count else "" for count in counts],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "insidetextfont": {"color": look.ground if alpha == 1.0 else look.ink},
        "marker": {
            "color": look.colour(0, alpha),
            "line": {"color": look.colour(0), "width": 1},
            "pattern": {"shape": hatching, "fgcolor": look.muted, "fgopacity": 0.4, "size": 8, "solidity": 0.12},
        },
        "hovertemplate": f"%{{x}} {name}<extra></extra>",
    }


def _count(part: str, group: ResponseGroup) -> int | None:
    if part == "responded":
        return group.n_responders
    if part == "not evaluable":
        return group.n_not_evaluable
    if group.n_evaluable is None or group.n_responders is None:
        return None
    return group.n_evaluable - group.n_responders
