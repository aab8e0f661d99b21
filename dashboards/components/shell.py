"""What stands around every page: name, pages, studies, light and dark, and what this is not for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.components.named import named
from dashboards.shelf import Shelf
from dashboards.words import NAME, PURPOSE

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>
<a class="skip-link" href="#page">Skip to the content</a>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def build_shell(shelf: Shelf, pages: Sequence[tuple[str, str]]) -> dmc.MantineProvider:
    """Return the layout; ``pages`` are (path, title) in the order of the menu."""
    return dmc.MantineProvider(
        html.Div(
            [
                dcc.Location(id="location", refresh=False),
                dcc.Store(id="scheme"),
                dcc.Store(id="page-path"),
                html.Header(
                    [
                        html.Span(NAME, className="brand"),
                        html.Nav(
                            [
                                dcc.Link(title, href=path, id=f"menu-{title.lower()}", className="menu-link")
                                for path, title in pages
                            ],
                            **named("Pages"),
                        ),
                        html.Nav(_study_links(shelf), className="studies", **named("Studies")),
                        html.Button("Dark", id="scheme-toggle", className="way-out"),
                        html.Strong(PURPOSE, className="purpose"),
                    ],
                    className="header",
                ),
                html.Main(id="page", tabIndex=-1, className="page"),
                html.Div(id="sink", hidden=True),
            ]
        ),
        id="mantine",
        forceColorScheme="light",
        theme={"primaryColor": "blue", "fontFamily": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"},
    )


def _study_links(shelf: Shelf) -> list[Any]:
    """Return a link a study; a whole new page each, so that nothing of two studies can be mixed."""
    if len(shelf.studies) == 1:
        return [html.Span(f"Study: {shelf.first}", className="study-name")]
    return [
        html.A(
            f"Study: {opened.key}",
            href="/" if key == shelf.first else f"/?study={key}",
            className="menu-link",
            id=f"study-{key}",
        )
        for key, opened in shelf.studies.items()
    ]


def describe_data(study_name: str, version: str, built_at: str) -> str:
    """Say which data a page rests on."""
    return f"Study {study_name}, data version {version[:12]}, built {built_at[:10]}."
