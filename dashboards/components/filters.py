"""The controls of the cohort page; their values live in the address."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.components.named import named
from dashboards.shelf import FILTERS, OpenedStudy
from dashboards.view import CHOICES, DEFAULTS, View, start_filters
from dashboards.words import options

FIELDS: tuple[str, ...] = ("endpoint", "by", *FILTERS, "from", "to", "choose")
"""Words of the address, in the order the browser's function takes their controls."""
LABELS = {
    "endpoint": "Endpoint",
    "by": "Compare by",
    "treatment": "Treatment",
    "primary_site": "Primary site",
    "grade": "Grade",
    "hospital": "Hospital",
    "from": "Started from",
    "to": "Started to",
    "choose": "Lines counted",
}


def build_filters(opened: OpenedStudy, view: View) -> html.Div:
    """Return the controls as ``view`` sets them, with the values each filter can take in this study."""
    started = start_filters(opened)
    starts: dict[str, Any] = {name: DEFAULTS.get(name, "") for name in FIELDS}
    starts |= {name: list(values) for name, values in started.items()}
    return html.Div(
        [
            dcc.Store(id="filter-starts", data=starts),
            *(_single(name, view.word(name)) for name in ("endpoint", "by", "choose")),
            *(_several(name, opened.choices[name], values) for name, values in view.filters),
            _day("from", view.started_from),
            _day("to", view.started_to),
        ],
        className="filters",
        role="group",
        **named("Filters"),
    )


def _single(name: str, value: str) -> dmc.Select:
    return dmc.Select(
        id=f"filter-{name}",
        label=LABELS[name],
        data=options(CHOICES[name]),
        value=value,
        allowDeselect=False,
        size="sm",
    )


def _several(name: str, choices: tuple[str, ...], values: tuple[str, ...]) -> dmc.MultiSelect:
    return dmc.MultiSelect(
        id=f"filter-{name}",
        label=LABELS[name],
        data=options(choices),
        value=list(values),
        placeholder="all",
        clearable=True,
        disabled=not choices,
        size="sm",
    )


def _day(name: str, value: str) -> dmc.TextInput:
    return dmc.TextInput(
        id=f"filter-{name}",
        label=LABELS[name],
        value=value,
        placeholder="2020-01-31",
        debounce=600,
        size="sm",
    )
