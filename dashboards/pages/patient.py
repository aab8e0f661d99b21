"""The patient page: where the marker is now, against normal and against this patient's own past."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from dashboards.components.cards import build_cards
from dashboards.components.panel import build_panel, build_table, fill_panel, panel_outputs
from dashboards.components.patient_controls import FIELDS, build_controls
from dashboards.components.shell import describe_data
from dashboards.pages.cohort import read_state
from dashboards.pages.patient_panels import Around, show_around, show_marker
from dashboards.shelf import OpenedStudy, Shelf
from dashboards.view import parse_view

PATH = "/patient"
TITLE = "Patient"
TABLES = {
    "outcomes": "Treatment lines and what became of them",
    "lesions": "Lesions by examination",
    "given": "What was given and seen, in order",
}


def layout(shelf: Shelf, search: str) -> list[Any]:
    """Return the page without a patient; the callbacks fill it."""
    view = parse_view(search, shelf)
    study = shelf.opened(view.study).study
    return [
        dmc.Title("Patient", order=1, size="h3", id="patient-title"),
        html.P(id="patient-facts", className="facts"),
        dmc.Text(describe_data(study.name, study.version, study.built_at), size="sm", className="about"),
        build_controls(view),
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
        *[Output(f"patient-{name}", "data") for name in TABLES],
        *[Output(f"patient-{name}-box", "style") for name in TABLES],
        Output("patient-previous", "href"),
        Output("patient-next", "href"),
        Output("control-analyte", "data"),
        Input("location", "pathname"),
        Input("location", "search"),
        Input("scheme", "data"),
    )
    def fill_patient(pathname: str, search: str, scheme: str | None) -> Any:  # pyright: ignore[reportUnusedFunction]
        if not pathname.startswith(PATH):
            raise PreventUpdate
        view, look = read_state(search, scheme, shelf)
        around = show_around(shelf, view, find_code(shelf.opened(view.study), pathname))
        marker = show_marker(around, view, look)
        return fill_around(around, fill_panel(marker, around.query))

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


def fill_around(around: Around, panel: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values of the page's callback in the order of its outputs."""
    tables = [around.tables[name] for name in TABLES]
    styles = [{} if table["body"] else {"display": "none"} for table in tables]
    cards = build_cards(around.cards)
    return (*panel, around.title, around.facts, cards, *tables, *styles, around.before, around.after, around.analytes)
