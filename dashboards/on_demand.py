"""What waits: a table behind a word until somebody opens it, the rest of a page until its chart is painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from dashboards.components.panel import NO_TABLE, TableData


def register_closed_table(app: Dash, name: str, beside: str, fill: Callable[[list[Any]], TableData]) -> None:
    """Fill the closed table ``name`` by ``fill``, which takes the data of the store ``beside``, while it is open."""
    app.clientside_callback(
        ClientsideFunction("lutetia", "askTable"),
        Output(f"{name}-asked", "data"),
        Input(f"{name}-open", "n_clicks"),
        Input(beside, "data"),
        State(f"{name}-asked", "data"),
    )

    @app.callback(Output(f"{name}-table", "data"), Input(f"{name}-asked", "data"), prevent_initial_call=True)
    def fill_table(state: list[Any] | None) -> TableData:  # pyright: ignore[reportUnusedFunction]
        return NO_TABLE if state is None else fill(state)


def register_after_paint(app: Dash, before: str, after: str) -> None:
    """Hand the data of store ``before`` on to store ``after`` once the browser has painted what came with it."""
    app.clientside_callback(
        ClientsideFunction("lutetia", "afterPaint"),
        Output(after, "data"),
        Input(before, "data"),
        prevent_initial_call=True,
    )
