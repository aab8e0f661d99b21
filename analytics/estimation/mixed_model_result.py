"""A mixed model as an answer: effects with limits, patients with theirs, and how the residuals behave."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from analytics.estimation.censored_mixed_model import fit_censored_mixed_model, predict_censored_effects
from analytics.estimation.methods import describe_method
from analytics.estimation.mixed_model import MixedData, MixedFit, fit_mixed_model
from analytics.estimation.mixed_model_likelihood import Criterion
from analytics.estimation.mixed_model_prediction import (
    PatientEffects,
    compute_mixed_residuals,
    predict_patient_effects,
    predict_values,
)
from analytics.estimation.statsmodels_gate import compute_normal_p, compute_normal_quantile
from analytics.tables.model_results import Coefficient, MixedModelResult, ResidualCheck
from analytics.tables.results import Estimate, FloatArray, IntArray, Method, Refusal

MIXED_MODEL = "Laird NM, Ware JH. Biometrics 1982;38:963-974. doi:10.2307/2529876"
CENSORED_VALUES = "Hughes JP. Biometrics 1999;55:625-629. doi:10.1111/j.0006-341X.1999.00625.x"
FEWEST_RESIDUALS = 100  # with fewer the outer of 99 quantiles are single values
QUANTILE_SHARES = np.linspace(0.01, 0.99, 99)


def estimate_mixed_model(
    data: MixedData,
    outcome: str,
    beyond: ArrayLike | None = None,
    criterion: Criterion = "REML",
    level: float = 0.95,
) -> tuple[MixedModelResult, MixedFit] | Refusal:
    """Fit a linear mixed model and describe it.

    Parameters
    ----------
    data
        From `check_mixed_data`.
    outcome
        Name of the outcome with its unit; the unit of the coefficients.
    beyond
        As in `fit_censored_mixed_model`, (n,): −1 at or below the value given, 1 at or above, 0 the value itself. With
        any of them the criterion is ML, and residuals are those of people without one.

    Returns
    -------
    tuple of MixedModelResult and MixedFit, or Refusal
        The answer, and the fit to predict with. Limits are normal (Wald); those of patients take the variance
        parameters as known.
    """
    side = np.zeros(len(data.outcome), dtype=np.int64) if beyond is None else np.asarray(beyond).astype(np.int64)
    is_censored = bool(side.any())
    fit = fit_censored_mixed_model(data, side) if is_censored else fit_mixed_model(data, criterion)
    if isinstance(fit, Refusal):
        return fit
    effects = predict_censored_effects(data, side, fit) if is_censored else predict_patient_effects(data, fit)
    result = MixedModelResult(
        outcome,
        _describe_coefficients(data, fit, outcome, level),
        fit.covariance,
        data.random_names,
        fit.random_covariance,
        float(np.sqrt(fit.residual_variance)),
        fit.log_likelihood,
        fit.criterion,
        fit.n_values,
        fit.n_patients,
        int(np.count_nonzero(side)),
        fit.is_singular,
        _describe_patients(data, effects, level),
        _describe_fitted(data, fit, effects, level),
        _judge_residuals(data, side, fit, effects),
        _describe_methods(fit, is_censored),
    )
    return result, fit


def _judge_residuals(data: MixedData, side: IntArray, fit: MixedFit, effects: PatientEffects) -> ResidualCheck | None:
    """Check the residuals of the people all of whose values are known; ``None`` where these are few."""
    has_bound = np.bincount(data.patient, side != 0, minlength=len(data.labels)) > 0
    residuals = compute_mixed_residuals(data, fit, effects)[~has_bound[data.patient]]
    return check_residuals(residuals) if len(residuals) >= FEWEST_RESIDUALS else None


def check_residuals(standardised: FloatArray) -> ResidualCheck:
    """Compare standardised residuals (n,) with a standard normal."""
    normal = np.array([compute_normal_quantile(abs(2 * share - 1)) for share in QUANTILE_SHARES])
    centred = standardised - float(np.mean(standardised))
    spread = float(np.sqrt(np.mean(centred**2)))
    return ResidualCheck(
        QUANTILE_SHARES,
        np.where(QUANTILE_SHARES < 0.5, -normal, normal),
        np.quantile(standardised, QUANTILE_SHARES),
        float(np.mean(centred**3)) / spread**3,
        float(np.mean(centred**4)) / spread**4 - 3,
        float(np.mean(np.abs(standardised) > 3)),
    )


def _describe_coefficients(data: MixedData, fit: MixedFit, unit: str, level: float) -> tuple[Coefficient, ...]:
    z = compute_normal_quantile(level)
    errors = np.sqrt(np.diag(fit.covariance))
    return tuple(
        Coefficient(
            name, Estimate(float(b), float(b - z * e), float(b + z * e), unit, level), float(e),
            compute_normal_p(float(b / e)),
        )
        for name, b, e in zip(data.fixed_names, fit.coefficients, errors, strict=True)
    )  # fmt: skip


def _describe_patients(data: MixedData, effects: PatientEffects, level: float) -> pl.DataFrame:
    z = compute_normal_quantile(level)
    n_values = np.bincount(data.patient, minlength=len(data.labels))
    columns: dict[str, object] = {"patient": [str(label) for label in data.labels], "n_values": n_values}
    for j, name in enumerate(data.random_names):
        half = z * np.sqrt(effects.covariance[:, j, j])
        centre = effects.effects[:, j]
        columns |= {name: centre, f"{name}_low": centre - half, f"{name}_high": centre + half}
    return pl.DataFrame(columns)


def _describe_fitted(data: MixedData, fit: MixedFit, effects: PatientEffects, level: float) -> pl.DataFrame:
    z = compute_normal_quantile(level)
    own = predict_values(fit, effects, data.fixed, data.random, data.patient)
    return pl.DataFrame({
        "patient": np.array([str(label) for label in data.labels])[data.patient],
        "fitted": own.mean,
        "low": own.mean - z * own.mean_error,
        "high": own.mean + z * own.mean_error,
        "value_low": own.mean - z * own.value_error,
        "value_high": own.mean + z * own.value_error,
    })  # fmt: skip


def _describe_methods(fit: MixedFit, is_censored: bool) -> tuple[Method, ...]:
    mixed = describe_method(
        "Linear mixed model", MIXED_MODEL, interval="Wald", criterion=fit.criterion,
        patients="best linear unbiased predictions",
    )  # fmt: skip
    if not is_censored:
        return (mixed,)
    return (mixed, describe_method("Values beyond quantitation limits by their likelihood", CENSORED_VALUES))
