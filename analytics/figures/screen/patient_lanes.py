"""The lanes under a patient's marker: cycles, drugs, procedures, conditions and scans, one row each."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from analytics.figures.screen.chart import Axis, Trace, draw_axis, draw_rule, draw_text, escape_text, spell_points
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import Look

LANES: tuple[str, ...] = ("PRRT", "SSA", "Systemic", "Procedures", "Supportive", "Concomitant", "Scans")
"""Lanes from top to bottom; only those with something in them are drawn."""
LANE_HEIGHT = 40
Span = tuple[date, date]
_HALF = 0.26
_LETTER_SHARE = 0.0125
"""What a letter takes of the time shown where the chart is narrowest: 6 of 480 pixels."""


def lanes_of(spells: pl.DataFrame) -> list[str]:
    """Return the lanes that hold something with a day."""
    held = set(spells.drop_nulls("start")["lane"])
    return [lane for lane in LANES if lane in held]


def draw_lanes(
    spells: pl.DataFrame, lanes: list[str], clock: Clock, span: Span, look: Look
) -> tuple[list[Trace], Axis]:
    """Return the traces of the lanes and their axis."""
    placed = spells.drop_nulls("start")
    traces: list[Trace] = []
    for at, lane in enumerate(lanes):
        rows = placed.filter(pl.col("lane") == lane)
        traces += _bars_of(rows.filter(~pl.col("is_event")), lane, -at, clock, span, look)
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


def _bars_of(rows: pl.DataFrame, lane: str, at: int, clock: Clock, span: Span, look: Look) -> list[Trace]:
    traces: list[Trace] = []
    for row in rows.iter_rows(named=True):
        end = row["end"] or span[1]
        x0, x1 = clock.places([row["start"], end])
        # pale enough for words to be read on it
        hatching = {"shape": "/", "fgcolor": look.muted, "fgopacity": 0.45, "size": 8, "solidity": 0.2}
        bar: Trace = {
            "type": "scatter",
            "mode": "lines",
            "name": f"{lane}: {escape_text(row['label'])}",
            "x": [x0, x0, x1, x1, x0],
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
        traces.append(_label_of(row, end, lane, at, clock, span, look))
    return traces


def _label_of(row: dict[str, Any], end: date, lane: str, at: int, clock: Clock, span: Span, look: Look) -> Trace:
    """Return the words of a bar: inside it, or beside it where cycles or hatching stand inside."""
    # spaces that do not collapse: they keep the words off the bar's edge and the last cycle's mark
    words = f"\u00a0\u00a0\u00a0{row['label']}\u00a0\u00a0\u00a0" + ("→ " if row["is_ongoing"] else "")
    is_filled = row["is_confounder"] or lane == "PRRT"
    room = (span[1] - span[0]) * min(1.0, len(words) * _LETTER_SHARE)
    early, late = span[0] + room, span[1] - room
    if is_filled and end < late:
        day, side = end, "middle right"
    elif is_filled and row["start"] < early:
        # no room on either side: inside, after the first cycle's mark
        day, side = row["start"], "middle right"
    elif is_filled or row["start"] > late:
        day, side = row["start"], "middle left"
    else:
        day, side = row["start"], "middle right"
    return draw_text([clock.place(day)], [at], [words], look, yaxis="y2", textposition=side, name=f"{lane} label")


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
        "text": spell_points(rows["letters"]),
        "textposition": "middle center",
        "textfont": {"size": 11, "color": look.ink},
        "hovertext": [escape_text(detail) for detail in rows["detail"]],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "size": [20 if letters else 11 for letters in has_letters],
            "symbol": ["square" if letters else "diamond" for letters in has_letters],
            "color": look.ground,
            "line": {"color": look.colour(0), "width": 1.5},
        },
        "showlegend": False,
    }
    line = {"color": look.muted, "width": 1.2}
    rule = draw_rule(ranges, [at, at, None] * vague.height, look, yaxis="y2", name=f"{lane} range", line=line)
    return [rule, marks]
