"""What a fitted model says beside its terms: tests of whole variables, curves of the continuous ones, its methods."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimation.effect_curve import estimate_effect_curve
from analytics.estimation.wald_test import bend_contrasts, compare_with_none
from analytics.questions.design import Design
from analytics.tables.hazard_results import ParametricResult, RegressionResult
from analytics.tables.regression_results import EffectCurve
from analytics.tables.results import Method, TestResult

MIDDLE = (0.05, 0.95)
CURVE_POINTS = 50


def compare_variables(
    fit: RegressionResult | ParametricResult, design: Design, lines: pl.DataFrame
) -> tuple[TestResult, ...]:
    """Test each variable of several columns and each interaction as one, and each spline for a bend."""
    tests: list[TestResult] = []
    for variable in dict.fromkeys(column.variable for column in design.columns):
        places = design.places(variable)
        if len(places) > 1 or variable in design.splines or design.columns[places[0]].parents:
            tests.append(compare_with_none(fit, places, variable))
        if variable in design.splines and len(places) > 1:
            contrasts = bend_contrasts(design.splines[variable], lines[variable].to_numpy())
            tests.append(compare_with_none(fit, places, f"{variable}: bend", contrasts))
    return tuple(tests)


def draw_out_curves(
    fit: RegressionResult | ParametricResult, design: Design, lines: pl.DataFrame
) -> tuple[EffectCurve, ...]:
    """Return the effect of each continuous variable over the middle of its values, against its median.

    Where it differs by a category there is one curve a level.
    """
    curves: list[EffectCurve] = []
    for column in design.columns:
        if column.kind == "level" or column.parents or any(curve.variable == column.variable for curve in curves):
            continue
        values = lines[column.variable].to_numpy()
        low, middle, high = (float(place) for place in np.quantile(values, (MIDDLE[0], 0.5, MIDDLE[1])))
        grid = np.linspace(low, high, CURVE_POINTS)
        spline = design.splines.get(column.variable)
        own = design.places(column.variable)
        for at, products in _find_levels(design, column.variable):
            ratio = estimate_effect_curve(fit, [*own, *products], grid, middle, spline)
            curves.append(EffectCurve(column.variable, column.label, column.unit, grid, *ratio, middle, at=at))
    return tuple(curves)


def _find_levels(design: Design, variable: str) -> list[tuple[str, list[int]]]:
    """Return each level by which the effect of a variable differs, with the places of the products; else one."""
    names = {design.columns[place].name for place in design.places(variable)}
    levels = {column.name: column for column in design.columns if column.kind == "level"}
    found: dict[str, list[int]] = {}
    for place, column in enumerate(design.columns):
        partner = next((name for name in column.parents if name in levels), "")
        if partner and names & set(column.parents):
            found.setdefault(partner, []).append(place)
    if not found:
        return [("", [])]
    references = dict.fromkeys(f"{levels[name].variable}: {levels[name].reference}" for name in found)
    return [*((reference, []) for reference in references), *found.items()]


def collect_methods(fit: RegressionResult | ParametricResult, tests: tuple[TestResult, ...]) -> tuple[Method, ...]:
    """Return the method of the fit and those of its tests, each once."""
    held = fit.proportionality if isinstance(fit, RegressionResult) else None
    over_time = () if held is None else tuple(test for test in held.tests if isinstance(test, TestResult))
    return tuple(dict.fromkeys((fit.method, *(test.method for test in (*tests, *over_time)))))
