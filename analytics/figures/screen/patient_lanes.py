"""The lanes under a patient's marker: cycles, drugs, procedures, conditions and scans, one row each."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from analytics.figures.screen.chart import Axis, Trace, draw_axis, draw_rule, draw_text, escape_text
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import Look

LANES: tuple[str, ...] = ("PRRT", "SSA", "Systemic", "Procedures", "Supportive", "Concomitant", "Scans")
"""Lanes from top to bottom; only those with something in them are drawn."""
LANE_HEIGHT = 40
_HALF = 0.26


def lanes_of(spells: pl.DataFrame) -> list[str]:
    """Return the lanes that hold something with a day."""
    held = set(spells.drop_nulls("start")["lane"])
    return [lane for lane in LANES if lane in held]


def draw_lanes(
    spells: pl.DataFrame, lanes: list[str], clock: Clock, last: date, look: Look
) -> tuple[list[Trace], Axis]:
    """Return the traces of the lanes and their axis."""
    placed = spells.drop_nulls("start")
    traces: list[Trace] = []
    for at, lane in enumerate(lanes):
        rows = placed.filter(pl.col("lane") == lane)
        traces += _bars_of(rows.filter(~pl.col("is_event")), lane, -at, clock, last, look)
        traces += _events_of(rows.filter("is_event"), lane, -at, clock, look)
    axis = draw_axis(
        look,
        "",
        range=[-max(1, len(lanes)) + 0.45, 0.55],
        tickvals=[-at for at in range(len(lanes))],
        ticktext=lanes,
        showgrid=False,
        ticks="",
        fixedrange=True,
    )
    return [trace for trace in traces if trace["x"]], axis


def _bars_of(rows: pl.DataFrame, lane: str, at: int, clock: Clock, last: date, look: Look) -> list[Trace]:
    traces: list[Trace] = []
    for row in rows.iter_rows(named=True):
        start, end = clock.places([row["start"], row["end"] or last])
        hatching = {"shape": "/", "fgcolor": look.ink, "bgcolor": look.shade, "size": 7, "solidity": 0.25}
        bar: Trace = {
            "type": "scatter",
            "mode": "lines",
            "name": f"{lane}: {escape_text(row['label'])}",
            "x": [start, start, end, end, start],
            "y": [at - _HALF, at + _HALF, at + _HALF, at - _HALF, at - _HALF],
            "yaxis": "y2",
            "fill": "toself",
            "fillcolor": look.shade if row["is_confounder"] else look.colour(0, 0.30),
            "line": {"color": look.muted if row["is_confounder"] else look.colour(0), "width": 1},
            "hoveron": "fills",
            "hoverinfo": "text",
            "text": escape_text(row["detail"]),
            "showlegend": False,
        }
        traces.append(bar | ({"fillpattern": hatching} if row["is_confounder"] else {}))
        words = f"{row['label']} →" if row["is_ongoing"] else row["label"]
        traces.append(
            draw_text([start], [at], [f" {words}"], look, yaxis="y2", textposition="middle right", name=f"{lane} label")
        )
    return traces


def _events_of(rows: pl.DataFrame, lane: str, at: int, clock: Clock, look: Look) -> list[Trace]:
    x = clock.places(rows["start"])
    y = [at] * rows.height
    vague = rows.filter(pl.col("start_lo") != pl.col("start_hi"))
    ranges: list[Any] = []
    for row in vague.iter_rows(named=True):
        ranges += [*clock.places([row["start_lo"], row["start_hi"]]), None]
    has_letters = [bool(letters) for letters in rows["letters"]]
    marks: Trace = {
        "type": "scatter",
        "mode": "markers+text",
        "name": lane,
        "x": x,
        "y": y,
        "yaxis": "y2",
        "text": [escape_text(letters) for letters in rows["letters"]],
        "textposition": "middle center",
        "textfont": {"size": 11, "color": look.ink},
        "hovertext": [escape_text(detail) for detail in rows["detail"]],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "size": [22 if letters else 11 for letters in has_letters],
            "symbol": ["square" if letters else "diamond" for letters in has_letters],
            "color": look.ground,
            "line": {"color": look.colour(0), "width": 1.5},
        },
        "showlegend": False,
    }
    line = {"color": look.muted, "width": 1.2}
    rule = draw_rule(ranges, [at, at, None] * vague.height, look, yaxis="y2", name=f"{lane} range", line=line)
    return [rule, marks]
