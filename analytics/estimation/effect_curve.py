"""The effect of a continuous variable in a fitted model, as a ratio to a reference value with pointwise limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.estimation.splines import NaturalSpline
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.hazard_results import ParametricResult, RegressionResult
from analytics.tables.results import FloatArray


def estimate_effect_curve(
    fit: RegressionResult | ParametricResult,
    columns: Sequence[int],
    values: FloatArray,
    reference: float,
    spline: NaturalSpline | None = None,
    level: float = 0.95,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate ratio, low and high at ``values`` (k,) against ``reference``, arrays of shape (k,).

    Parameters
    ----------
    fit
        The model.
    columns
        Places of the variable's columns among its terms; then those of its products with an indicator that is 1.
    spline
        Basis the variable entered by; a straight line when not given.
    """
    both = np.append(values, reference)
    basis = both[:, None] if spline is None else spline.basis(both)
    chosen = list(columns)
    away = np.tile(basis[:-1] - basis[-1], len(chosen) // basis.shape[1])
    beta = np.array([fit.terms[column].coefficient for column in chosen])
    centre = away @ beta
    error = np.sqrt(np.einsum("ki,ij,kj->k", away, fit.covariance[np.ix_(chosen, chosen)], away))
    z = compute_normal_quantile(level)
    return np.exp(centre), np.exp(centre - z * error), np.exp(centre + z * error)
