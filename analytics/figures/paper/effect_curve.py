"""The effect of a continuous variable as a smooth ratio with limits, against its median."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, write_caption
from analytics.tables.regression_results import EffectCurve

PANEL_INCHES, CAPTION_LINE_INCHES = 2.3, 0.125
COLUMNS = 2
TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10, 20)


def draw_effect_curves(curves: Sequence[EffectCurve], ratio: str, caption: str) -> Figure:
    """Draw one panel a variable on a log axis of the ratio; the point where it is 1 is the reference."""
    n_rows = -(-len(curves) // COLUMNS)
    below = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * n_rows + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    low = min(0.5, *(float(curve.low.min()) for curve in curves))
    high = max(2.0, *(float(curve.high.max()) for curve in curves))
    for place, curve in enumerate(curves):
        row, column = divmod(place, COLUMNS)
        bottom = below + PANEL_INCHES * (n_rows - 1 - row) + 0.45
        axes = figure.add_axes((0.08 + 0.49 * column, bottom / height, 0.41, (PANEL_INCHES - 0.75) / height))
        _draw_curve(axes, curve)
        _set_ratio_scale(axes, max(low, 0.04), min(high, 25.0))
        axes.set_ylabel(f"{ratio.capitalize()} (log)" if column == 0 else "")
    write_caption(figure, caption)
    return figure


def _draw_curve(axes: Axes, curve: EffectCurve) -> None:
    colour = colour_of(0)
    axes.fill_between(curve.value, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(curve.value, curve.ratio, color=colour)
    axes.axhline(1, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.plot([curve.reference], [1], marker="o", markersize=4, markerfacecolor="white", color=colour)
    axes.set_xlabel(f"{curve.label} ({curve.unit})")
    title = f"{curve.at or curve.label}, reference {curve.reference:.3g}"
    axes.set_title(title, fontsize=8, loc="left", fontweight="bold")


def _set_ratio_scale(axes: Axes, low: float, high: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    shown = [tick for tick in TICKS if low <= tick <= high]
    axes.yaxis.set_major_locator(FixedLocator(shown))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
