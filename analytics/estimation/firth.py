"""Cox regression for sparse data: Firth's penalty keeps coefficients finite where events separate.

The penalty is half the log determinant of the information (Jeffreys' prior); limits and p values are those of the
penalised likelihood's profile, since Wald's are poor where events are few. No Python library offers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.estimation.cox_fit import check_covariates, refuse_model
from analytics.estimation.linear import invert_positive, log_determinant, standard_errors
from analytics.estimation.methods import FIRTH, describe_method
from analytics.estimation.observations import Observations, label_codes
from analytics.estimation.partial_likelihood import (
    PartialLikelihood,
    compute_null_state,
    compute_state,
    find_redundant,
    refuse_redundant,
)
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_chi_squared_p, compute_chi_squared_quantile
from analytics.tables.hazard_results import ModelTerm, RegressionResult
from analytics.tables.results import BoolArray, Estimate, FloatArray, Refusal, TestResult

DIFFERENCE_STEP = 1e-4  # near the cube root of machine precision, in standard deviations of a covariate
CLOSE_ENOUGH = 1e-9
MOST_STEPS = 100
WIDEST_SEARCH = 60.0  # standard deviations: a profile that has not fallen by then has no limit on that side


@dataclass(frozen=True, slots=True)
class _Point:
    coefficients: FloatArray
    penalised: float
    information: FloatArray


def estimate_firth_model(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> RegressionResult | Refusal:
    """Estimate hazard ratios by the penalised partial likelihood.

    Parameters
    ----------
    observations
        Follow-up of n unweighted lines, one a person (or its pieces).
    covariates, names
        Shape (n, p); one name a column.
    strata
        Labels of shape (n,).

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.

    References
    ----------
    Heinze G, Schemper M. Biometrics 2001;57:114-119. doi:10.1111/j.0006-341X.2001.00114.x
    """
    x = check_covariates(observations, covariates, names)
    refusal = refuse_model(observations, len(names), Settings(min_events_per_parameter=1.0)) or _refuse_clusters(
        observations
    )
    if refusal:
        return refusal
    stratum = None if strata is None else label_codes(strata)[1]
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    data = PartialLikelihood(
        np.asfortranarray((x - x.mean(axis=0)) / scale), observed_risk_sets(observations, stratum, ties)
    )
    redundant = find_redundant(compute_null_state(data).information, observations.n_events)
    if redundant is not None:
        return refuse_redundant(names[redundant])
    best = _maximise(data, np.zeros(len(names)), np.ones(len(names), dtype=bool))
    start = _evaluate(data, np.zeros(len(names)))
    inverse = None if best is None else invert_positive(best.information)
    if best is None or inverse is None or start is None:
        return Refusal("no_maximum", "The penalised likelihood has no maximum.", "Leave covariates out.")
    method = describe_method(
        "Cox model with Firth's penalty",
        FIRTH,
        interval="profile penalised likelihood",
        ties=ties.capitalize(),
    )
    covariance = inverse / np.outer(scale, scale)
    errors, statistic = standard_errors(covariance), 2 * (best.penalised - start.penalised)
    p_value = compute_chi_squared_p(statistic, len(names))
    terms = [_describe(data, best, j, name, (float(scale[j]), float(errors[j])), level) for j, name in enumerate(names)]
    return RegressionResult(
        method.name,
        tuple(terms),
        covariance,
        best.penalised + float(np.log(scale).sum()),
        len(x),
        observations.n_patients,
        observations.n_events,
        False,
        (TestResult("Penalised likelihood ratio test", statistic, len(names), p_value, method),),
        method,
    )


def _describe(
    data: PartialLikelihood, best: _Point, j: int, name: str, scale_and_error: tuple[float, float], level: float
) -> ModelTerm:
    """Return coefficient ``j`` with the limits of its profile, brought back from standard deviations."""
    scale, error = scale_and_error
    fall = compute_chi_squared_quantile(level, 1) / 2
    value = float(best.coefficients[j])
    low, high = (_find_limit(data, best, j, side, fall) for side in (-1.0, 1.0))
    at_zero = _profile(data, best, j, 0.0)
    ratio = Estimate(
        float(np.exp(value / scale)),
        None if low is None else float(np.exp(low / scale)),
        None if high is None else float(np.exp(high / scale)),
        "ratio",
        level,
    )
    return ModelTerm(name, value / scale, error, ratio, compute_chi_squared_p(2 * (best.penalised - at_zero), 1))


def _evaluate(data: PartialLikelihood, coefficients: FloatArray) -> _Point | None:
    state = compute_state(data, coefficients)
    determinant = log_determinant(state.information)
    if determinant is None or not np.isfinite(state.log_likelihood):
        return None
    return _Point(coefficients, state.log_likelihood + determinant / 2, state.information)


def _penalised_score(data: PartialLikelihood, point: _Point) -> FloatArray | None:
    """Return the slope of the penalised log-likelihood, shape (p,)."""
    inverse = invert_positive(point.information)
    if inverse is None:
        return None
    score = compute_state(data, point.coefficients).score
    for j, unit in enumerate(np.eye(len(score)) * DIFFERENCE_STEP):
        up, down = (compute_state(data, point.coefficients + side * unit).information for side in (1, -1))
        score[j] += float(np.sum(inverse * (up - down))) / (4 * DIFFERENCE_STEP)
    return score


def _maximise(data: PartialLikelihood, start: FloatArray, free: BoolArray) -> _Point | None:
    """Climb in the ``free`` coefficients (p,) by Newton steps, halved where they do not climb."""
    point = _evaluate(data, start)
    for _ in range(MOST_STEPS):
        score = None if point is None else _penalised_score(data, point)
        if point is None or score is None:
            return None
        if not free.any():
            return point
        part = invert_positive(point.information[np.ix_(free, free)])
        if part is None:
            return None
        step = np.zeros(len(score))
        step[free] = part @ score[free]
        better = _climb(data, point, step)
        if np.abs(better.coefficients - point.coefficients).max() <= CLOSE_ENOUGH:
            return better
        point = better
    return None


def _climb(data: PartialLikelihood, point: _Point, step: FloatArray) -> _Point:
    for halving in range(40):
        candidate = _evaluate(data, point.coefficients + step * 0.5**halving)
        if candidate is not None and candidate.penalised >= point.penalised:
            return candidate
    return point


def _profile(data: PartialLikelihood, best: _Point, j: int, value: float) -> float:
    """Return the highest penalised log-likelihood with coefficient ``j`` held at ``value``, or −infinity."""
    start = best.coefficients.copy()
    start[j] = value
    held = _maximise(data, start, np.arange(len(start)) != j)
    return -np.inf if held is None else held.penalised


def _find_limit(data: PartialLikelihood, best: _Point, j: int, side: float, fall: float) -> float | None:
    """Return where the profile has fallen by ``fall`` on one side, or ``None`` where it never does."""

    def excess(distance: float) -> float:
        # The root of the fall is nearly a straight line, which false position finds in a few steps.
        fallen = best.penalised - _profile(data, best, j, float(best.coefficients[j] + side * distance))
        return float(np.sqrt(max(fallen, 0.0)) - np.sqrt(fall))

    near, far = 0.0, 2.0 / float(np.sqrt(best.information[j, j]))
    near_excess, far_excess = -float(np.sqrt(fall)), excess(far)
    while far_excess < 0:
        near, near_excess, far = far, far_excess, 2 * far
        if far > WIDEST_SEARCH:
            return None
        far_excess = excess(far)
    distance = far
    for _ in range(MOST_STEPS):
        is_wild = np.isinf(far_excess)  # no maximum was found out there: only halve the way
        distance = (near + far) / 2 if is_wild else near - near_excess * (far - near) / (far_excess - near_excess)
        at = excess(distance)
        if abs(at) <= CLOSE_ENOUGH:
            break
        if at < 0:
            near, near_excess, far_excess = distance, at, far_excess / 2
        else:
            far, far_excess, near_excess = distance, at, near_excess / 2
    return float(best.coefficients[j] + side * distance)


def _refuse_clusters(observations: Observations) -> Refusal | None:
    if not observations.needs_robust_errors:
        return None
    return Refusal(
        "not_independent",
        "The penalised model needs one unweighted line a person.",
        "Choose the first line of each patient, or use the Cox model with robust errors.",
    )
