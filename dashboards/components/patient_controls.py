"""The controls of the patient page: whom, which marker, which axes; and stepping by keyboard."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from dashboards.components.named import named
from dashboards.view import CHOICES, View
from dashboards.words import options

FIELDS: tuple[str, ...] = ("analyte", "scale", "unit", "zero")
"""Words of the address, in the order the browser's function takes their controls."""
_AXES = {"scale": "Axis", "unit": "Unit", "zero": "Time"}


def build_controls(view: View) -> html.Div:
    """Return the neighbours, the search, the axes and the steps between values."""
    first = html.Div([_neighbours(), _search()], className="control-row")
    second = html.Div([_axes(view), _steps()], className="control-row")
    status = html.P(id="value-status", role="status", className="status")
    return html.Div([first, second, status], className="controls")


def _search() -> html.Div:
    return html.Div(
        [
            dmc.TextInput(id="search-code", label="Study code", placeholder="as in the source", size="sm", value=""),
            html.Button("Find patient", id="search-button", className="way-out"),
            html.Span(id="search-status", role="status"),
            dcc.Store(id="search-asked"),
        ],
        className="control-row",
    )


def _neighbours() -> html.Nav:
    return html.Nav(
        [
            dcc.Link("← Previous patient", id="patient-previous", href="/patient", className="way-out"),
            dcc.Link("Next patient →", id="patient-next", href="/patient", className="way-out"),
            html.Span("or Alt + Page Up / Down", className="about"),
        ],
        className="control-row",
        **named("Patients"),
    )


def _axes(view: View) -> html.Div:
    analyte = dmc.Select(
        id="control-analyte",
        label="Marker",
        data=[{"value": view.word("analyte"), "label": BIOMARKER_BY_CODE[view.word("analyte")].name}],
        value=view.word("analyte"),
        allowDeselect=False,
        size="sm",
    )
    axes = [
        html.Fieldset(
            [
                html.Legend(words),
                dmc.SegmentedControl(
                    id=f"control-{name}", data=options(CHOICES[name]), value=view.word(name), size="sm"
                ),
            ]
        )
        for name, words in _AXES.items()
    ]
    return html.Div([analyte, *axes], className="control-row")


def _steps() -> html.Div:
    return html.Div(
        [
            html.Button("← Previous value", id="value-previous", className="way-out"),
            html.Button("Next value →", id="value-next", className="way-out"),
            html.Span("or arrow keys on these", className="about"),
        ],
        className="control-row",
        role="group",
        **named("Step through the values"),
    )
