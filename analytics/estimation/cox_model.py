"""Cox's regression on any covariates: fixed or time-dependent, stratified, weighted, with late entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.estimation.cox_fit import CoxFit, fit_cox
from analytics.estimation.linear import solve_positive
from analytics.estimation.observations import Observations
from analytics.estimation.proportionality import compare_effects_over_time
from analytics.estimation.risk_sets import Ties
from analytics.estimation.statsmodels_gate import (
    compute_chi_squared_p,
    compute_normal_p,
    compute_normal_quantile,
)
from analytics.tables.hazard_results import ModelTerm, RegressionResult
from analytics.tables.results import Estimate, FloatArray, Refusal, TestResult


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
    fitted = fit_cox(observations, covariates, names, strata, ties, settings)
    if isinstance(fitted, Refusal):
        return fitted
    return RegressionResult(
        "Cox model",
        describe_terms(names, fitted.coefficients, fitted.errors, level),
        fitted.covariance,
        fitted.fit.state.log_likelihood,
        len(observations.days),
        observations.n_patients,
        observations.n_events,
        fitted.is_robust,
        _test_all(fitted),
        fitted.method,
        compare_effects_over_time(observations, fitted.data, fitted.fit.state, names),
    )


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


def _test_all(fitted: CoxFit) -> tuple[TestResult, ...]:
    """Test all coefficients at once; the likelihood ratio test only where it is valid."""
    beta, fit = fitted.coefficients, fitted.fit
    solved = solve_positive(fitted.covariance, beta)
    statistics = {} if solved is None else {"Wald test": float(beta @ solved)}
    if not fitted.is_robust:
        statistics["Likelihood ratio test"] = 2 * (fit.state.log_likelihood - fit.null.log_likelihood)
    return tuple(
        TestResult(name, statistic, len(beta), compute_chi_squared_p(statistic, len(beta)), fitted.method)
        for name, statistic in statistics.items()
    )
