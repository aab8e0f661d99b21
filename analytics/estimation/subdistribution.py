"""Fine and Gray's model: hazards of the cumulative incidence of one cause. No Python library offers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.estimation.competing_risks import check_causes
from analytics.estimation.cox_fit import check_covariates, refuse_model
from analytics.estimation.cox_model import describe_terms, estimate_cox_model
from analytics.estimation.group_counts import note_events_per_parameter
from analytics.estimation.linear import solve_positive, standard_errors
from analytics.estimation.methods import FINE_GRAY, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.partial_likelihood import (
    PartialLikelihood,
    PartialState,
    compute_risk_set_means,
    maximise_partial_likelihood,
)
from analytics.estimation.partial_residuals import compute_score_residuals, refuse_empty_variance
from analytics.estimation.product_limit import compute_life_table
from analytics.estimation.risk_sets import Lingering, RiskSets, observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.estimation.sums import sum_by_code, sum_rows_by_code
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import BoolArray, FloatArray, IntArray, Refusal, TestResult


def estimate_cause_specific_model(
    observations: Observations,
    cause: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    of_cause: int = 1,
    settings: Settings | None = None,
) -> RegressionResult | Refusal:
    """Estimate cause-specific hazard ratios: Cox's model with ends by other causes censored."""
    codes = check_causes(observations, cause)
    return estimate_cox_model(replace(observations, happened=codes == of_cause), covariates, names, settings=settings)


def estimate_subdistribution_model(
    observations: Observations,
    cause: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    of_cause: int = 1,
    settings: Settings | None = None,
    level: float = 0.95,
) -> RegressionResult | Refusal:
    """Estimate subdistribution hazard ratios of one cause.

    Who ends by another cause stays at risk with the chance of not having been censored since; the risk sets are sums,
    so no row is copied. Ties are Breslow's; errors are robust, summed by person, and hold the uncertainty of that
    chance. Equal to ``crr`` of R's cmprsk; ``finegray`` with ``coxph`` differs in the fourth digit at tied times, where
    it takes the chance after instead of before the time, and takes it as known.

    Parameters
    ----------
    observations
        Follow-up of n lines from their start, unweighted; ``happened`` is true for an end by any cause.
    cause, covariates, names
        Cause of each end, shape (n,), 0 where censored; numbers of shape (n, p); one name a column.

    Raises
    ------
    RefusedError
        When causes or covariates are impossible.

    References
    ----------
    Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509. doi:10.1080/01621459.1999.10474144
    """
    codes = check_causes(observations, cause)
    x = check_covariates(observations, covariates, names)
    limits = settings or Settings()
    of_this = replace(observations, happened=codes == of_cause)
    refusal = refuse_model(of_this, len(names), limits) or _refuse_entry_and_weights(observations)
    if refusal:
        return refusal
    sets = _linger(observations, observed_risk_sets(of_this, None, "breslow"), codes, of_cause)
    data = PartialLikelihood(x, sets)
    fit = maximise_partial_likelihood(data, names)
    if isinstance(fit, Refusal):
        return fit
    scores = compute_score_residuals(data, fit.state) + _censoring_residuals(observations, codes == 0, data, fit.state)
    influence = sum_rows_by_code(observations.cluster, scores) @ fit.variance
    covariance = influence.T @ influence
    refusal = refuse_empty_variance(covariance, fit.variance, names)
    if refusal:
        return refusal
    method = describe_method(
        "Fine–Gray subdistribution hazards model",
        FINE_GRAY,
        interval="Wald on the log scale",
        ties="Breslow",
        errors="robust, by patient",
        **note_events_per_parameter(of_this.n_events, len(names), limits),
    )
    solved = solve_positive(covariance, fit.state.coefficients)
    wald = np.nan if solved is None else float(fit.state.coefficients @ solved)
    return RegressionResult(
        "Fine–Gray model",
        describe_terms(names, fit.state.coefficients, standard_errors(covariance), level),
        covariance,
        fit.state.log_likelihood,
        len(x),
        observations.n_patients,
        of_this.n_events,
        True,
        (TestResult("Wald test", wald, len(names), compute_chi_squared_p(wald, len(names)), method),),
        method,
    )


def _linger(observations: Observations, sets: RiskSets, codes: IntArray, of_cause: int) -> RiskSets:
    """Keep ends by other causes at risk, weighted by the Kaplan–Meier chance of not being censored."""
    uncensored = compute_life_table(replace(observations, happened=codes == 0))
    rows = np.flatnonzero((codes > 0) & (codes != of_cause))

    def chance_before(days: IntArray) -> FloatArray:
        return uncensored.survival[np.searchsorted(uncensored.time, days, side="left") - 1]

    factor = chance_before(sets.block_time.astype(np.int64))
    return replace(sets, lingering=Lingering(rows, 1 / chance_before(observations.days[rows]), factor))


def _censoring_residuals(
    observations: Observations, is_censored: BoolArray, data: PartialLikelihood, state: PartialState
) -> FloatArray:
    """Compute what each row adds to the score through the estimated chance of not being censored, shape (n, p)."""
    sets, days = data.risk_sets, observations.days
    lingering = sets.lingering
    if lingering is None or not is_censored.any():
        return np.zeros_like(data.covariates)
    time = np.unique(days[is_censored])
    at_risk = len(days) - np.searchsorted(np.sort(days), time, side="left")
    leaving = sum_by_code(np.searchsorted(time, days[is_censored]), None, len(time))
    x = np.column_stack([np.ones(len(days)), data.covariates])[lingering.rows]
    gone = np.searchsorted(time, days[lingering.rows], side="right")
    weight = (state.relative_risk[lingering.rows] * lingering.share)[:, None] * x
    waiting = np.cumsum(sum_rows_by_code(gone, weight, len(time) + 1), axis=0)[:-1]
    hazard = sets.sum_events(state.hazard) * lingering.factor
    n_tied = sets.sum_events(np.ones(len(sets.event_row)))
    means = np.stack([sets.sum_events(column) / n_tied for column in compute_risk_set_means(data, state).T], axis=1)
    ahead = np.cumsum((hazard[:, None] * np.column_stack([np.ones(len(hazard)), means]))[::-1], axis=0)[::-1]
    ahead = np.vstack([ahead, np.zeros(ahead.shape[1])])[np.searchsorted(sets.block_time, time, side="left")]
    pull = (waiting[:, 1:] * ahead[:, :1] - waiting[:, :1] * ahead[:, 1:]) / at_risk[:, None]
    spent = np.vstack([np.zeros(pull.shape[1]), np.cumsum(pull * (leaving / at_risk)[:, None], axis=0)])
    residuals = -spent[np.searchsorted(time, days, side="right")]
    residuals[is_censored] += pull[np.searchsorted(time, days[is_censored])]
    return residuals


def _refuse_entry_and_weights(observations: Observations) -> Refusal | None:
    if not observations.entry.any() and observations.weights is None:
        return None
    return Refusal(
        "not_offered",
        "The Fine–Gray model is not offered with late entry or weights.",
        "Use the cause-specific hazards, which allow both.",
    )
