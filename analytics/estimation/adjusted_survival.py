"""Survival of groups as if all of them were the same people: curves of a model, averaged over everybody's covariates.

No Python library gives them with limits. The average of curves is taken, never the curve of average covariates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from analytics.estimation.cox_survival import compute_baseline_hazard
from analytics.estimation.methods import BOOTSTRAP, STANDARDISATION, describe_method
from analytics.estimation.modelled_survival import compute_model_limits, model_of
from analytics.estimation.observations import Observations
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.resampling import draw_persons, run_replicates
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.tables.hazard_results import ModelledCurve, ParametricResult
from analytics.tables.results import FloatArray, IntArray, Method, Refusal

MOST_FAILURES = 0.05
"""Share of replicates that may have no fit; with more the limits are not given."""


@dataclass(frozen=True, slots=True)
class CoxData:
    """What a Cox model is fitted to: covariates (n, p) with names, codes of strata (n,) or ``None``, ties."""

    observations: Observations
    covariates: FloatArray
    names: Sequence[str]
    strata: IntArray | None = None
    ties: Ties = "efron"


def estimate_adjusted_survival(
    data: CoxData, settings_of_groups: Sequence[FloatArray], days: FloatArray, seed: int, n_replicates: int = 200,
    level: float = 0.95,
) -> tuple[ModelledCurve, ...] | Refusal:  # fmt: skip
    """Estimate the mean of the survival of all n lines by a Cox model, once for each group they could have been in.

    Parameters
    ----------
    data
        What the model is fitted to.
    settings_of_groups
        For each group the covariates (n, p) of the same lines as they would be in it.
    days
        Days (k,) of the curves, within follow-up.
    seed, n_replicates
        Limits are percentiles of so many resamplings of persons, NaN for none.

    References
    ----------
    Makuch RW. J Chronic Dis 1982;35:437-443. doi:10.1016/0021-9681(82)90058-3
    """
    centre = data.covariates.mean(axis=0)
    sets = [covariates - centre for covariates in settings_of_groups]
    whole = np.ones(len(data.observations.days))
    curves = _average_curves(data, data.covariates - centre, sets, days, whole)
    if isinstance(curves, Refusal):
        return curves
    low, high = np.full(curves.shape, np.nan), np.full(curves.shape, np.nan)
    if n_replicates:
        work = partial(_draw_curves, data, data.covariates - centre, sets, days)
        drawn = run_replicates(work, seed, n_replicates)
        failed = np.isnan(drawn[:, 0, 0])
        if failed.mean() <= MOST_FAILURES:
            tail = (1 - level) / 2
            low, high = np.quantile(drawn[~failed], [tail, 1 - tail], axis=0)
    certain = np.zeros(len(days), dtype=bool)
    return tuple(ModelledCurve(days, *rows, certain, level) for rows in zip(curves, low, high, strict=True))


def estimate_standardised_survival(
    fit: ParametricResult, settings_of_groups: Sequence[FloatArray], days: FloatArray, level: float = 0.95
) -> tuple[ModelledCurve, ...]:
    """Estimate the same by a parametric model, with limits by the delta method on the log-log scale.

    ``settings_of_groups`` are as in `estimate_adjusted_survival`; ``days`` (k,) may lie beyond follow-up.
    """
    model = model_of(fit)
    curves: list[ModelledCurve] = []
    for covariates in settings_of_groups:
        log_mean, error = np.empty(len(days)), np.empty(len(days))
        for place, day in enumerate(days):
            logs = model.log_survival(np.full(len(covariates), day), covariates, fit.parameters)
            survival = np.exp(logs.value)
            slope = (survival[:, None] * logs.slope).mean(axis=0)
            with np.errstate(divide="ignore"):  # nobody left: the logarithm of 0
                log_mean[place] = np.log1p(np.expm1(logs.value).mean())
            error[place] = np.sqrt(slope @ fit.covariance @ slope) / survival.mean() if survival.any() else 0.0
        low, high = compute_model_limits(log_mean, error, level)
        curves.append(ModelledCurve(days, np.exp(log_mean), low, high, days > fit.last_day, level))
    return tuple(curves)


def describe_adjustment(seed: int | None, n_replicates: int = 0) -> tuple[Method, ...]:
    """Return how adjusted curves were made; without a ``seed`` limits are those of the model."""
    standardised = describe_method("Direct standardisation", STANDARDISATION, averaged_over="all lines of the model")
    if seed is None or not n_replicates:
        return (standardised,)
    resampled = describe_method(
        "Percentile bootstrap of adjusted curves", BOOTSTRAP, seed=str(seed), replicates=str(n_replicates)
    )
    return (standardised, resampled)


def _draw_curves(
    data: CoxData, x: FloatArray, sets: Sequence[FloatArray], days: FloatArray, streams: list[np.random.Generator]
) -> FloatArray:
    """Return the curves of each replicate, (replicates, g, k); NaN where the model has no fit."""
    n = len(data.observations.days)
    cluster = np.arange(n) if data.observations.cluster is None else data.observations.cluster
    rows: list[FloatArray] = []
    for stream in streams:
        curves = _average_curves(data, x, sets, days, draw_persons(stream, cluster).astype(np.float64))
        rows.append(np.full((len(sets), len(days)), np.nan) if isinstance(curves, Refusal) else curves)
    return np.stack(rows)


def _average_curves(
    data: CoxData, x: FloatArray, sets: Sequence[FloatArray], days: FloatArray, drawn: FloatArray
) -> FloatArray | Refusal:
    """Return the curves (g, k) of lines that count ``drawn`` (n,) times each."""
    kept = drawn > 0
    own = data.observations.weights
    weights = drawn if own is None else drawn * own
    observations = data.observations.take(kept)
    strata = None if data.strata is None else data.strata[kept]
    is_plain = own is None and bool((drawn[kept] == 1).all())
    counted = None if is_plain else weights[kept]
    risk_sets = observed_risk_sets(_with_weights(observations, counted), strata, data.ties)
    likelihood = PartialLikelihood(np.asfortranarray(x[kept]), risk_sets, counted)
    fit = maximise_partial_likelihood(likelihood, data.names)
    if isinstance(fit, Refusal):
        return fit
    curves = np.zeros((len(sets), len(days)))
    for code in np.unique(strata) if strata is not None else [0]:
        rows = np.flatnonzero(kept)[strata == code] if strata is not None else np.flatnonzero(kept)
        time, hazard = compute_baseline_hazard(likelihood, fit, int(code))
        at = np.concatenate([[0.0], hazard])[np.searchsorted(time, days, side="right")]
        for place, covariates in enumerate(sets):
            risk = np.exp(covariates[rows] @ fit.state.coefficients)
            curves[place] += weights[rows] @ np.exp(-np.outer(risk, at))
    return curves / weights.sum()


def _with_weights(observations: Observations, weights: FloatArray | None) -> Observations:
    return Observations(observations.days, observations.happened, observations.entry, weights, observations.cluster)
