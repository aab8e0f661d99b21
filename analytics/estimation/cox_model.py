"""Cox's regression on any covariates: fixed or time-dependent, stratified, weighted, with late entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.group_counts import note_events_per_parameter, refuse_events_per_parameter
from analytics.estimation.linear import solve_positive, standard_errors
from analytics.estimation.methods import COX, describe_method
from analytics.estimation.observations import Observations, finite_numbers, label_codes
from analytics.estimation.partial_likelihood import (
    PartialFit,
    PartialLikelihood,
    maximise_partial_likelihood,
)
from analytics.estimation.partial_residuals import compute_sandwich, refuse_empty_variance
from analytics.estimation.proportionality import compare_effects_over_time
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.estimation.statsmodels_gate import (
    compute_chi_squared_p,
    compute_normal_p,
    compute_normal_quantile,
)
from analytics.tables.hazard_results import ModelTerm, RegressionResult
from analytics.tables.results import Estimate, FloatArray, Method, Refusal, TestResult


def estimate_cox_model(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
    settings: Settings | None = None,
) -> RegressionResult | Refusal:
    """Estimate hazard ratios of covariates by the partial likelihood, and test that they keep their size over time.

    A time-dependent covariate has one row for each of its values, observed in (entry, days]; the rows of a person
    share a cluster code. Errors are robust, summed by person, when `Observations.needs_robust_errors` says so.

    Parameters
    ----------
    observations
        Follow-up of n rows, from `check_observations`.
    covariates
        Shape (n, p), numbers; indicators for categories, a spline basis for continuous markers.
    names
        One name a column.
    strata
        Labels of shape (n,): groups with a baseline hazard of their own.
    ties
        ``efron`` (default) or ``breslow``.

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-202. doi:10.1111/j.2517-6161.1972.tb00899.x
    """
    x = check_covariates(observations, covariates, names)
    limits = settings or Settings()
    refusal = refuse_model(observations, len(names), limits)
    if refusal:
        return refusal
    stratum = None if strata is None else label_codes(strata)[1]
    data = PartialLikelihood(x, observed_risk_sets(observations, stratum, ties), observations.weights)
    fit = maximise_partial_likelihood(data, names)
    if isinstance(fit, Refusal):
        return fit
    is_robust = observations.needs_robust_errors
    covariance = compute_sandwich(data, fit.state, fit.variance, observations.cluster) if is_robust else fit.variance
    refusal = refuse_empty_variance(covariance, fit.variance, names)
    if refusal:
        return refusal
    method = describe_method(
        "Cox proportional hazards model",
        COX,
        interval="Wald on the log scale",
        ties=ties.capitalize(),
        errors="robust, clustered by patient" if is_robust else "model-based",
        **note_events_per_parameter(observations.n_events, len(names), limits),
    )
    return RegressionResult(
        "Cox model",
        describe_terms(names, fit.state.coefficients, standard_errors(covariance), level),
        covariance,
        fit.state.log_likelihood,
        len(x),
        observations.n_patients,
        observations.n_events,
        is_robust,
        _test_all(fit, covariance, is_robust, method),
        method,
        compare_effects_over_time(observations, data, fit.state, names),
    )


def check_covariates(observations: Observations, covariates: ArrayLike, names: Sequence[str]) -> FloatArray:
    """Return covariates as numbers of shape (n, p).

    Raises
    ------
    RefusedError
        When one is missing or infinite, or the shape is not (n, p).
    """
    x = finite_numbers("covariates", covariates)
    if x.shape != (len(observations.days), len(names)):
        raise RefusedError(
            f"covariates have shape {x.shape} where ({len(observations.days)}, {len(names)}) is needed.",
            "covariates",
            "Give one row a line and one name a column.",
        )
    return x


def refuse_model(observations: Observations, n_parameters: int, settings: Settings) -> Refusal | None:
    """Refuse a model of nothing, without events, or with too few of them."""
    if n_parameters == 0:
        return Refusal("no_covariates", "The model has no covariate.", "Name at least one.")
    if observations.n_events == 0:
        return Refusal(
            "no_events",
            "Nobody has had the event.",
            "Wait for more follow-up, or choose an endpoint with events.",
        )
    return refuse_events_per_parameter(observations.n_events, n_parameters, settings)


def describe_terms(
    names: Sequence[str], coefficients: FloatArray, errors: FloatArray, level: float
) -> tuple[ModelTerm, ...]:
    """Return one term a coefficient with its ratio, limits and Wald test."""
    z = compute_normal_quantile(level)
    return tuple(
        ModelTerm(
            name,
            float(beta),
            float(error),
            Estimate(
                float(np.exp(beta)),
                float(np.exp(beta - z * error)),
                float(np.exp(beta + z * error)),
                "ratio",
                level,
            ),
            compute_normal_p(float(beta / error)),
        )
        for name, beta, error in zip(names, coefficients, errors, strict=True)
    )


def _test_all(fit: PartialFit, covariance: FloatArray, is_robust: bool, method: Method) -> tuple[TestResult, ...]:
    """Test all coefficients at once; the likelihood ratio and score tests only where they are valid."""
    beta, p = fit.state.coefficients, len(fit.state.coefficients)
    solved = solve_positive(covariance, beta)
    statistics = {} if solved is None else {"Wald test": float(beta @ solved)}
    if not is_robust:
        statistics["Likelihood ratio test"] = 2 * (fit.state.log_likelihood - fit.null.log_likelihood)
    return tuple(
        TestResult(name, statistic, p, compute_chi_squared_p(statistic, p), method)
        for name, statistic in statistics.items()
    )
