"""The panel every chart stands in: what it shows, the chart, the same numbers as a table, and ways out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dash_mantine_components as dmc
from dash import Output, dcc, html

from analytics.figures.screen.chart import CONFIG, Figure
from analytics.tables.results import Refusal
from dashboards.components.named import named, named_by

TableData = Any
"""Head and body of a table, as ``dmc.Table`` takes them."""
NO_TABLE: TableData = {"head": [], "body": []}
_CONFIG: Any = CONFIG
_HIDDEN = {"display": "none"}
_SHOWN: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a panel shows: the chart, and in words what it is, how much it rests on and how it was made.

    ``about`` names content, unit, n and data version; ``sentences`` give the numbers. ``beside`` stands open
    under the chart and ``table`` behind a word, both as data of ``dmc.Table``; ``download`` names the CSV.
    """

    figure: Figure
    about: str
    sentences: Sequence[str]
    table: TableData
    download: str
    call: str
    beside: TableData = field(default_factory=lambda: NO_TABLE)


def build_panel(name: str, title: str, picture: str, *, is_wide: bool = False) -> dmc.Paper:
    """Return the empty panel ``name``; ``picture`` is the file name its picture is saved under.

    A wide chart keeps its width on a narrow screen and scrolls sideways, by keyboard too.
    """
    sideways: dict[str, Any] = {"className": "wide", "tabIndex": "0"} if is_wide else {}
    return dmc.Paper(
        [
            dmc.Title(title, order=2, size="h4", id=f"{name}-title"),
            dmc.Text(id=f"{name}-about", size="sm", className="about"),
            html.P(id=f"{name}-refusal", className="refusal", style=_HIDDEN),
            html.Div(
                [
                    html.Figure(
                        dcc.Graph(id=f"{name}-graph", config=_CONFIG, className="chart"),
                        **named_by(f"{name}-title", f"{name}-about"),
                        **sideways,
                    ),
                    build_table(f"{name}-beside", f"{title}: numbers"),
                    html.Ul(id=f"{name}-sentences", className="sentences"),
                    build_closed_table(name, "The same numbers as a table", f"{title}: table"),
                    _ways_out(name, picture),
                ],
                id=f"{name}-box",
            ),
        ],
        withBorder=True,
        p="md",
        className="panel",
    )


def build_table(name: str, title: str, data: TableData = NO_TABLE) -> html.Div:
    """Return a table in a region that scrolls sideways and can be reached by keyboard."""
    table = dmc.Table(id=name, data=data, striped=True, withRowBorders=True, verticalSpacing=4, horizontalSpacing=8)
    return html.Div(table, className="table-region", role="region", tabIndex=0, **named(title))


def build_closed_table(name: str, words: str, title: str) -> html.Details:
    """Return a table behind ``words``, to be filled when it is opened: ``name`` with «-open», «-asked» and «-table»."""
    return html.Details(
        [
            html.Summary(words, id=f"{name}-open", n_clicks=0),
            dcc.Store(id=f"{name}-asked"),
            build_table(f"{name}-table", title),
        ]
    )


def _ways_out(name: str, picture: str) -> html.Div:
    return html.Div(
        [
            html.A("Download data (CSV)", id=f"{name}-download", className="way-out", download=""),
            html.Button(
                "Download picture (SVG)",
                id=f"{name}-picture",
                className="way-out",
                **_pictured(f"{name}-graph", picture),
            ),
            dmc.CopyButton(
                id=f"{name}-copy",
                value="",
                children="Copy the command that made this",
                copiedChildren="Copied",
                variant="default",
                size="compact-sm",
            ),
            html.Code(id=f"{name}-call", className="call"),
        ],
        className="ways-out",
    )


def _pictured(graph: str, picture: str) -> dict[str, Any]:
    return {"data-graph": graph, "data-file": picture}


def panel_outputs(name: str) -> list[Output]:
    """Return what a callback of panel ``name`` sets, in the order of ``fill_panel``."""
    return [
        Output(f"{name}-{part}", prop)
        for part, prop in (
            ("graph", "figure"),
            ("about", "children"),
            ("sentences", "children"),
            ("beside", "data"),
            ("download", "href"),
            ("copy", "value"),
            ("call", "children"),
            ("box", "style"),
            ("refusal", "children"),
            ("refusal", "style"),
        )
    ]


def fill_panel(shown: Shown | Refusal, search: str) -> tuple[Any, ...]:
    """Return the values of ``panel_outputs``: the chart and its numbers, or the refusal's words instead.

    ``search`` is the query of what is being looked at, for the download.
    """
    if isinstance(shown, Refusal):
        empty: Figure = {"data": [], "layout": {}}
        words = [html.Strong("This cannot be answered. "), f"{shown.sentence} {shown.remedy}"]
        return (empty, "", [], NO_TABLE, "", "", "", _HIDDEN, words, _SHOWN)
    sentences = [html.Li(sentence) for sentence in shown.sentences]
    return (
        shown.figure,
        shown.about,
        sentences,
        shown.beside,
        f"/download/{shown.download}.csv{search}",
        shown.call,
        shown.call,
        _SHOWN,
        "",
        _HIDDEN,
    )
