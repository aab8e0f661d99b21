"""The cards of the patient page: one glance each."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from analytics.tables.history import Card


def build_cards(cards: Sequence[Card]) -> list[Component]:
    """Return a card each: title, headline, and what must be read beside it."""
    return [
        html.Section(
            [
                html.H2(card.title, className="card-title"),
                html.P(card.headline, className="card-headline"),
                html.Ul([html.Li(line) for line in card.lines], className="card-lines"),
            ],
            className="card",
        )
        for card in cards
    ]
