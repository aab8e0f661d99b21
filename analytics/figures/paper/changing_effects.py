"""Schoenfeld residuals: does each effect keep its size over time? Row-level, so drawn at the full level only."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.paper.ink import GREY, WIDTH_INCHES, colour_of, count_caption_lines, label_months, write_caption
from analytics.tables.hazard_results import ProportionalityResult
from analytics.tables.regression_results import EffectOverTime, ModelResult
from analytics.tables.results import FloatArray, TestResult

PANEL_INCHES, CAPTION_LINE_INCHES = 2.1, 0.125
COLUMNS = 2
SHOWN_SHARE = 1.6
"""Height of a panel as a multiple of the reach of the smooth curve and its limits; residuals beyond are not drawn."""


def draw_changing_effects(result: ModelResult, held: ProportionalityResult, caption: str) -> Figure:
    """Draw scaled residuals of each term over time with their smooth curve; the estimated effect is the dashed line.

    Terms that speak most against a constant effect come first.
    """
    curves = {curve.term: curve for curve in result.effects_over_time}
    tests = {test.name: test for test in result.constancy_tests}
    order = sorted(range(len(held.terms)), key=lambda place: _rank(tests.get(held.terms[place])))
    n_rows = -(-len(order) // COLUMNS)
    below = 0.1 + CAPTION_LINE_INCHES * count_caption_lines(caption)
    height = PANEL_INCHES * n_rows + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    coefficients = {term.name: term.coefficient for term in result.fit.terms}
    for position, place in enumerate(order):
        row, column = divmod(position, COLUMNS)
        bottom = below + PANEL_INCHES * (n_rows - 1 - row) + 0.42
        axes = figure.add_axes((0.085 + 0.495 * column, bottom / height, 0.405, (PANEL_INCHES - 0.68) / height))
        term = held.terms[place]
        _draw_term(axes, held.time / DAYS_PER_MONTH, held.scaled[:, place], curves.get(term))
        axes.axhline(coefficients[term], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_title(say_test(term, tests.get(term)), fontsize=7.5, loc="left", fontweight="bold")
        axes.set_ylabel("log ratio" if column == 0 else "")
    write_caption(figure, caption)
    return figure


def say_test(term: str, test: TestResult | None) -> str:
    """Say a term and the p value of its constant effect, if it could be tested."""
    if test is None:
        return term
    return f"{term}: p < 0.001" if test.p_value < 0.001 else f"{term}: p = {test.p_value:.3f}"


def _rank(test: TestResult | None) -> float:
    return 2.0 if test is None else test.p_value


def _draw_term(axes: Axes, months: FloatArray, residuals: FloatArray, curve: EffectOverTime | None) -> None:
    colour = colour_of(0)
    axes.plot(months, residuals, "o", color=colour, markersize=2, alpha=0.3, markeredgewidth=0)
    label_months(axes, float(months.max()), "Months")
    if curve is None:
        return
    at = curve.days / DAYS_PER_MONTH
    axes.fill_between(at, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(at, curve.value, color=colour)
    middle = float(curve.value.mean())
    reach = SHOWN_SHARE * float(max(curve.high.max() - middle, middle - curve.low.min()))
    axes.set_ylim(middle - reach, middle + reach)
