"""Every chart of a regression, by name: what a page or a notebook shows of it."""

from __future__ import annotations

from analytics.figures.screen.adjusted import draw_adjusted
from analytics.figures.screen.changing_effects import draw_changing_effect
from analytics.figures.screen.chart import Figure
from analytics.figures.screen.effect_curve import draw_effect_curve
from analytics.figures.screen.forest import draw_forest
from analytics.figures.screen.look import Look
from analytics.tables.regression_results import ModelResult


def draw_model_charts(result: ModelResult, look: Look) -> dict[str, Figure]:
    """Return the forest, the curves of continuous variables, the adjusted curves and the effects over time."""
    charts = {"forest": draw_forest(result, look)}
    for curve in result.curves:
        where = f", {curve.at}" if curve.at else ""
        charts[f"effect of {curve.variable}{where}"] = draw_effect_curve(curve, result.ratio, look)
    if result.adjusted:
        charts["adjusted curves"] = draw_adjusted(result, look)
    held = result.proportionality
    if held is not None:
        terms = {term.name: term for term in result.fit.terms}
        for curve in result.effects_over_time:
            charts[f"over time: {curve.term}"] = draw_changing_effect(held, curve, terms[curve.term], look)
    return charts
