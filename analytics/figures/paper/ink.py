"""What every printed figure shares: size, fonts, palette, and files that are the same bytes twice."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from threading import RLock
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analytics.figures.screen.look import LIGHT

DOTS_PER_INCH = 600
WIDTH_INCHES = 7.09
"""180 mm, two columns of a journal page."""

INK: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lutetia",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "hatch.linewidth": 0.6,
}
"""Text stays text in SVG and PDF; the font comes with matplotlib, so that every machine draws the same."""

DASHES: tuple[Any, ...] = (
    "solid",
    (0, (5, 2)),
    (0, (1.2, 1.4)),
    (0, (6, 2, 1.2, 2)),
    (0, (9, 3)),
    (0, (3, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
"""Line patterns in the order of the palette: a curve is told from its neighbour on a grey copy too."""

GREY = "#57606a"

_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "Lutetia"},
    "pdf": {"CreationDate": None, "Creator": "Lutetia", "Producer": None},
    "png": {"Software": None},
}
"""No date and no library version inside the file: the manifest carries them."""

_one_at_a_time = RLock()
"""matplotlib's settings belong to the whole process."""


def draw_in_ink(draw: Callable[[], Figure]) -> Figure:
    """Draw with this room's fonts and lines."""
    with _one_at_a_time, matplotlib.rc_context(cast("Any", INK)):
        return draw()


def render_figure(draw: Callable[[], Figure]) -> dict[str, bytes]:
    """Draw once and return the file's bytes by ending: ``svg``, ``pdf`` and ``png`` (600 dpi)."""
    with _one_at_a_time, matplotlib.rc_context(cast("Any", INK)):
        figure = draw()
        FigureCanvasAgg(figure)
        return {ending: _save(figure, ending) for ending in _METADATA}


def _save(figure: Figure, ending: str) -> bytes:
    held = io.BytesIO()
    figure.savefig(held, format=ending, dpi=DOTS_PER_INCH, metadata=_METADATA[ending])
    return held.getvalue()


def colour_of(index: int) -> tuple[float, float, float]:
    """Return the palette's colour as shares of red, green and blue."""
    red, green, blue = LIGHT.series[index % len(LIGHT.series)]
    return red / 255, green / 255, blue / 255


def dash_of(index: int) -> Any:
    """Return the line pattern that goes with the palette's colour."""
    return DASHES[index % len(DASHES)]


def write_caption(figure: Figure, caption: str, width: int = 150) -> int:
    """Put the caption at the foot of the figure, wrapped; return its number of lines."""
    wrapped = textwrap.wrap(caption, width)
    figure.text(0.012, 0.012, "\n".join(wrapped), fontsize=6.5, color=GREY, va="bottom", linespacing=1.35)
    return len(wrapped)


def count_caption_lines(caption: str, width: int = 150) -> int:
    """Return how many lines the caption will take."""
    return len(textwrap.wrap(caption, width))


def label_months(axes: Axes, end: float, what: str) -> list[float]:
    """Set the months axis from 0 to ``end`` with ticks a clinic thinks in; return the ticks."""
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if end / step <= 10), 120)
    ticks = [float(month) for month in range(0, int(end) + 1, step)]
    axes.set_xlim(0, end)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel(what)
    return ticks
