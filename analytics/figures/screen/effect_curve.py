"""The effect of a continuous variable as a ratio along its values, with limits and the reference marked."""

from __future__ import annotations

from analytics.figures.screen.chart import BELOW_TICKS, Figure, Trace, draw_axis, draw_frame, draw_rule, pack_floats
from analytics.figures.screen.forest import RATIO_TICKS
from analytics.figures.screen.look import Look
from analytics.tables.regression_results import EffectCurve

_HEIGHT = 300


def draw_effect_curve(curve: EffectCurve, ratio: str, look: Look) -> Figure:
    """Draw one curve; ``ratio`` says of what the ratios are, the open point is the reference."""
    shared: Trace = {"type": "scatter", "mode": "lines", "x": pack_floats(curve.value)}
    hidden = {"line": {"width": 0, "color": look.colour(0)}, "hoverinfo": "skip"}
    traces: list[Trace] = [
        shared | hidden | {"name": "upper limit", "y": pack_floats(curve.high)},
        shared | hidden | {"name": "lower limit", "y": pack_floats(curve.low), "fill": "tonexty",
                           "fillcolor": look.colour(0, 0.16)},
        shared | {"name": ratio, "y": pack_floats(curve.ratio), "line": {"width": 2.4, "color": look.colour(0)},
                  "hovertemplate": "%{x:.2f}: %{y:.2f}<extra></extra>"},
        draw_rule([float(curve.value[0]), float(curve.value[-1])], [1, 1], look),
        {"type": "scatter", "mode": "markers", "name": "reference", "x": [curve.reference], "y": [1],
         "marker": {"symbol": "circle-open", "size": 10, "color": look.ink}, "hoverinfo": "skip"},
    ]  # fmt: skip
    where = f", {curve.at}" if curve.at else ""
    return draw_frame(
        look,
        _HEIGHT,
        traces,
        xaxis=draw_axis(look, f"{curve.label} ({curve.unit}){where}", BELOW_TICKS),
        yaxis=draw_axis(
            look, f"{ratio.capitalize()} (log)", type="log", tickvals=list(RATIO_TICKS),
            ticktext=[f"{tick:g}" for tick in RATIO_TICKS],
        ),
        margin={"l": 64, "r": 12, "t": 12, "b": 56},
    )  # fmt: skip
