"""The marker of one patient: one trace an assay, broken where values may not be joined, bounds as triangles."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from analytics.figures.screen.chart import Trace, draw_rule, draw_text, escape_text
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import Look
from analytics.tables.history import PatientHistory

Span = tuple[date, date]
Limits = tuple[float, float]


def drawn_values(history: PatientHistory, unit: str) -> pl.DataFrame:
    """Return the values that can be placed: dated, and with a limit (× ULN) or in the history's unit."""
    dated = history.values.drop_nulls("date")
    if unit == "uln":
        return dated.drop_nulls("fold_uln")
    return dated.filter(pl.col("amount_unit") == history.unit).drop_nulls("amount")


def draw_marker(
    history: PatientHistory,
    values: pl.DataFrame,
    unit: str,
    clock: Clock,
    span: Span,
    limits: Limits,
    look: Look,
) -> tuple[list[Trace], list[dict[str, Any]]]:
    """Return the traces of the marker, and the stops for the keyboard: place and words of each value."""
    column = "fold_uln" if unit == "uln" else "amount"
    groups = history.values["assay_group"].unique(maintain_order=True).to_list()
    traces = _limit_lines(values, unit, clock, span, look)
    path = history.path if unit == "uln" else history.path.filter(pl.col("amount_unit") == history.unit)
    for index, group in enumerate(groups):
        of_group = values.filter(pl.col("assay_group") == group)
        words = f"assay {group}" if group != "unknown" else "assay not named"
        traces.append(_line_of(path.filter(pl.col("assay_group") == group), column, words, clock, index, look))
        traces.append(_points_of(of_group.filter(~pl.col("is_bound")), column, words, clock, index, look))
        traces += _bounds_of(of_group.filter("is_bound"), column, words, clock, limits, index, look)
    traces += _date_ranges(values, column, clock, look)
    traces += _assay_changes(values, clock, limits, look)
    traces.append(_hollow_key(values, look))
    traces.append(_cursor(look))
    stops = [
        {"x": clock.place(row["date"]), "y": row[column], "words": describe_value(row)}
        for row in values.iter_rows(named=True)
    ]
    return [trace for trace in traces if trace["x"] or trace["name"] == CURSOR], stops


CURSOR = "chosen value"
"""The ring around the value chosen by keyboard; empty until one is chosen."""


def describe_value(row: dict[str, Any]) -> str:
    """Say one value with everything needed to read it: day, qualifier, unit, assay, limit, change, flags."""
    sign = row["comparator"] or ""
    parts = [
        row["date_text"] or f"{row['date']}",
        f"{sign}{row['value']:g} {row['unit'] or ''}".strip(),
    ]
    if row["fold_uln"] is not None:
        parts.append(f"{sign}{row['fold_uln']:.2f} × ULN ({row['uln']:g})")
    parts.append(f"assay {row['assay']}" if row["assay"] else "assay not named")
    if row["change_from_baseline_pct"] is not None:
        parts.append(f"{row['change_from_baseline_pct']:+.0f} % from baseline")
    if row["change_from_previous_pct"] is not None:
        noise = {True: ", beyond noise", False: ", within noise", None: ""}[row["beyond_noise"]]
        parts.append(f"{row['change_from_previous_pct']:+.0f} % from the value before{noise}")
    return "; ".join([*parts, *(row["flags"] or [])])


def _hover(rows: pl.DataFrame) -> list[str]:
    return [escape_text(describe_value(row)).replace("; ", "<br>") for row in rows.iter_rows(named=True)]


def _line_of(path: pl.DataFrame, column: str, words: str, clock: Clock, index: int, look: Look) -> Trace:
    x: list[Any] = []
    y: list[Any] = []
    for segment in path.drop_nulls(column).partition_by("segment", maintain_order=True):
        x += [*clock.places(segment["date"]), None]
        y += [*segment[column].to_list(), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{escape_text(words)} line",
        "x": x[:-1],
        "y": y[:-1],
        "connectgaps": False,
        "line": {"color": look.colour(index), "width": 2, "dash": look.dash(index)},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _points_of(rows: pl.DataFrame, column: str, words: str, clock: Clock, index: int, look: Look) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": escape_text(words),
        "x": clock.places(rows["date"]),
        "y": rows[column].to_list(),
        "text": _hover(rows),
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": 9,
            "symbol": [_symbol_of(row, look.symbol(index)) for row in rows.iter_rows(named=True)],
            "color": look.colour(index),
            "line": {"width": 1.5, "color": look.colour(index)},
        },
        "showlegend": True,
    }


