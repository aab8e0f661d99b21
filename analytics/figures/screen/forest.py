"""The ratios of a model with their limits, one row each, on a log axis."""

from __future__ import annotations

from analytics.figures.screen.chart import (
    BELOW_TICKS,
    Figure,
    Trace,
    draw_axis,
    draw_frame,
    draw_rule,
    escape_text,
    measure_label,
)
from analytics.figures.screen.look import Look
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.regression_results import ModelColumn, ModelResult

_ROW_HEIGHT = 34
RATIO_TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10, 20)


def draw_forest(result: ModelResult, look: Look) -> Figure:
    """Draw every ratio but those of a spline, whose curve says more; 1 is marked."""
    shown = [
        (column, term)
        for column, term in zip(result.columns, result.fit.terms, strict=True)
        if column.kind != "spline" and term.ratio.value is not None
    ]
    names = [escape_text(name_row(column)) for column, _ in shown]
    rows = [-place for place in range(len(names))]
    return draw_frame(
        look,
        96 + _ROW_HEIGHT * len(names),
        [draw_rule([1, 1], [0.6, -len(names) + 0.4], look), _draw_ratios([term for _, term in shown], rows, look)],
        xaxis=draw_axis(
            look,
            f"{result.ratio.capitalize()} with limits (log)",
            BELOW_TICKS,
            type="log",
            tickvals=list(RATIO_TICKS),
            ticktext=[f"{tick:g}" for tick in RATIO_TICKS],
        ),
        yaxis=draw_axis(
            look, "", tickvals=rows, ticktext=names, range=[-len(names) + 0.4, 0.6], showgrid=False, ticks="",
            fixedrange=True,
        ),
        margin={"l": measure_label(names), "r": 12, "t": 12, "b": 56},
    )  # fmt: skip


def name_row(column: ModelColumn) -> str:
    """Say what a ratio compares."""
    if column.parents:
        return f"{column.level} (ratio of ratios)"
    return (
        f"{column.level} against {column.reference}" if column.kind == "level" else f"{column.label}, per {column.step}"
    )


def _draw_ratios(terms: list[ModelTerm], rows: list[int], look: Look) -> Trace:
    ratios = [(term.ratio.low or 0.0, term.ratio.value or 1.0, term.ratio.high or 0.0) for term in terms]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "ratios",
        "x": [value for _, value, _ in ratios],
        "y": rows,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - value for _, value, high in ratios],
            "arrayminus": [value - low for low, value, _ in ratios],
            "color": look.colour(0),
            "thickness": 2,
            "width": 0,
        },
        "marker": {"symbol": "square", "size": 9, "color": look.colour(0)},
        "text": [f"{value:.2f} ({low:.2f} to {high:.2f})" for low, value, high in ratios],
        "hovertemplate": "%{text}<extra></extra>",
    }
