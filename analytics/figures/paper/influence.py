"""Influence of lines: how far each moves every coefficient. Row-level, so drawn at the full level only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, write_caption
from analytics.tables.results import FloatArray

PANEL_INCHES, CAPTION_LINE_INCHES = 1.9, 0.125
COLUMNS = 2
NAMED = 3
"""Lines of the greatest influence whose code stands beside the point."""


def draw_influence(influence: FloatArray, terms: Sequence[str], codes: Sequence[str], caption: str) -> Figure:
    """Draw one panel a term, a stem a line; ``influence`` (n, p) in standard errors, ``codes`` name the n lines."""
    n_rows = -(-len(terms) // COLUMNS)
    below = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * n_rows + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    for place, term in enumerate(terms):
        row, column = divmod(place, COLUMNS)
        bottom = below + PANEL_INCHES * (n_rows - 1 - row) + 0.42
        axes = figure.add_axes((0.085 + 0.495 * column, bottom / height, 0.405, (PANEL_INCHES - 0.68) / height))
        _draw_term(axes, influence[:, place], codes)
        axes.set_title(term, fontsize=7.5, loc="left", fontweight="bold")
        axes.set_ylabel("standard errors" if column == 0 else "")
    write_caption(figure, caption)
    return figure


def _draw_term(axes: Axes, moved: FloatArray, codes: Sequence[str]) -> None:
    lines = np.arange(1, len(moved) + 1)
    axes.vlines(lines, 0, moved, color=colour_of(0), linewidth=0.5)
    axes.axhline(0, color=GREY, linewidth=0.6)
    most: list[int] = np.argsort(-np.abs(moved))[:NAMED].tolist()
    for place in most:
        side = "bottom" if moved[place] > 0 else "top"
        axes.text(place + 1, float(moved[place]), codes[place], fontsize=6, ha="center", va=side)
    axes.margins(x=0.02, y=0.18)
    axes.set_xlabel("Line, in the order of subjects.csv")
