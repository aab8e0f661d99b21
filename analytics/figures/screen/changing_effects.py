"""Does an effect keep its size over time: scaled Schoenfeld residuals of one term with their smooth curve."""

from __future__ import annotations

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.chart import BELOW_TICKS, Figure, Trace, draw_axis, draw_frame, draw_rule, pack_floats
from analytics.figures.screen.look import Look
from analytics.tables.hazard_results import ModelTerm, ProportionalityResult
from analytics.tables.regression_results import EffectOverTime

_HEIGHT = 280
_BEYOND = 1.6
"""Height of the panel as a multiple of the reach of the curve and its limits; residuals beyond are outside."""


def draw_changing_effect(held: ProportionalityResult, curve: EffectOverTime, term: ModelTerm, look: Look) -> Figure:
    """Draw one term; level where the effect keeps its size, dashed at the estimated log ratio."""
    months, last = curve.days / DAYS_PER_MONTH, float(held.time.max()) / DAYS_PER_MONTH
    shared: Trace = {"type": "scatter", "mode": "lines", "x": pack_floats(months), "hoverinfo": "skip"}
    hidden = {"line": {"width": 0, "color": look.colour(0)}}
    residuals = held.scaled[:, held.terms.index(term.name)]
    reach = _BEYOND * max(
        float(abs(curve.low - term.coefficient).max()), float(abs(curve.high - term.coefficient).max())
    )
    traces: list[Trace] = [
        shared | hidden | {"name": "upper limit", "y": pack_floats(curve.high)},
        shared | hidden | {"name": "lower limit", "y": pack_floats(curve.low), "fill": "tonexty",
                           "fillcolor": look.colour(0, 0.16)},
        {"type": "scatter", "mode": "markers", "name": "residuals", "x": pack_floats(held.time / DAYS_PER_MONTH),
         "y": pack_floats(residuals), "marker": {"size": 4, "color": look.colour(0, 0.35)}, "hoverinfo": "skip"},
        shared | {"name": "smooth", "y": pack_floats(curve.value), "line": {"width": 2.4, "color": look.colour(0)}},
        draw_rule([0, last], [term.coefficient, term.coefficient], look),
    ]  # fmt: skip
    return draw_frame(
        look,
        _HEIGHT,
        traces,
        xaxis=draw_axis(look, "Months since the start of the line", BELOW_TICKS, range=[0, last]),
        yaxis=draw_axis(look, f"log ratio, {term.name}", range=[term.coefficient - reach, term.coefficient + reach]),
        margin={"l": 64, "r": 12, "t": 12, "b": 56},
    )
