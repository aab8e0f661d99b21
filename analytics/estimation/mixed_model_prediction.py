# pyright: basic
"""What a fitted mixed model says of its patients, of new values of theirs, and of people it never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.errors import RefusedError
from analytics.estimation.mixed_model import MixedData, MixedFit
from analytics.estimation.mixed_model_likelihood import compute_half_inverse
from analytics.estimation.mixed_model_sums import compute_scales, compute_sums
from analytics.tables.results import FloatArray, IntArray, Refusal


@dataclass(frozen=True, slots=True)
class PatientEffects:
    """Best linear unbiased predictions of the random effects of m patients, in the order of the data's labels.

    ``effects`` (m, q); ``conditional`` (m, q, q) their covariance with the fixed effects known (lme4's ``condVar``);
    ``covariance`` (m, q, q) that of prediction less truth, the fixed effects being estimated. ``response`` (m, q, p)
    is how much the effects fall when a fixed effect rises by one.
    """

    effects: FloatArray
    conditional: FloatArray
    covariance: FloatArray
    response: FloatArray


@dataclass(frozen=True, slots=True)
class Predictions:
    """``mean`` (n,) with the error of that mean and the error of one new value around it, each (n,)."""

    mean: FloatArray
    mean_error: FloatArray
    value_error: FloatArray


def predict_patient_effects(data: MixedData, fit: MixedFit) -> PatientEffects:
    """Predict each patient's random effects from its values; those with few values are drawn towards the average.

    Variance parameters are taken as known, as in lme4 and nlme.

    References
    ----------
    Robinson GK. Stat Sci 1991;6:15-32. doi:10.1214/ss/1177011926
    """
    scales = compute_scales(data.outcome, data.fixed, data.random, list(data.fixed_names), list(data.random_names))
    if isinstance(scales, Refusal):
        raise RefusedError(scales.sentence, "data", "Predict from the data of the fit.")
    sums = compute_sums(data.outcome, data.fixed, data.random, data.patient, len(data.labels), scales)
    curvature, directions = np.linalg.eigh(
        scales.random_root @ fit.random_covariance @ scales.random_root.T / fit.residual_variance
    )
    half = compute_half_inverse(sums.ztz, directions * np.sqrt(np.maximum(curvature, 0.0)))[1]
    inner = np.einsum("kim,kjm->mij", half, half)
    own = np.append(-scales.fixed_root @ (fit.coefficients - scales.least_squares) / scales.outcome, 1.0)
    back = np.linalg.inv(scales.random_root)
    p = sums.n_fixed
    effects = scales.outcome * np.einsum("mij,jwm,w->mi", inner, sums.ztw, own) @ back.T
    response = back @ np.einsum("mij,jwm->miw", inner, sums.ztw[:, :p]) @ scales.fixed_root
    conditional = fit.residual_variance * back @ inner @ back.T
    covariance = conditional + response @ fit.covariance @ response.transpose(0, 2, 1)
    return PatientEffects(effects, conditional, covariance, response)


def predict_values(
    fit: MixedFit, effects: PatientEffects, fixed: FloatArray, random: FloatArray, patient: IntArray
) -> Predictions:
    """Predict values of known patients (conditional): ``fixed`` (n, p), ``random`` (n, q), ``patient`` codes (n,)."""
    mean = fixed @ fit.coefficients + np.einsum("nq,nq->n", random, effects.effects[patient])
    left = fixed - np.einsum("nq,nqp->np", random, effects.response[patient])
    variance = _quadratic(left, fit.covariance) + np.einsum(
        "nq,nqr,nr->n", random, effects.conditional[patient], random
    )
    return Predictions(mean, np.sqrt(variance), np.sqrt(variance + fit.residual_variance))


def predict_average(fit: MixedFit, fixed: FloatArray, random: FloatArray) -> Predictions:
    """Predict the average over patients (marginal), and one value of a person never seen."""
    variance = _quadratic(fixed, fit.covariance)
    spread = variance + _quadratic(random, fit.random_covariance) + fit.residual_variance
    return Predictions(fixed @ fit.coefficients, np.sqrt(variance), np.sqrt(spread))


def compute_mixed_residuals(data: MixedData, fit: MixedFit, effects: PatientEffects) -> FloatArray:
    """Compute conditional residuals over their own standard deviation, (n,): standard normal under the model.

    A patient's effects follow its values, so the variance of a residual is σ²(1 − z'Kz), not σ².
    """
    fitted = predict_values(fit, effects, data.fixed, data.random, data.patient).mean
    leverage = np.einsum("nq,nqr,nr->n", data.random, effects.conditional[data.patient], data.random)
    variance = np.maximum(fit.residual_variance - leverage, np.finfo(float).eps * fit.residual_variance)
    return (data.outcome - fitted) / np.sqrt(variance)


def _quadratic(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    return np.einsum("ni,ij,nj->n", rows, matrix, rows)
