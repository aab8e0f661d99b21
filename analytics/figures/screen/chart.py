"""The frame every screen chart shares, and the few kinds of trace they are made of.

Figures are plain dictionaries: plotly's own objects check every value again at each click. Reference
lines and their labels are traces, never shapes or annotations, which land elsewhere on a log axis.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.figures.screen.look import Look

Trace = dict[str, Any]
Axis = dict[str, Any]
Figure = dict[str, Any]

CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "showLink": False,
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}
"""How every chart behaves in the browser; nothing may leave it, and the camera writes SVG."""

BELOW_TICKS = 22
"""Standoff (px) of a title below tick labels; with fixed margins plotly would write it over them."""
_LETTER, _LEGEND_KEY, _LEGEND_ROW, _USUAL_WIDTH = 8, 48, 20, 520  # px
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def escape_text(text: str) -> str:
    """Return ``text`` for plotly, which would read «<20» as the beginning of a tag."""
    return escape(text, quote=False)


def pack_floats(values: NDArray[Any] | Sequence[float]) -> dict[str, str]:
    """Return numbers as plotly's typed array: single precision, a third of their size as digits."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return {"dtype": "f4", "bdata": base64.b64encode(array.tobytes()).decode("ascii")}


def draw_frame(look: Look, height: int, traces: list[Trace], **layout: Any) -> Figure:
    """Return a figure of ``traces`` with the layout all charts share, changed by ``layout``."""
    base: dict[str, Any] = {
        "template": None,
        "height": height,
        "autosize": True,
        "paper_bgcolor": look.ground,
        "plot_bgcolor": look.ground,
        "font": {"family": FONT, "size": 13, "color": look.ink},
        "margin": {"l": 56, "r": 12, "t": 12, "b": 48},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": look.ground, "font": {"color": look.ink}, "align": "left"},
        "showlegend": False,
        "uirevision": "keep",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": look.muted, "activecolor": look.ink},
    }
    return {"data": traces, "layout": base | layout}


def draw_axis(look: Look, title: str, standoff: int = 8, **changes: Any) -> Axis:
    """Return an axis with the shared style, changed by ``changes``; ``standoff`` is the title's, in pixels."""
    axis: Axis = {
        "title": {"text": title, "standoff": standoff},
        "gridcolor": look.grid,
        "linecolor": look.muted,
        "tickcolor": look.muted,
        "zeroline": False,
        "showline": True,
        "ticks": "outside",
        "ticklabeloverflow": "allow",
        "fixedrange": False,
    }
    return axis | changes


def name_group(code: str) -> str:
    """Return the name of a group as a chart writes it.

    >>> name_group("liver_directed")
    'liver directed'
    """
    return escape_text(code.replace("_", " "))


def measure_label(labels: Iterable[str]) -> int:
    """Return pixels that hold the longest of ``labels`` beside an axis."""
    return max((len(label) for label in labels), default=0) * _LETTER + 12


def measure_legend(names: Sequence[str], width: int) -> int:
    """Return pixels that hold a legend of ``names`` in ``width``: columns as wide as the longest, some names of lines.

    >>> measure_legend(["assay A", "assay B"], 530), measure_legend(["assay A", "assay B"], 100)
    (20, 40)
    """
    lines = [name.split("<br>") for name in names]
    column = _LEGEND_KEY + _LETTER * max((len(line) for name in lines for line in name), default=0)
    columns = max(1, width // column)
    rows = [lines[first : first + columns] for first in range(0, len(lines), columns)]
    return sum(_LEGEND_ROW * max(len(name) for name in row) for row in rows)


def place_legend(names: Sequence[str], left: int, below: int = 48) -> dict[str, Any]:
    """Return the layout of a legend above the plot, with margins that hold it on a usual screen.

    Margins that have to grow make plotly draw the whole chart a second time; on a narrow screen they still may.
    """
    return {
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 13}},
        "margin": {"l": left, "r": 12, "t": 16 + measure_legend(names, _USUAL_WIDTH), "b": below},
    }


def spell_points(texts: Iterable[str]) -> list[str]:
    """Return words for the points of a trace; none is empty.

    plotly takes the element of an empty text away for good: a later chart in its place would lack a word there.
    """
    return [escape_text(text) or "\u00a0" for text in texts]


def draw_text(x: Sequence[Any], y: Sequence[Any], text: Sequence[str], look: Look, **changes: Any) -> Trace:
    """Return a trace of words at places; it takes no part in hover or legend."""
    trace: Trace = {
        "type": "scatter",
        "mode": "text",
        "x": list(x),
        "y": list(y),
        "text": spell_points(text),
        "textfont": {"color": look.ink, "size": 12},
        "hoverinfo": "skip",
        "showlegend": False,
        "cliponaxis": False,
    }
    return trace | changes


def draw_rule(x: Sequence[Any], y: Sequence[Any], look: Look, **changes: Any) -> Trace:
    """Return a thin reference line through the given points."""
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "line": {"color": look.muted, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return trace | changes


def order_groups(names: Iterable[str]) -> dict[str, int]:
    """Return the place of each group in the palette: by name, so that a group keeps its colour in every chart."""
    return {name: place for place, name in enumerate(sorted(set(names)))}


def choose_month_ticks(last_month: float, most: int = 8) -> list[int]:
    """Return round month ticks from 0 that hold ``last_month`` in at most ``most`` labels."""
    for step in (1, 2, 3, 6, 12, 24, 36, 60):
        if last_month / step < most:
            return list(range(0, int(last_month) + 1, step))
    return list(range(0, int(last_month) + 1, 120))
