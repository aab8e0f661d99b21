"""The app: its pages, one router between them, and the guards around everything."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dashboards.components.shell import INDEX, build_shell
from dashboards.download import register_downloads
from dashboards.pages import cohort, data, patient
from dashboards.security import protect
from dashboards.shelf import Shelf
from dashboards.view import parse_view
from dashboards.words import NAME

PAGES: tuple[ModuleType, ...] = (cohort, patient, data)
"""Every page, in the order of the menu; a new one is a module and a word here."""


def create_app(shelf: Shelf) -> Dash:
    """Return the app for the studies of ``shelf``, ready for a server."""
    app = Dash(
        __package__,
        title=NAME,
        update_title=None,  # pyright: ignore[reportArgumentType] - dash's own word for «never»
        index_string=INDEX,
        serve_locally=True,
        compress=True,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        use_pages=False,
        include_pages_meta=False,
    )
    app.layout = build_shell(shelf, [(page.PATH, page.TITLE) for page in PAGES])
    _register_shell(app, shelf)
    for page in PAGES:
        page.register(app, shelf)
    register_downloads(app.server, shelf)
    protect(app)
    app.server.before_request(shelf.renew)
    return app


def find_page(pathname: str) -> ModuleType:
    """Return the page an address belongs to; the first for addresses of none."""
    first = f"/{pathname.strip('/').split('/')[0]}"
    return next((page for page in PAGES if first == page.PATH), PAGES[0])


def _register_shell(app: Dash, shelf: Shelf) -> None:
    # the browser asks for another page only, not for every patient of one page
    app.clientside_callback(
        ClientsideFunction("lutetia", "namePage"),
        Output("page-path", "data"),
        Input("location", "pathname"),
        State("page-path", "data"),
    )

    @app.callback(Output("page", "children"), Input("page-path", "data"), State("location", "search"))
    def turn_page(path: str | None, search: str) -> Any:  # pyright: ignore[reportUnusedFunction]
        return no_update if path is None else find_page(path).layout(shelf, search)

    app.clientside_callback(
        ClientsideFunction("lutetia", "toggleScheme"),
        Output("scheme", "data"),
        Output("mantine", "forceColorScheme"),
        Output("scheme-toggle", "children"),
        Input("scheme-toggle", "n_clicks"),
        State("scheme", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("lutetia", "linkPages"),
        *[Output(f"menu-{page.TITLE.lower()}", "href") for page in PAGES],
        Input("location", "pathname"),
        Input("location", "search"),
    )


def warm_up(app: Dash, shelf: Shelf) -> None:
    """Ask every page once, so that the first reader neither waits nor meets a half-imported library."""
    client = app.server.test_client()
    for path in ("/", "/_dash-layout", "/_dash-dependencies"):
        client.get(path, base_url="http://127.0.0.1")
    for key, opened in shelf.studies.items():
        view = parse_view(f"?study={key}", shelf)
        for kind in ("survival", "cohort", "trajectory", "response"):
            shelf.ask(key, view.question(kind))
        for treatment in opened.choices["treatment"]:
            shelf.learn(key, view.word("analyte"), treatment)
        for code in opened.patients[:1]:
            shelf.tell(key, code, view.word("analyte"))
