"""Curves and quantiles of a fitted parametric model, with what lies beyond follow-up marked."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.accelerated_failure import accelerated_failure_of
from analytics.estimation.distributions import DISTRIBUTIONS, Family
from analytics.estimation.flexible_parametric import SplineHazard
from analytics.estimation.interval_likelihood import SurvivalModel
from analytics.estimation.observations import finite_numbers
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.hazard_results import ModelledCurve, ParametricResult
from analytics.tables.results import Estimate


def estimate_modelled_survival(
    result: ParametricResult, covariates: ArrayLike, days: ArrayLike, level: float = 0.95
) -> ModelledCurve:
    """Estimate survival of one kind of person at ``days`` (k,), all above 0; limits on the log-log scale.

    ``covariates`` (p,) are in the order of the model's terms.
    """
    at = finite_numbers("days", days)
    x = np.tile(finite_numbers("covariates", covariates) if len(result.terms) else np.zeros(0), (len(at), 1))
    logs = _model_of(result).log_survival(at, x, result.parameters)
    slope = logs.slope / logs.value[:, None]
    error = np.sqrt(np.einsum("ki,ij,kj->k", slope, result.covariance, slope))
    z, centre = compute_normal_quantile(level), np.log(-logs.value)
    with np.errstate(over="ignore"):  # a hazard too large to hold is a survival of 0, which exp(−∞) gives
        low, high = np.exp(-np.exp(centre + z * error)), np.exp(-np.exp(centre - z * error))
    return ModelledCurve(at, np.exp(logs.value), low, high, at > result.last_day, level)


def estimate_modelled_quantile(
    result: ParametricResult, covariates: ArrayLike, share: float = 0.5, level: float = 0.95
) -> Estimate:
    """Estimate the day by which ``share`` have failed, with limits by the delta method on the log scale.

    Offered for accelerated failure time models, whose quantiles have a formula.
    """
    x = finite_numbers("covariates", covariates) if len(result.terms) else np.zeros(0)
    has_scale = result.family != "exponential"
    u = DISTRIBUTIONS[result.family].quantile(share)
    scale = float(np.exp(result.parameters[-1])) if has_scale else 1.0
    log_day = float(x @ result.parameters[: len(x)] + result.parameters[len(x)] + scale * u)
    slope = np.concatenate([x, [1.0], [scale * u] if has_scale else []])
    half = compute_normal_quantile(level) * float(np.sqrt(slope @ result.covariance @ slope))
    low, value, high = (float(np.exp(log_day + side * half)) for side in (-1, 0, 1))
    return Estimate(value, low, high, "days", level)


def _model_of(result: ParametricResult) -> SurvivalModel:
    if result.family == "spline":
        return SplineHazard(result.knots)
    return accelerated_failure_of(cast("Family", result.family))
