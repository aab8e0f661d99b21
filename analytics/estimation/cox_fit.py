"""One fit of Cox's model with its errors, for all that rests on it: ratios, curves, influence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.group_counts import note_events_per_parameter, refuse_events_per_parameter
from analytics.estimation.linear import standard_errors
from analytics.estimation.methods import COX, describe_method
from analytics.estimation.observations import Observations, describe_sampling, finite_numbers, label_codes
from analytics.estimation.partial_likelihood import PartialFit, PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.partial_residuals import compute_sandwich, refuse_empty_variance
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.tables.results import FloatArray, Method, Refusal


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted model of p coefficients with the data it was fitted to.

    ``covariance`` (p, p) is robust, summed by person, when ``is_robust``, else the inverse information.
    """

    data: PartialLikelihood
    fit: PartialFit
    covariance: FloatArray
    is_robust: bool
    method: Method

    @property
    def coefficients(self) -> FloatArray:
        """Log hazard ratios, shape (p,)."""
        return self.fit.state.coefficients

    @property
    def errors(self) -> FloatArray:
        """Standard errors of the coefficients, shape (p,)."""
        return standard_errors(self.covariance)


def fit_cox(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    settings: Settings | None = None,
) -> CoxFit | Refusal:
    """Fit Cox's model; errors are robust when `Observations.needs_robust_errors` says so.

    Parameters
    ----------
    observations
        Follow-up of n rows, from `check_observations`.
    covariates, names
        Shape (n, p); one name a column.
    strata
        Labels of shape (n,).

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.
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
    return CoxFit(data, fit, covariance, is_robust, _describe(observations, len(names), ties, limits))


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


def _describe(observations: Observations, n_parameters: int, ties: Ties, limits: Settings) -> Method:
    return describe_method(
        "Cox proportional hazards model",
        COX,
        interval="Wald on the log scale",
        ties=ties.capitalize(),
        errors=_say_errors(observations),
        **describe_sampling(observations),
        **note_events_per_parameter(observations.n_events, n_parameters, limits),
    )


def _say_errors(observations: Observations) -> str:
    if not observations.needs_robust_errors:
        return "model-based"
    return "robust, clustered by patient" if observations.cluster is not None else "robust"
