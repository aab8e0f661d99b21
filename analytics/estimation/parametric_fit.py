"""Maximum likelihood of a parametric survival model, with refusals where there is no maximum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.cox_model import describe_terms
from analytics.estimation.group_counts import note_events_per_parameter, refuse_events_per_parameter
from analytics.estimation.interval_likelihood import SurvivalModel, compute_log_likelihood
from analytics.estimation.intervals import Intervals
from analytics.estimation.linear import invert_positive, standard_errors
from analytics.estimation.methods import describe_method
from analytics.estimation.minimise import minimise
from analytics.estimation.observations import finite_numbers
from analytics.estimation.partial_likelihood import refuse_redundant
from analytics.tables.hazard_results import ParametricResult
from analytics.tables.results import FloatArray, Refusal


@dataclass(frozen=True, slots=True)
class FamilyOfModels:
    """What a family is called, with its source; ``knots`` in log days, empty but for splines."""

    code: str
    name: str
    citation: str
    knots: tuple[float, ...] = ()


def fit_parametric_model(
    model: SurvivalModel,
    intervals: Intervals,
    covariates: ArrayLike,
    names: Sequence[str],
    start: FloatArray,
    family: FamilyOfModels,
    level: float = 0.95,
    settings: Settings | None = None,
) -> ParametricResult | Refusal:
    """Fit ``model`` whose parameters are p coefficients, an intercept and others.

    Parameters
    ----------
    start
        First guess of the intercept and the others, shape (q − p,).
    family
        What the model is called.
    """
    n, p = len(intervals.low), len(names)
    x = _covariates(covariates, n, p)
    limits = settings or Settings()
    refusal = _refuse_empty(intervals) or refuse_events_per_parameter(intervals.n_events, p + len(start), limits)
    if refusal:
        return refusal
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if (scale <= 1e-12 * np.maximum(np.abs(centre), 1e-300)).any():
        return refuse_redundant(names[int(np.argmin(scale))])
    standardised = (x - centre) / scale

    def deviance(parameters: FloatArray) -> tuple[float, FloatArray]:
        value, slope = compute_log_likelihood(model, intervals, standardised, parameters)
        return -value, -slope

    found = minimise(deviance, np.concatenate([np.zeros(p), start]))
    inverse = invert_positive(found.hessian)
    if not found.has_converged or found.n_flat or inverse is None:
        return Refusal(
            "no_maximum",
            f"The {family.name} has no single best fit to these data.",
            "Leave out covariates that repeat each other or separate the events, or choose a simpler family.",
        )
    back = np.eye(len(found.point))
    back[:p, :p] = np.diag(1 / scale)
    back[p, :p] = -centre / scale
    parameters, covariance = back @ found.point, back @ inverse @ back.T
    return ParametricResult(
        family.code,
        describe_terms(names, parameters[:p], standard_errors(covariance)[:p], level),
        parameters,
        covariance,
        family.knots,
        -found.value,
        2 * found.value + 2 * len(parameters),
        n,
        intervals.n_events,
        float(np.where(intervals.is_open, intervals.low, intervals.high).max()),
        describe_method(
            family.name,
            family.citation,
            interval="Wald on the log scale",
            **note_events_per_parameter(intervals.n_events, len(parameters), limits),
        ),
    )


def _covariates(covariates: ArrayLike, n: int, p: int) -> FloatArray:
    x = finite_numbers("covariates", covariates) if p else np.zeros((n, 0))
    if x.shape != (n, p):
        raise RefusedError(
            f"covariates have shape {x.shape} where ({n}, {p}) is needed.",
            "covariates",
            "Give one row a line and one name a column.",
        )
    return x


def _refuse_empty(intervals: Intervals) -> Refusal | None:
    if intervals.n_events:
        return None
    return Refusal(
        "no_events", "Nobody has had the event.", "Wait for more follow-up, or choose an endpoint with events."
    )
