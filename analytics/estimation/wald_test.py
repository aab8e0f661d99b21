"""Wald tests of several coefficients of a fitted model at once, with whatever covariance the fit has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.linear import solve_positive
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import finite_numbers
from analytics.estimation.splines import NaturalSpline
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.tables.hazard_results import ParametricResult, RegressionResult
from analytics.tables.results import FloatArray, TestResult

WALD = "Wald A. Trans Am Math Soc 1943;54:426-482. doi:10.1090/S0002-9947-1943-0012401-3"


def compare_with_none(
    fit: RegressionResult | ParametricResult, columns: Sequence[int], name: str, contrasts: ArrayLike | None = None
) -> TestResult:
    """Test whether the coefficients in ``columns`` (k,), or ``contrasts`` (m, k) of them, are all zero."""
    chosen = list(columns)
    beta = np.array([fit.terms[column].coefficient for column in chosen])
    spread = fit.covariance[np.ix_(chosen, chosen)]
    if contrasts is not None:
        weights = finite_numbers("contrasts", contrasts)
        beta, spread = weights @ beta, weights @ spread @ weights.T
    solved = solve_positive(spread, beta)
    statistic = np.nan if solved is None else float(beta @ solved)
    return TestResult(
        name, statistic, len(beta), compute_chi_squared_p(statistic, len(beta)), describe_method("Wald test", WALD)
    )


def bend_contrasts(spline: NaturalSpline, values: ArrayLike) -> FloatArray:
    """Return contrasts (k − 1, k) of a spline's coefficients that vanish exactly where the curve is a straight line.

    Raises
    ------
    RefusedError
        When the basis cannot tell a straight line from its other curves.
    """
    x = finite_numbers("values", values)
    low, high = spline.boundary
    grid = np.linspace(low, high, 20 * spline.n_columns)
    columns = np.column_stack([np.ones(len(grid)), spline.basis(grid)])
    straight = solve_positive(columns.T @ columns, columns.T @ ((grid - x.mean()) / x.std()))
    if straight is None:
        raise RefusedError("This spline has no bend to test.", "values", "Ask for more parameters.")
    # Householder's reflection that turns the straight line into the first axis: its other rows are at right angles.
    axis = straight[1:] / np.sqrt((straight[1:] ** 2).sum())
    axis[0] += 1.0 if axis[0] >= 0 else -1.0
    return (np.eye(len(axis)) - 2 * np.outer(axis, axis) / (axis @ axis))[1:]
