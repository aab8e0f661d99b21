"""The patient page: where the marker is now, against normal and against this patient's own past."""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from analytics.figures.screen.look import Look
from analytics.tables.results import Refusal
from dashboards.components.cards import build_cards
from dashboards.components.panel import NO_TABLE, TableData, build_panel, build_table, fill_panel, panel_outputs
from dashboards.components.patient_controls import FIELDS, build_controls
from dashboards.components.shell import describe_data
from dashboards.on_demand import register_after_paint, register_closed_table
from dashboards.pages.cohort import read_seen
from dashboards.pages.patient_panels import Around, show_around, show_marker
from dashboards.pages.patient_tables import tables_of
from dashboards.shelf import OpenedStudy, Shelf
from dashboards.view import View, parse_view

PATH = "/patient"
TITLE = "Patient"
TABLES = {
    "outcomes": "Treatment lines and what became of them",
    "lesions": "Lesions by examination",
    "given": "What was given and seen, in order",
}
Seen = list[Any]
"""What the browser shows: path and query of the address, and light or dark."""


def layout(shelf: Shelf, search: str) -> list[Any]:
    """Return the page without a patient; the callbacks fill it."""
    view = parse_view(search, shelf)
    study = shelf.opened(view.study).study
    return [
        dmc.Title("Patient", order=1, size="h3", id="patient-title"),
        html.P(id="patient-facts", className="facts"),
        dmc.Text(describe_data(study.name, study.version, study.built_at), size="sm", className="about"),
        build_controls(view),
        dcc.Store(id="marker-answered"),
        dcc.Store(id="marker-shown"),
        html.Div(id="patient-cards", className="cards"),
        build_panel("marker", "Marker, treatment and scans on one time axis", "patient", is_wide=True),
        *(
            html.Section(
                [dmc.Title(title, order=2, size="h4"), build_table(f"patient-{name}", title)],
                id=f"patient-{name}-box",
                className="panel-plain",
            )
            for name, title in TABLES.items()
        ),
    ]


def find_code(opened: OpenedStudy, pathname: str) -> str | None:
    """Return the study code an address names; the first patient where it names none."""
    opaque = pathname.removeprefix(PATH).strip("/")
    if not opaque:
        return opened.patients[0] if opened.patients else None
    return opened.codes.get(opaque)


def register(app: Dash, shelf: Shelf) -> None:
    """Register the callbacks of the page."""
    app.clientside_callback(
        ClientsideFunction("lutetia", "syncPatient"),
        *[Output(f"control-{name}", "value") for name in FIELDS],
        Input("location", "search"),
        *[Input(f"control-{name}", "value") for name in FIELDS],
    )
    app.clientside_callback(
        ClientsideFunction("lutetia", "stepValue"),
        Output("value-status", "children"),
        Input("value-previous", "n_clicks"),
        Input("value-next", "n_clicks"),
        State("marker-graph", "figure"),
        prevent_initial_call=True,
    )

    @app.callback(
        panel_outputs("marker"),
        Output("patient-title", "children"),
        Output("patient-facts", "children"),
        Output("patient-cards", "children"),
        Output("patient-previous", "href"),
        Output("patient-next", "href"),
        Output("control-analyte", "data"),
        Output("marker-answered", "data"),
        Input("location", "pathname"),
        Input("location", "search"),
        Input("scheme", "data"),
    )
    def fill_patient(pathname: str, search: str, scheme: str | None) -> Any:  # pyright: ignore[reportUnusedFunction]
        view, look, around = read_patient(shelf, [pathname, search, scheme])
        panel = fill_panel(show_marker(around, view, look), around.query)
        return (*panel, *fill_around(around), [pathname, search, scheme])

    register_after_paint(app, "marker-answered", "marker-shown")
    register_closed_table(app, "marker", "marker-shown", partial(fill_values, shelf))

    @app.callback(
        *[Output(f"patient-{name}", "data") for name in TABLES],
        *[Output(f"patient-{name}-box", "style") for name in TABLES],
        Input("marker-shown", "data"),
        prevent_initial_call=True,
    )
    def fill_tables(seen: Seen) -> Any:  # pyright: ignore[reportUnusedFunction]
        held = tables_of(read_patient(shelf, seen)[2].history)
        tables = [held[name] for name in TABLES]
        return (*tables, *({} if table["body"] else {"display": "none"} for table in tables))

    # what stands in the field at that moment: its value reaches dash a little after the last key
    app.clientside_callback(
        ClientsideFunction("lutetia", "readSearch"),
        Output("search-asked", "data"),
        Input("search-button", "n_clicks"),
        Input("search-code", "n_submit"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("location", "pathname"),
        Output("search-status", "children"),
        Input("search-asked", "data"),
        State("location", "search"),
        prevent_initial_call=True,
    )
    def find_patient(asked: dict[str, str] | None, search: str) -> Any:  # pyright: ignore[reportUnusedFunction]
        if asked is None:
            raise PreventUpdate
        opaque = shelf.opened(parse_view(search, shelf).study).opaque.get(asked["code"].strip())
        if opaque is None:
            return no_update, "No patient with this study code; write it exactly as in the source."
        return f"{PATH}/{opaque}", ""


def read_patient(shelf: Shelf, seen: Seen) -> tuple[View, Look, Around]:
    """Return view, look and patient of what the browser shows; nothing where it shows another page."""
    pathname, search, scheme = seen
    if not pathname.startswith(PATH):
        raise PreventUpdate
    view, look = read_seen(search, scheme, shelf)
    return view, look, show_around(shelf, view, find_code(shelf.opened(view.study), pathname))


def fill_around(around: Around) -> tuple[Any, ...]:
    """Return the words around the chart in the order of the outputs of the page's callback."""
    return around.title, around.facts, build_cards(around.cards), around.before, around.after, around.analytes


def fill_values(shelf: Shelf, seen: Seen) -> TableData:
    """Return the closed table of the values drawn."""
    view, look, around = read_patient(shelf, seen)
    shown = show_marker(around, view, look)
    return NO_TABLE if isinstance(shown, Refusal) else shown.table
