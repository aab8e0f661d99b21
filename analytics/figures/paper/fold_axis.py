"""The axis every printed marker stands on: multiples of the upper limit of normal, logarithmic, the limit as a line."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from analytics.figures.paper.ink import GREY

FOLDS = (0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)
CLOSE_FOLDS = (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200)
NARROW = 12.0
"""Highest over lowest, up to which the ticks stand closer."""


def set_fold_scale(axes: Axes, low: float, high: float, label: str) -> None:
    """Set a logarithmic axis from ``low`` to ``high`` with plain numbers, and mark the upper limit of normal."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    ticks = CLOSE_FOLDS if high / low <= NARROW else FOLDS
    axes.yaxis.set_major_locator(FixedLocator([fold for fold in ticks if low <= fold <= high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_ylabel(label)
    axes.axhline(1, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.text(1.003, 1, "ULN", transform=axes.get_yaxis_transform(), fontsize=6.5, color=GREY, va="center")


def widen(low: float, high: float) -> tuple[float, float]:
    """Return limits with room around them that hold the upper limit of normal."""
    return min(low / 1.4, 0.8), max(high * 1.4, 1.3)
