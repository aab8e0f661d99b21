"""Survival curves with bands, and at risk, events and censored in rows on the same time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.chart import (
    Figure,
    Trace,
    choose_month_ticks,
    draw_axis,
    draw_frame,
    draw_text,
    escape_text,
    order_groups,
    pack_floats,
)
from analytics.figures.screen.look import Look
from analytics.tables.results import IntArray
from analytics.tables.risk_table import count_at_risk
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

CENSOR_MARKS_UP_TO = 500
"""Lines in a group; beyond it the marks merge into a bar and say nothing."""
STEPS_KEPT = 1200
"""Steps of a curve drawn one by one; a longer curve keeps one a pixel column."""
ROWS = ("at risk", "events", "censored")
_ROW_HEIGHT = 22
_CURVE_HEIGHT = 330


def draw_survival(result: SurvivalResult, look: Look) -> Figure:
    """Draw the curves of ``result`` in months with their limits and the counts below."""
    ticks = choose_month_ticks(max(group.curve.time[-1] for group in result.groups) / DAYS_PER_MONTH)
    traces: list[Trace] = []
    places = order_groups(group.group for group in result.groups)
    for group in result.groups:
        index = places[group.group]
        traces += [*_band(group.curve, index, look), *_curve(group, index, look)]
    rows, labels = _risk_rows(result.groups, ticks, look)
    rows_height = _ROW_HEIGHT * len(labels)
    height = _CURVE_HEIGHT + rows_height + 110
    split = (rows_height + 14) / (height - 60)
    return draw_frame(
        look,
        height,
        traces + rows,
        hovermode="x unified",
        xaxis=draw_axis(
            look,
            "Months since the start<br>of the line",
            tickvals=ticks,
            anchor="y2",
            range=[-0.07 * ticks[-1], max(ticks[-1], result_months(result)) * 1.02],
        ),
        yaxis=draw_axis(
            look,
            f"{result.endpoint} (%)",
            range=[0, 101],
            tickvals=[0, 25, 50, 75, 100],
            domain=[split + 0.07, 1],
        ),
        yaxis2=draw_axis(
            look,
            "",
            range=[-len(labels) + 0.4, 0.6],
            domain=[0, split],
            tickvals=[-row for row in range(len(labels))],
            ticktext=labels,
            showgrid=False,
            showline=False,
            ticks="",
            fixedrange=True,
            tickfont={"size": 12},
        ),
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 13}},
        margin={"l": 56, "r": 12, "t": 36, "b": 48},
    )


def result_months(result: SurvivalResult) -> float:
    """Return the last observed month over all groups."""
    return max(float(group.curve.time[-1]) for group in result.groups) / DAYS_PER_MONTH


def select_drawn_steps(time: IntArray) -> IntArray:
    """Return the rows of a curve that are drawn: all, or the last of each pixel column of a long one."""
    if len(time) <= STEPS_KEPT:
        return np.arange(len(time))
    column = np.floor(time / time[-1] * (STEPS_KEPT - 1))
    is_last = np.append(column[1:] != column[:-1], True)
    return np.flatnonzero(is_last)


def _band(curve: SurvivalCurve, index: int, look: Look) -> list[Trace]:
    drawn = select_drawn_steps(curve.time)
    drawn = drawn[np.isfinite(curve.low[drawn]) & np.isfinite(curve.high[drawn])]
    shared: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": pack_floats(curve.time[drawn] / DAYS_PER_MONTH),
        "line": {"width": 0, "shape": "hv", "color": look.colour(index)},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": curve.group,
    }
    high = shared | {"y": pack_floats(100 * curve.high[drawn]), "name": f"{curve.group} upper limit"}
    low = shared | {
        "y": pack_floats(100 * curve.low[drawn]),
        "name": f"{curve.group} lower limit",
        "fill": "tonexty",
        "fillcolor": look.colour(index, 0.16),
    }
    return [high, low]


def _curve(group: GroupSurvival, index: int, look: Look) -> list[Trace]:
    curve = group.curve
    drawn = select_drawn_steps(curve.time)
    line: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": escape_text(f"{group.group} ({group.n_lines})"),
        "legendgroup": group.group,
        "x": pack_floats(curve.time[drawn] / DAYS_PER_MONTH),
        "y": pack_floats(100 * curve.survival[drawn]),
        "line": {"width": 2.4, "shape": "hv", "color": look.colour(index), "dash": look.dash(index)},
        "hovertemplate": "%{y:.1f} %",
    }
    censored = drawn[curve.n_censor[drawn] > 0]
    if group.n_lines > CENSOR_MARKS_UP_TO or censored.size == 0:
        return [line]
    marks: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": f"{group.group} censor marks",
        "legendgroup": group.group,
        "showlegend": False,
        "x": pack_floats(curve.time[censored] / DAYS_PER_MONTH),
        "y": pack_floats(100 * curve.survival[censored]),
        "marker": {"symbol": "line-ns-open", "size": 9, "color": look.colour(index)},
        "hoverinfo": "skip",
    }
    return [line, marks]


def _risk_rows(groups: Sequence[GroupSurvival], ticks: Sequence[int], look: Look) -> tuple[list[Trace], list[str]]:
    traces: list[Trace] = []
    labels: list[str] = []
    for group in groups:
        counts = count_at_risk(group.curve, [tick * DAYS_PER_MONTH for tick in ticks])
        if len(groups) > 1:
            labels.append(f"<b>{escape_text(group.group)}</b>")
        for row in ROWS:
            traces.append(_risk_row(group.group, row, counts, -len(labels), ticks, look))
            labels.append(row)
    return traces, labels


def _risk_row(group: str, row: str, counts: pl.DataFrame, at: int, ticks: Sequence[int], look: Look) -> Trace:
    numbers = [str(count) for count in counts[row.replace(" ", "_")]]
    return draw_text(
        ticks,
        [at] * len(ticks),
        numbers,
        look,
        name=f"{group} {row}",
        yaxis="y2",
    )