def _symbol_of(row: dict[str, Any], symbol: str) -> str:
    """Return the mark of a value: hollow where it decides no response, with a dot in it where it is approximate."""
    if row["comparator"] == "~":
        return f"{symbol}-open-dot"
    return symbol if row["is_assessable"] else f"{symbol}-open"


def _hollow_key(values: pl.DataFrame, look: Look) -> Trace:
    """Return the entry of the legend that says what a hollow mark means, where there is one."""
    some = values.filter(~pl.col("is_assessable") & ~pl.col("is_bound"))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "hollow: a condition at the time<br>may raise it, decides no response",
        "x": [None] * min(1, some.height),
        "y": [None] * min(1, some.height),
        "marker": {"size": 9, "symbol": "circle-open", "color": look.muted, "line": {"width": 1.5}},
        "hoverinfo": "skip",
        "showlegend": True,
    }


def _bounds_of(
    rows: pl.DataFrame, column: str, words: str, clock: Clock, limits: Limits, index: int, look: Look
) -> list[Trace]:
    traces: list[Trace] = []
    for sign, side, symbol, foot in (
        ("<", "below", "triangle-down-open", limits[0]),
        (">", "above", "triangle-up-open", limits[1]),
    ):
        some = rows.filter(pl.col("comparator").str.starts_with(sign))
        x = clock.places(some["date"])
        y = some[column].to_list()
        whisker_x = [place for at in x for place in (at, at, None)]
        whisker_y = [place for at in y for place in (at, foot, None)]
        name = f"{escape_text(words)}, {side} quantitation,<br>drawn at the limit"
        line = {"color": look.colour(index), "width": 1.2, "dash": "dot"}
        traces.append(draw_rule(whisker_x, whisker_y, look, name=f"{name} whisker", line=line))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": x,
                "y": y,
                "text": _hover(some),
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"size": 12, "symbol": symbol, "color": look.colour(index), "line": {"width": 2}},
            }
        )
    return traces


def _date_ranges(values: pl.DataFrame, column: str, clock: Clock, look: Look) -> list[Trace]:
    vague = values.filter(pl.col("date_lo") != pl.col("date_hi"))
    x = [at for row in vague.iter_rows(named=True) for at in (*clock.places([row["date_lo"], row["date_hi"]]), None)]
    y = [at for value in vague[column] for at in (value, value, None)]
    name = "day not known: possible range"
    return [draw_rule(x, y, look, name=name, showlegend=True, line={"color": look.muted, "width": 1.2})]


def _limit_lines(values: pl.DataFrame, unit: str, clock: Clock, span: Span, look: Look) -> list[Trace]:
    ends = clock.places(span)
    if unit == "uln":
        return [
            draw_rule(ends, [1, 1], look, name="ULN"),
            draw_text([ends[0]], [1], ["ULN"], look, name="ULN label", textposition="top right"),
        ]
    traces: list[Trace] = []
    for used in values.drop_nulls("uln").partition_by("assay_group", "uln", maintain_order=True):
        limit = used["uln"][0]
        days = [used["date"].min(), used["date"].max()] if used.height > 1 else list(span)
        x = clock.places(days)  # pyright: ignore[reportArgumentType]
        traces.append(draw_rule(x, [limit, limit], look, name=f"ULN {limit:g}"))
        traces.append(draw_text([x[0]], [limit], [f"ULN {limit:g}"], look, name="ULN label", textposition="top right"))
    return traces


def _assay_changes(values: pl.DataFrame, clock: Clock, limits: Limits, look: Look) -> list[Trace]:
    changed = values.filter(
        (pl.col("assay_group") != pl.col("assay_group").shift(1)) & pl.col("assay_group").shift(1).is_not_null()
    )
    x = [place for at in clock.places(changed["date"]) for place in (at, at, None)]
    y = [*limits, None] * changed.height
    words = [f"assay {group}" for group in changed["assay_group"]]
    return [
        draw_rule(x, y, look, name="assay change", line={"color": look.muted, "width": 1, "dash": "dot"}),
        draw_text(
            clock.places(changed["date"]),
            [limits[1]] * changed.height,
            words,
            look,
            name="assay change label",
            textposition="bottom right",
        ),
    ]


def _cursor(look: Look) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": CURSOR,
        "x": [],
        "y": [],
        "marker": {"size": 20, "symbol": "circle-open", "color": look.ink, "line": {"width": 3}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
