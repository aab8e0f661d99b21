"""Survival curves with bands, and at risk, events and censored in rows on the same time axis."""

from __future__ import annotations

from collections.abc import Sequence

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
    measure_label,
    name_group,
    order_groups,
    pack_floats,
    place_legend,
)
from analytics.figures.screen.look import Look
from analytics.tables.results import IntArray
from analytics.tables.risk_table import count_at_risk, faded_from
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

CENSOR_MARKS_UP_TO = 500
"""Lines in a group; beyond it the marks merge into a bar and say nothing."""
STEPS_KEPT = 800
"""Steps of a curve drawn one by one; a longer curve keeps one a pixel column."""
ROWS = ("at risk", "events", "censored")
_ROW_HEIGHT = 22
_CURVE_HEIGHT = 330
_BELOW = 64
_LABEL_GAP = 8  # px; a count of three digits at month 0 begins left of it


def draw_survival(result: SurvivalResult, look: Look) -> Figure:
    """Draw the curves of ``result`` in months with their limits and the counts below."""
    ticks = choose_month_ticks(result_months(result))
    places = order_groups(group.group for group in result.groups)
    traces: list[Trace] = []
    for group in result.groups:
        index = places[group.group]
        traces += [*_band(group.curve, index, look), *_curve(group, index, look)]
    rows, labels = _risk_rows(result.groups, ticks, look)
    rows_height = _ROW_HEIGHT * len(labels)
    legend = place_legend(
        [_name(group) for group in result.groups], left=measure_label(ROWS) + _LABEL_GAP, below=_BELOW
    )
    inside = _CURVE_HEIGHT + rows_height
    split = (rows_height + 14) / inside
    end = max(ticks[-1], result_months(result)) * 1.02
    return draw_frame(
        look,
        inside + legend["margin"]["t"] + _BELOW,
        traces + rows,
        hovermode="x unified",
        xaxis=draw_axis(
            look,
            "Months since the start<br>of the line",
            BELOW_TICKS,
            tickvals=ticks,
            tickangle=0,
            anchor="y2",
            range=[-0.07 * ticks[-1], end],
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
            ticklabelstandoff=_LABEL_GAP,
        ),
        **legend,
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


def _name(group: GroupSurvival) -> str:
    return f"{name_group(group.group)} ({group.n_lines})"


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
    """Return the curve, thin and pale from where few are left at risk, and the censor marks of a small group."""
    curve, edge = group.curve, faded_from(group)
    drawn = select_drawn_steps(curve.time)
    n_sure = int(np.count_nonzero(curve.time[drawn] <= edge))
    traces = [_line(group, drawn[:n_sure], index, look)]
    if n_sure < len(drawn):
        thin = {"name": f"{_name(group)}, few at risk", "showlegend": False, "opacity": 0.55}
        traces.append(_line(group, drawn[n_sure - 1 :], index, look, width=1.2) | thin)
    censored = drawn[curve.n_censor[drawn] > 0]
    if group.n_lines > CENSOR_MARKS_UP_TO or censored.size == 0:
        return traces
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
    return [*traces, marks]


def _line(group: GroupSurvival, drawn: IntArray, index: int, look: Look, width: float = 2.4) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": _name(group),
        "legendgroup": group.group,
        "x": pack_floats(group.curve.time[drawn] / DAYS_PER_MONTH),
        "y": pack_floats(100 * group.curve.survival[drawn]),
        "line": {"width": width, "shape": "hv", "color": look.colour(index), "dash": look.dash(index)},
        "hovertemplate": "%{y:.1f} %",
    }


def _risk_rows(groups: Sequence[GroupSurvival], ticks: Sequence[int], look: Look) -> tuple[list[Trace], list[str]]:
    """Return the counts, one trace a group, and the labels of the rows; of several groups each has a row for its name.

    The name stands inside the chart: beside the axis a long one would take the width from the curves.
    """
    traces: list[Trace] = []
    labels: list[str] = []
    heads: list[tuple[int, str]] = []
    for group in groups:
        if len(groups) > 1:
            heads.append((-len(labels), group.group))
            labels.append("")
        traces.append(_counts(group, -len(labels), ticks, look))
        labels += ROWS
    places = [at for at, _ in heads]
    names = [name.replace("_", " ") for _, name in heads]
    title = draw_text([0] * len(heads), places, names, look, name="groups", yaxis="y2", textposition="middle right")
    title["textfont"] |= {"weight": "bold"}
    return [*traces, title], labels


def _counts(group: GroupSurvival, top: int, ticks: Sequence[int], look: Look) -> Trace:
    counts = count_at_risk(group.curve, [tick * DAYS_PER_MONTH for tick in ticks])
    numbers = [str(count) for row in ROWS for count in counts[row.replace(" ", "_")]]
    places = [top - row for row in range(len(ROWS)) for _ in ticks]
    return draw_text([*ticks] * len(ROWS), places, numbers, look, name=f"{group.group} counts", yaxis="y2")
