"""The logistic likelihood, plain or penalised after Firth, and its maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimation.linear import invert_positive
from analytics.estimation.minimise import minimise
from analytics.tables.results import BoolArray, FloatArray

MOST_STEPS = 100
SMALLEST_STEP = 1e-9  # on the logit scale of a standardised covariate
ROUNDING = 1e-13  # of a log-likelihood: near the top a good step may seem to fall by so much
RUNAWAY_LOGIT = 15.0  # a fitted chance beyond 1 − 3e-7: the data are separated


@dataclass(frozen=True, slots=True)
class LogisticState:
    """The likelihood at ``coefficients`` (p,): ``information`` (p, p) X'WX and its inverse ``covariance``.

    ``log_likelihood`` holds the penalty ½ log|X'WX| when one was asked for; ``score`` is its gradient.
    """

    coefficients: FloatArray
    log_likelihood: float
    score: FloatArray
    covariance: FloatArray
    chance: FloatArray


def compute_logistic_state(
    design: FloatArray, happened: FloatArray, coefficients: FloatArray, is_penalised: bool
) -> LogisticState | None:
    """Compute the state, or ``None`` where the information is singular: ``design`` (n, p), ``happened`` (n,) 0/1."""
    logit = design @ coefficients
    chance = 0.5 * (1 + np.tanh(logit / 2))
    weight = chance * (1 - chance)
    information = design.T @ (weight[:, None] * design)
    covariance = invert_positive(information)
    if covariance is None:
        return None
    log_likelihood = float(happened @ logit - np.logaddexp(0, logit).sum())
    residual = happened - chance
    if is_penalised:
        log_likelihood += float(np.linalg.slogdet(information)[1]) / 2
        leverage = weight * ((design @ covariance) * design).sum(axis=1)
        residual = residual + leverage * (0.5 - chance)
    return LogisticState(coefficients, log_likelihood, design.T @ residual, covariance, chance)


def maximise_plain(design: FloatArray, happened: FloatArray) -> LogisticState | None:
    """Maximise the plain likelihood by Newton steps; ``None`` where no maximum is finite.

    Columns should be of like size, about 1.
    """
    n_coefficients: int = design.shape[1]
    state = compute_logistic_state(design, happened, np.zeros(n_coefficients), is_penalised=False)
    for _ in range(MOST_STEPS):
        if state is None or float(np.abs(design @ state.coefficients).max()) > RUNAWAY_LOGIT:
            return None
        step = state.covariance @ state.score
        if float(np.abs(step).max()) <= SMALLEST_STEP:
            return state
        climbed = _climb(design, happened, state, step)
        if climbed is state:
            return state
        state = climbed
    return None


def maximise_penalised(
    design: FloatArray, happened: FloatArray, start: FloatArray, free: BoolArray
) -> LogisticState | None:
    """Maximise Firth's likelihood over the ``free`` coefficients (p,), the others staying at ``start`` (p,)."""

    def place(numbers: FloatArray) -> FloatArray:
        coefficients = start.copy()
        coefficients[free] = numbers
        return coefficients

    def objective(numbers: FloatArray) -> tuple[float, FloatArray]:
        state = compute_logistic_state(design, happened, place(numbers), is_penalised=True)
        if state is None:
            return np.inf, np.zeros_like(numbers)
        return -2 * state.log_likelihood, -2 * state.score[free]

    minimum = minimise(objective, start[free])
    if not minimum.has_converged:
        return None
    return compute_logistic_state(design, happened, place(minimum.point), is_penalised=True)


def _climb(design: FloatArray, happened: FloatArray, state: LogisticState, step: FloatArray) -> LogisticState:
    floor = state.log_likelihood - ROUNDING * abs(state.log_likelihood)
    for halving in range(40):
        candidate = compute_logistic_state(design, happened, state.coefficients + step * 0.5**halving, False)
        if candidate is not None and candidate.log_likelihood >= floor:
            return candidate
    return state
