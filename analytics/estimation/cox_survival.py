"""Survival of one kind of person by a Cox model, with limits (R's ``survfit`` of a ``coxph``).

lifelines puts a Breslow baseline under an Efron fit, 2e-3 off, and gives no standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.cox_fit import fit_cox
from analytics.estimation.observations import Observations, finite_numbers, label_codes
from analytics.estimation.partial_likelihood import PartialFit, PartialLikelihood, compute_risk_set_means
from analytics.estimation.risk_sets import Ties
from analytics.estimation.survival import Interval, compute_limits
from analytics.tables.hazard_results import ModelledCurve
from analytics.tables.results import FloatArray, Refusal


def estimate_cox_survival(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    person: ArrayLike,
    strata: ArrayLike | None = None,
    stratum: str = "",
    interval: Interval = "log-log",
    ties: Ties = "efron",
) -> ModelledCurve | Refusal:
    """Estimate the survival curve of a person with covariates ``person`` (p,).

    Parameters
    ----------
    observations, covariates, names, strata, ties
        As in `estimate_cox_model`, whose fit this is.
    stratum
        Label of the person's stratum, when the model has strata.

    Returns
    -------
    ModelledCurve or Refusal
        One row an event time of the stratum, 95 % limits.

    Raises
    ------
    RefusedError
        When a covariate is missing, shapes differ, or there is no such stratum.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 10.1.
    """
    at = finite_numbers("person", person)
    labels = [""] if strata is None else [str(label) for label in label_codes(strata)[0]]
    if stratum not in labels:
        raise RefusedError(f"There is no stratum «{stratum}».", "stratum", "Choose one of the model's strata.")
    fitted = fit_cox(observations, covariates, names, strata, ties)
    if isinstance(fitted, Refusal):
        return fitted
    place = labels.index(stratum)
    time, hazard, error = _compute_hazard(fitted.data, fitted.fit, fitted.covariance, at, place)
    survival = np.exp(-hazard)
    low, high = compute_limits(survival, error, interval, 0.95)
    return ModelledCurve(time, survival, low, high, np.zeros(len(time), dtype=bool))


def compute_baseline_hazard(
    data: PartialLikelihood, fit: PartialFit, stratum: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Compute event times (k,) and the cumulative hazard (k,) of a person whose covariates are all 0."""
    time, hazard, _ = _compute_hazard(data, fit, fit.variance, np.zeros(len(fit.state.coefficients)), stratum)
    return time, hazard


def _compute_hazard(
    data: PartialLikelihood, fit: PartialFit, variance: FloatArray, at: FloatArray, stratum: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return event times of a stratum, the person's cumulative hazard and its standard error, each (k,)."""
    sets, state = data.risk_sets, fit.state
    # Relative risks are scaled so that the largest is 1: find that scale from the row that has it.
    top = int(np.argmax(state.relative_risk))
    scale = float(np.exp((at - data.covariates[top]) @ state.coefficients))
    blocks = slice(int(sets.bounds[stratum]), int(sets.bounds[stratum + 1]))
    hazard = sets.sum_events(state.hazard)[blocks] * scale
    own = sets.sum_events(state.hazard**2 / sets.event_weight)[blocks] * scale**2
    away = (at - compute_risk_set_means(data, state)) * state.hazard[:, None]
    drift = np.cumsum(np.stack([sets.sum_events(column)[blocks] for column in away.T], axis=1), axis=0) * scale
    spread = np.cumsum(own) + np.einsum("ki,ij,kj->k", drift, variance, drift)
    cumulative: FloatArray = np.cumsum(hazard, dtype=np.float64)
    return sets.block_time[blocks], cumulative, np.sqrt(spread)
