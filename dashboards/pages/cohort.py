"""The cohort page: who is in, how long until an event, how the marker moves, how many responded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from analytics.figures.screen.look import LOOKS, Look
from analytics.questions.question import Answer
from analytics.tables.results import Refusal
from dashboards.components.filters import FIELDS, build_filters
from dashboards.components.named import named
from dashboards.components.panel import (
    NO_TABLE,
    Shown,
    TableData,
    build_closed_table,
    build_panel,
    fill_panel,
    panel_outputs,
)
from dashboards.components.shell import describe_data
from dashboards.on_demand import register_after_paint, register_closed_table
from dashboards.pages.cohort_panels import (
    show_flow,
    show_response,
    show_survival,
    show_trajectory,
    show_waterfall,
    table_of_who,
)
from dashboards.shelf import Shelf
from dashboards.view import View, parse_view, spell_search

PATH = "/"
TITLE = "Cohort"
Seen = list[Any]
"""What the browser shows: the query of the address, and light or dark."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of the page: the question behind it and how its answer is shown; ``picture`` names its file."""

    name: str
    title: str
    picture: str
    kind: str
    show: Callable[[Answer, str, Look], Shown | Refusal]


CURVE = Panel("curve", "Time to event", "survival", "survival", show_survival)
RESPONSE = Panel("response", "Chromogranin A response", "response", "response", show_response)
BANDS = Panel("bands", "Chromogranin A over time", "trajectory", "trajectory", show_trajectory)
WATERFALL = Panel("waterfall", "Best change of chromogranin A", "waterfall", "response", show_waterfall)
COLUMNS = ((CURVE, RESPONSE), (BANDS, WATERFALL))
LATER = (BANDS, RESPONSE, WATERFALL)
"""Filled once the curve is painted, so that the curve never waits for them."""


def layout(shelf: Shelf, search: str) -> list[Any]:
    """Return the page with empty panels; the callbacks fill them."""
    view = parse_view(search, shelf)
    opened = shelf.opened(view.study)
    study = opened.study
    columns = [
        html.Div([build_panel(panel.name, panel.title, panel.picture) for panel in column]) for column in COLUMNS
    ]
    return [
        dmc.Title("Cohort", order=1, size="h3"),
        dmc.Text(describe_data(study.name, study.version, study.built_at), size="sm", className="about"),
        build_filters(opened, view),
        dcc.Store(id="curve-answered"),
        dcc.Store(id="curve-shown"),
        html.Ol(id="flow", className="flow", **named("Who is in")),
        html.Div(columns, className="panels"),
        build_closed_table("who", "Who is in: characteristics at the start of the line", "Who is in"),
    ]


def register(app: Dash, shelf: Shelf) -> None:
    """Register the callbacks of the page."""
    app.clientside_callback(
        ClientsideFunction("lutetia", "syncFilters"),
        *[Output(f"filter-{name}", "value") for name in FIELDS],
        Input("location", "search"),
        *[Input(f"filter-{name}", "value") for name in FIELDS],
        State("filter-starts", "data"),
    )

    @app.callback(
        panel_outputs(CURVE.name),
        Output("curve-answered", "data"),
        Input("location", "search"),
        Input("scheme", "data"),
    )
    def fill_curve(search: str, scheme: str | None) -> Any:  # pyright: ignore[reportUnusedFunction]
        return (*fill(shelf, CURVE, [search, scheme]), [search, scheme])

    register_after_paint(app, "curve-answered", "curve-shown")
    for panel in LATER:
        _register_later(app, shelf, panel)
    for panel in (CURVE, *LATER):
        register_closed_table(app, panel.name, "curve-shown", partial(fill_table, shelf, panel))
    register_closed_table(app, "who", "curve-shown", partial(fill_who, shelf))

    @app.callback(Output("flow", "children"), Input("curve-shown", "data"), prevent_initial_call=True)
    def fill_flow(seen: Seen) -> Any:  # pyright: ignore[reportUnusedFunction]
        view = parse_view(seen[0], shelf)
        return show_flow(*(shelf.ask(view.study, view.question(kind)) for kind in ("survival", "cohort")))


def _register_later(app: Dash, shelf: Shelf, panel: Panel) -> None:
    @app.callback(panel_outputs(panel.name), Input("curve-shown", "data"), prevent_initial_call=True)
    def fill_later(seen: Seen) -> Any:  # pyright: ignore[reportUnusedFunction]
        return fill(shelf, panel, seen)


def fill(shelf: Shelf, panel: Panel, seen: Seen) -> tuple[Any, ...]:
    """Return the values of the outputs of a panel."""
    view, look = read_seen(seen[0], seen[1], shelf)
    return fill_panel(show(shelf, view, panel, look), spell_search(view, shelf))


def fill_table(shelf: Shelf, panel: Panel, seen: Seen) -> TableData:
    """Return the closed table of a panel."""
    view, look = read_seen(seen[0], seen[1], shelf)
    shown = show(shelf, view, panel, look)
    return NO_TABLE if isinstance(shown, Refusal) else shown.table


def fill_who(shelf: Shelf, seen: Seen) -> TableData:
    """Return the characteristics of who is in."""
    view = parse_view(seen[0], shelf)
    return table_of_who(shelf.ask(view.study, view.question("cohort")))


def read_seen(search: str, scheme: str | None, shelf: Shelf) -> tuple[View, Look]:
    """Return view and look of the browser; nothing happens before the browser has said light or dark."""
    if scheme is None:
        raise PreventUpdate
    return parse_view(search, shelf), LOOKS[scheme]


def show(shelf: Shelf, view: View, panel: Panel, look: Look) -> Shown | Refusal:
    """Ask, and show the answer; a refusal stays one."""
    given = shelf.ask(view.study, view.question(panel.kind))
    return given if isinstance(given, Refusal) else panel.show(given, shelf.opened(view.study).place, look)
