"""Curves and quantiles of a fitted parametric model, with what lies beyond follow-up marked."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.accelerated_failure import accelerated_failure_of
from analytics.estimation.distributions import Family
from analytics.estimation.flexible_parametric import SplineHazard
from analytics.estimation.interval_likelihood import SurvivalModel
from analytics.estimation.observations import finite_numbers
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.hazard_results import ModelledCurve, ParametricResult
from analytics.tables.results import Estimate, FloatArray

STEP = 1e-4  # of log days: near the cube root of machine precision, least error of a central difference
SHORTEST, FARTHEST = 1e-3, 100.0  # days, and times the follow-up: between them a quantile is looked for
HALVINGS = 60  # of at most 20 units of log days: to the last digit


def estimate_modelled_survival(
    result: ParametricResult, covariates: ArrayLike, days: ArrayLike, level: float = 0.95
) -> ModelledCurve:
    """Estimate survival of one kind of person at ``days`` (k,), all above 0; limits on the log-log scale.

    ``covariates`` (p,) are in the order of the model's terms.
    """
    at = finite_numbers("days", days)
    x = np.tile(finite_numbers("covariates", covariates) if len(result.terms) else np.zeros(0), (len(at), 1))
    logs = model_of(result).log_survival(at, x, result.parameters)
    error = np.sqrt(np.einsum("ki,ij,kj->k", logs.slope, result.covariance, logs.slope))
    low, high = compute_model_limits(logs.value, error, level)
    return ModelledCurve(at, np.exp(logs.value), low, high, at > result.last_day, level)


def compute_model_limits(log_survival: FloatArray, error: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Compute limits of S from log S and its standard error, (k,), on the log-log scale; S itself where 0 or 1."""
    low, high = np.exp(log_survival), np.exp(log_survival)
    some = (log_survival < 0) & np.isfinite(log_survival)
    centre, half = np.log(-log_survival[some]), compute_normal_quantile(level) * error[some] / -log_survival[some]
    with np.errstate(over="ignore"):  # a hazard too large to hold is a survival of 0, which exp(−∞) gives
        low[some], high[some] = np.exp(-np.exp(centre + half)), np.exp(-np.exp(centre - half))
    return low, high


def estimate_modelled_quantile(
    result: ParametricResult, covariates: ArrayLike, share: float = 0.5, level: float = 0.95
) -> Estimate:
    """Estimate the day by which ``share`` have failed, with limits by the delta method on the log scale.

    ``None`` where the model does not come to that within a hundred times the follow-up.
    """
    x = finite_numbers("covariates", covariates) if len(result.terms) else np.zeros(0)
    model = model_of(result)
    log_day = _find_log_day(model, x, result, share)
    if log_day is None:
        return Estimate(None, None, None, "days", level)
    around = np.exp(log_day + np.array([-STEP, 0, STEP]))
    logs = model.log_survival(around, np.tile(x, (3, 1)), result.parameters)
    centre = np.log(-logs.value)
    slope = logs.slope[1] / logs.value[1] / ((centre[2] - centre[0]) / (2 * STEP))
    half = compute_normal_quantile(level) * float(np.sqrt(slope @ result.covariance @ slope))
    low, value, high = (float(np.exp(log_day + side * half)) for side in (-1, 0, 1))
    return Estimate(value, low, high, "days", level)


def _find_log_day(model: SurvivalModel, x: FloatArray, result: ParametricResult, share: float) -> float | None:
    """Return the log of the day on which survival is 1 − ``share``, by halving."""

    def is_before(log_day: float) -> bool:
        value = model.log_survival(np.exp([log_day]), x[None], result.parameters).value
        return bool(value[0] > np.log1p(-share))

    low, high = float(np.log(SHORTEST)), float(np.log(FARTHEST * result.last_day))
    if is_before(high) or not is_before(low):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_before(middle) else (low, middle)
    return (low + high) / 2


def model_of(result: ParametricResult) -> SurvivalModel:
    """Return the survival function of a fitted model."""
    if result.family == "spline":
        return SplineHazard(result.knots)
    return accelerated_failure_of(cast("Family", result.family))
