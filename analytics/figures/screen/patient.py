"""One patient: the marker on × ULN above, what was given and seen in lanes below, on one time axis."""

from __future__ import annotations

from datetime import date, timedelta
from math import log10
from typing import Any, Literal

import polars as pl

from analytics.figures.screen.chart import BELOW_TICKS, Axis, Figure, draw_axis, draw_frame, measure_legend
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import Look
from analytics.figures.screen.patient_course import draw_own_courses
from analytics.figures.screen.patient_lanes import LANE_HEIGHT, draw_lanes, lanes_of
from analytics.figures.screen.patient_marker import draw_marker, drawn_values
from analytics.figures.screen.trajectory import draw_fold_axis
from analytics.tables.history import PatientHistory

Scale = Literal["log", "linear"]
Unit = Literal["uln", "reported"]
TRANSIENT = "soon after a PRRT cycle:<br>a rise may be transient"
_MARKER_HEIGHT = 300
_LEFT, _RIGHT, _ABOVE, _TIME_AXIS = 96, 14, 14, 62
_NARROWEST = 530
"""Pixels of a legend's width where the chart is narrowest; it is never narrower than 640 in all."""


def draw_patient(history: PatientHistory, look: Look, *, scale: Scale, unit: Unit, calendar: bool) -> Figure:
    """Draw the history with the axis ``scale``, in multiples of the upper limit or in the reported unit.

    ``calendar`` shows dates instead of months from time zero. ``layout.meta.values`` holds place and words
    of each drawn value, oldest first, for moving between values by keyboard.
    """
    clock = Clock(None if calendar else history.zero_date, history.zero_label)
    values = drawn_values(history, unit)
    first, last = find_span(history)
    margin = timedelta(days=max(20, (last - first).days // 20))
    edges = (first - margin, last + margin)
    bottom, top = find_limits(values[unit_column(unit)], unit, scale)
    lanes = lanes_of(history.spells)
    lanes_height = LANE_HEIGHT * max(1, len(lanes))
    inside = _MARKER_HEIGHT + lanes_height
    split = lanes_height / inside
    traces, stops = draw_marker(history, values, unit, clock, edges, (bottom, top), look)
    traces = draw_own_courses(history, unit, clock, look) + traces
    tints = _transient_tints(history, clock, look)
    keys = [entry["name"] for entry in (*traces, *tints) if entry.get("showlegend", True)]
    below = _TIME_AXIS + measure_legend(keys, _NARROWEST)
    height = _ABOVE + inside + below
    legend_top = (below - _TIME_AXIS) / height
    lane_traces, lane_axis = draw_lanes(history.spells, lanes, clock, (first, last), look)
    time_axis = clock.draw(*edges, look, anchor="y2")
    return draw_frame(
        look,
        height,
        traces + lane_traces,
        xaxis=time_axis | {"title": time_axis["title"] | {"standoff": BELOW_TICKS}},
        yaxis=_marker_axis(history, unit, scale, (bottom, top), look) | {"domain": [split + 0.06, 1]},
        yaxis2=lane_axis | {"domain": [0, split]},
        shapes=tints,
        annotations=[] if values.height else [_nothing_to_draw(history, split, look)],
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": legend_top, "yref": "container", "yanchor": "top"},
        margin={"l": _LEFT, "r": _RIGHT, "t": _ABOVE, "b": below},
        meta={"values": stops},
    )


def unit_column(unit: Unit) -> str:
    """Return the column of the values that ``unit`` draws."""
    return "fold_uln" if unit == "uln" else "amount"


def find_span(history: PatientHistory) -> tuple[date, date]:
    """Return the first and last day of anything that can be drawn.

    Raises
    ------
    ValueError
        If nothing has a day; such a history has no time axis and no ``zero_date``.
    """
    days = pl.concat(
        [
            history.values["date"],
            history.spells["start"],
            history.spells["end"],
            pl.Series([history.last_contact], dtype=pl.Date),
        ]
    ).drop_nulls()
    first, last = days.min(), days.max()
    if not (isinstance(first, date) and isinstance(last, date)):
        raise ValueError("nothing of this history has a day")
    return first, last


def find_limits(values: pl.Series, unit: Unit, scale: Scale) -> tuple[float, float]:
    """Return the ends of the value axis; 1 × ULN always lies between them."""
    held = [float(value) for value in values.drop_nulls() if value > 0] + ([1.0] if unit == "uln" else [])
    if not held:
        return (0.1, 10.0) if scale == "log" else (0.0, 10.0)
    if scale == "linear":
        return 0.0, max(held) * 1.12
    return min(held) / 2, max(held) * 2


def _marker_axis(history: PatientHistory, unit: Unit, scale: Scale, limits: tuple[float, float], look: Look) -> Axis:
    is_log = scale == "log"
    words = "× ULN" if unit == "uln" else history.unit
    title = f"{history.analyte_name} ({words}, {scale} scale)"
    around = [log10(limits[0]), log10(limits[1])] if is_log else list(limits)
    if unit == "uln":
        return draw_fold_axis(look, title, is_log=is_log, range=around)
    steps: dict[str, Any] = {"dtick": "D2"} if is_log else {}
    return draw_axis(look, title, type=scale, range=around, **steps)


def _nothing_to_draw(history: PatientHistory, split: float, look: Look) -> dict[str, Any]:
    """Return the words that stand where the marker would; placed on the sheet, not on an axis."""
    what = "No value" if history.values.is_empty() else "No value that can be placed on this axis"
    return {
        "text": f"{what} of {history.analyte_name}",
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": (1 + split) / 2 + 0.15,
        "showarrow": False,
        "font": {"size": 15, "color": look.ink},
    }


def _transient_tints(history: PatientHistory, clock: Clock, look: Look) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "y domain",
            "x0": clock.place(first),
            "x1": clock.place(last),
            "y0": 0,
            "y1": 1,
            "fillcolor": look.shade,
            "line": {"width": 0},
            "layer": "below",
            "name": TRANSIENT,
            "showlegend": index == 0,
        }
        for index, (first, last) in enumerate(history.transient)
    ]
