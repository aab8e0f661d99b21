"""The cohort page: who is in, how long until an event, how the marker moves, how many responded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from analytics.figures.screen.look import LOOKS, Look
from analytics.questions.question import Answer
from analytics.tables.results import Refusal
from dashboards.components.filters import FIELDS, build_filters
from dashboards.components.named import named
from dashboards.components.panel import Shown, build_panel, build_table, fill_panel, panel_outputs
from dashboards.components.shell import describe_data
from dashboards.pages.cohort_panels import show_cohort, show_response, show_survival, show_trajectory, show_waterfall
from dashboards.shelf import Shelf
from dashboards.view import View, parse_view, spell_search

PATH = "/"
TITLE = "Cohort"

Show = Callable[[Answer, str, Look], Shown | Refusal]
LATER: tuple[tuple[str, str, Show], ...] = (
    ("bands", "trajectory", show_trajectory),
    ("response", "response", show_response),
    ("waterfall", "response", show_waterfall),
)
"""(panel, question, how it is shown): filled after the curve, so that the curve never waits for them."""


COLUMNS: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (("curve", "Time to event", "survival"), ("response", "Chromogranin A response", "response")),
    (
        ("bands", "Chromogranin A over time", "trajectory"),
        ("waterfall", "Best change of chromogranin A", "waterfall"),
    ),
)
"""The panels of the two columns: (name, title, file name of its picture)."""


def layout(shelf: Shelf, search: str) -> list[Any]:
    """Return the page with empty panels; the callbacks fill them."""
    view = parse_view(search, shelf)
    opened = shelf.opened(view.study)
    study = opened.study
    return [
        dmc.Title("Cohort", order=1, size="h3"),
        dmc.Text(describe_data(study.name, study.version, study.built_at), size="sm", className="about"),
        build_filters(opened, view),
        dcc.Store(id="curve-shown"),
        html.Ol(id="flow", className="flow", **named("Who is in")),
        html.Div([html.Div([build_panel(*panel) for panel in column]) for column in COLUMNS], className="panels"),
        html.Details(
            [html.Summary("Who is in: characteristics at the start of the line"), build_table("who", "Who is in")],
            className="who",
        ),
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
        panel_outputs("curve"),
        Output("curve-shown", "data"),
        Input("location", "search"),
        Input("scheme", "data"),
    )
    def fill_curve(search: str, scheme: str | None) -> Any:  # pyright: ignore[reportUnusedFunction]
        view, look = read_state(search, scheme, shelf)
        filled = fill_panel(show(shelf, view, "survival", show_survival, look), spell_search(view, shelf))
        return (*filled, [search, scheme])

    for name, kind, how in LATER:
        _register_later(app, shelf, name, kind, how)

    @app.callback(Output("flow", "children"), Output("who", "data"), Input("curve-shown", "data"))
    def fill_who(state: list[str]) -> Any:  # pyright: ignore[reportUnusedFunction]
        view, _ = read_state(state[0], state[1], shelf)
        return show_cohort(
            shelf.ask(view.study, view.question("cohort")), shelf.ask(view.study, view.question("survival"))
        )


def _register_later(app: Dash, shelf: Shelf, name: str, kind: str, how: Show) -> None:
    @app.callback(panel_outputs(name), Input("curve-shown", "data"))
    def fill(state: list[str]) -> Any:  # pyright: ignore[reportUnusedFunction]
        view, look = read_state(state[0], state[1], shelf)
        return fill_panel(show(shelf, view, kind, how, look), spell_search(view, shelf))


def read_state(search: str, scheme: str | None, shelf: Shelf) -> tuple[View, Look]:
    """Return view and look of the browser; nothing happens before the browser has said light or dark."""
    if scheme is None:
        raise PreventUpdate
    return parse_view(search, shelf), LOOKS[scheme]


def show(shelf: Shelf, view: View, kind: str, how: Show, look: Look) -> Shown | Refusal:
    """Ask, and show the answer; a refusal stays one."""
    given = shelf.ask(view.study, view.question(kind))
    return given if isinstance(given, Refusal) else how(given, shelf.opened(view.study).place, look)
