"""Shares of responders by group with their exact limits, the counts and the not evaluable in words."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.figures.paper.ink import (
    GREY,
    WIDTH_INCHES,
    colour_of,
    count_caption_lines,
    write_caption,
)
from analytics.figures.screen.chart import order_groups
from analytics.tables.response_results import ResponseGroup, ResponseResult
from analytics.tables.results import Estimate

HATCHES = ("", "///", "...", "xx", "\\\\\\", "++")
GROUP_INCHES, CAPTION_LINE_INCHES = 0.62, 0.125


def draw_response(result: ResponseResult, caption: str) -> Figure:
    """Draw one bar a group: responders of the evaluable, or of all where the evaluable are withheld.

    Parameters
    ----------
    result
        Shares between 0 and 1.
    caption
        Put at the foot of the figure.
    """
    below = 0.55 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = GROUP_INCHES * len(result.groups) + below + 0.05
    figure = Figure(figsize=(WIDTH_INCHES, height))
    axes = figure.add_axes((0.16, below / height, 0.38, GROUP_INCHES * len(result.groups) / height))
    places = order_groups(group.group for group in result.groups)
    for row, group in enumerate(result.groups):
        _draw_group(axes, group, row, places[group.group])
    axes.set_yticks(range(len(result.groups)), [group.group for group in result.groups])
    axes.set_ylim(len(result.groups) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"{result.analyte} response, rule {result.rule_id} (%)")
    axes.tick_params(axis="y", length=0)
    write_caption(figure, caption)
    return figure


def say_response(group: ResponseGroup) -> tuple[str, str]:
    """Say a group's share with its counts, and the not evaluable.

    Returns
    -------
    tuple of two lines
        The second says what was withheld at the safe level.
    """
    of_evaluable = group.share_of_evaluable.value is not None
    share = group.share_of_evaluable if of_evaluable else group.share_of_all
    total, of = (group.n_evaluable, "evaluable") if of_evaluable else (group.n_all, "all")
    if group.n_responders is None:
        first = f"{group.n_all} lines, responders withheld"
    elif share.value is None:
        first = f"{group.n_all} lines, none evaluable"
    else:
        first = f"{group.n_responders}/{total} {of} = {_percent(share)}"
    confirmed = "" if group.n_confirmed is None else f"confirmed {group.n_confirmed}; "
    left = "withheld" if group.n_not_evaluable is None else str(group.n_not_evaluable)
    return first, f"{confirmed}not evaluable {left}"


def _draw_group(axes: Axes, group: ResponseGroup, row: int, place: int) -> None:
    share = group.share_of_all if group.share_of_evaluable.value is None else group.share_of_evaluable
    colour = colour_of(place)
    if share.value is not None and share.low is not None and share.high is not None:
        axes.barh(
            row,
            100 * share.value,
            height=0.5,
            facecolor=(*colour, 0.35),
            edgecolor=colour,
            hatch=HATCHES[place % len(HATCHES)],
            linewidth=0.8,
        )
        axes.plot([100 * share.low, 100 * share.high], [row, row], color="black", linewidth=1.1, marker="|")
    first, second = say_response(group)
    axes.text(104, row - 0.13, first, va="center", clip_on=False)
    axes.text(104, row + 0.17, second, va="center", color=GREY, fontsize=7, clip_on=False)


def _percent(share: Estimate) -> str:
    value, low, high = (0.0 if part is None else 100 * part for part in (share.value, share.low, share.high))
    return f"{value:.1f} % ({100 * share.level:g} % CI {low:.1f} to {high:.1f})"
