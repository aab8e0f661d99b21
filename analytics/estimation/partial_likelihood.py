"""Cox's partial likelihood: one kernel for the Cox model in all its forms.

Serves fixed and time-dependent covariates, strata, weights, late entry, clusters, and the score tests. The
information needs no sum of outer products over risk sets: it is Xᵀdiag(expected)X less the outer products of the
risk-set means (both are plain matrix products), so one evaluation costs O(n·p) beside two of them.

Agrees with R survival 3.5-3 (`coxph`) to 1e-9 in coefficients and errors. lifelines stops early (2e-5) and knows
Efron only; statsmodels has no weights and counts the previous row twice at its boundary under late entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.estimation.linear import invert_positive, solve_positive, weighted_crossproduct
from analytics.estimation.risk_sets import RiskSets
from analytics.tables.results import FloatArray, Refusal

RELATIVE_CHANGE = 1e-12  # of the log-likelihood; the step that follows is then below 1e-6 of a standard deviation
LARGEST_LAST_STEP = 1e-4  # a coefficient still moving by more, in standard deviations, runs away
SMALLEST_SHARE = 1e-9  # information left to a covariate given the others, below which it is redundant
LARGEST_ERROR = 20.0  # of a coefficient, per standard deviation: its limits, e^±39, would say nothing
MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class PartialLikelihood:
    """Data of a Cox model: covariates (n, p), risk sets, weights (n,) or ``None``."""

    covariates: FloatArray
    risk_sets: RiskSets
    weights: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class PartialState:
    """The likelihood at one coefficient vector (p,).

    ``relative_risk`` (n,) is exp of the centred linear predictor, without weight; ``hazard`` (e,) what each event adds
    to the cumulative hazard.
    """

    coefficients: FloatArray
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    relative_risk: FloatArray
    hazard: FloatArray


@dataclass(frozen=True, slots=True)
class PartialFit:
    """A maximised partial likelihood; ``variance`` (p, p) is the inverse information."""

    state: PartialState
    null: PartialState
    variance: FloatArray
    n_steps: int


def compute_state(data: PartialLikelihood, coefficients: FloatArray) -> PartialState:
    """Compute log-likelihood, score and information at ``coefficients`` (p,)."""
    x, sets = data.covariates, data.risk_sets
    linear = x @ coefficients
    linear = linear - linear.max()
    relative_risk = np.exp(linear)
    risk = relative_risk if data.weights is None else relative_risk * data.weights
    rows, block, share = sets.event_row, sets.event_block, sets.tie_share
    weights = np.ones(len(rows)) if data.weights is None else data.weights[rows]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at_risk = sets.sum_at_risk(risk)[block] - share * sets.sum_events(risk[rows])[block]
        hazard = sets.event_weight / at_risk
        expected = risk * sets.sum_while_at_risk(hazard)
        log_likelihood = float(weights @ linear[rows] - sets.event_weight @ np.log(at_risk))
        score = x[rows].T @ weights - x.T @ expected
        information = weighted_crossproduct(x, expected) - _means_crossproduct(data, risk, hazard / at_risk)
    return PartialState(coefficients, log_likelihood, score, information, relative_risk, hazard)


def compute_risk_set_means(data: PartialLikelihood, state: PartialState) -> FloatArray:
    """Compute the mean of the covariates of those at risk at each event, weighted by risk, shape (e, p)."""
    sets = data.risk_sets
    risk = state.relative_risk if data.weights is None else state.relative_risk * data.weights
    whole, tied = _moments(data, risk)
    share, block = sets.tie_share[:, None], sets.event_block
    return (whole[block] - share * tied[block]) * (state.hazard / sets.event_weight)[:, None]


def _moments(data: PartialLikelihood, risk: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum risk × covariates over those at risk, and over the events, of each block, each of shape (b, p)."""
    x, sets = data.covariates, data.risk_sets
    columns = [risk * column for column in x.T]
    whole = np.stack([sets.sum_at_risk(column) for column in columns], axis=1)
    tied = np.stack([sets.sum_events(column[sets.event_row]) for column in columns], axis=1)
    return whole, tied


def _means_crossproduct(data: PartialLikelihood, risk: FloatArray, squared: FloatArray) -> FloatArray:
    """Sum over events the outer products of the risk-set means, shape (p, p); ``squared`` (e,) is weight / at risk²."""
    sets = data.risk_sets
    whole, tied = _moments(data, risk)
    total = weighted_crossproduct(whole, sets.sum_events(squared))
    if sets.tie_share.any():
        mixed = whole.T @ (sets.sum_events(squared * sets.tie_share)[:, None] * tied)
        total += weighted_crossproduct(tied, sets.sum_events(squared * sets.tie_share**2)) - mixed - mixed.T
    return total


def compute_null_state(data: PartialLikelihood) -> PartialState:
    """Compute the likelihood where no covariate has an effect."""
    n_covariates: int = data.covariates.shape[1]
    return compute_state(data, np.zeros(n_covariates))


def maximise_partial_likelihood(
    data: PartialLikelihood, names: Sequence[str], start: FloatArray | None = None
) -> PartialFit | Refusal:
    """Maximise the partial likelihood by Newton steps, halved where one does not climb.

    Parameters
    ----------
    data
        Covariates of shape (n, p) with risk sets; n rows, at least one event.
    names
        One name a covariate, used in refusals.
    start
        Coefficients to start from, shape (p,); zeros by default.

    Returns
    -------
    PartialFit or Refusal
        A refusal when a covariate is constant or redundant, or when a coefficient has no finite maximum.
    """
    centre = data.covariates.mean(axis=0)
    centred = np.asfortranarray(data.covariates - centre)  # whole columns are summed again and again
    scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(centred))
    constant = scale <= 1e-12 * np.maximum(np.abs(centre), 1e-300)
    if constant.any():
        return refuse_redundant(names[int(np.flatnonzero(constant)[0])])
    centred /= scale
    scaled = PartialLikelihood(centred, data.risk_sets, data.weights)
    null = compute_null_state(scaled)
    redundant = find_redundant(null.information, float(data.risk_sets.event_weight.sum()))
    if redundant is not None:
        return refuse_redundant(names[redundant])
    state = null if start is None else compute_state(scaled, start * scale)
    for n_steps in range(1, MOST_STEPS + 1):
        step = solve_positive(state.information, state.score)
        if step is None:
            return _refuse_separated(names, state.coefficients)
        better = _climb(scaled, state, step)
        change = abs(better.log_likelihood - state.log_likelihood)
        state = better
        if change <= RELATIVE_CHANGE * (abs(state.log_likelihood) + RELATIVE_CHANGE):
            inverse = invert_positive(state.information)
            if inverse is None or _runs_away(inverse, state):
                return _refuse_separated(names, state.coefficients)
            return PartialFit(
                _unscale(state, scale),
                _unscale(null, scale),
                inverse / np.outer(scale, scale),
                n_steps,
            )
    return _refuse_separated(names, state.coefficients)


def _climb(data: PartialLikelihood, state: PartialState, step: FloatArray) -> PartialState:
    """Take the step, halved until the log-likelihood does not fall."""
    slack = RELATIVE_CHANGE * abs(state.log_likelihood)
    for halving in range(30):
        candidate = compute_state(data, state.coefficients + step * 0.5**halving)
        if candidate.log_likelihood >= state.log_likelihood - slack:
            return candidate
    return state


def find_redundant(information: FloatArray, events: float) -> int | None:
    """Return the first covariate that those before it explain at the events, or ``None``."""
    for j in range(len(information)):
        before, cross = information[:j, :j], information[:j, j]
        explained = solve_positive(before, cross)
        left = 0.0 if explained is None else information[j, j] - cross @ explained
        if information[j, j] <= SMALLEST_SHARE * events or left <= SMALLEST_SHARE * information[j, j]:
            return j
    return None


def _runs_away(inverse: FloatArray, state: PartialState) -> bool:
    """Tell whether the likelihood is flat towards infinity, all in standard deviations of the covariates.

    So it is where the risks of two rows lie too far apart to be added, which leaves NaN.
    """
    last_step = np.abs(inverse @ state.score).max()
    return not (last_step <= LARGEST_LAST_STEP and np.diag(inverse).max() <= LARGEST_ERROR**2)


def _unscale(scaled: PartialState, scale: FloatArray) -> PartialState:
    return PartialState(
        scaled.coefficients / scale,
        scaled.log_likelihood,
        scaled.score * scale,
        scaled.information * np.outer(scale, scale),
        scaled.relative_risk,
        scaled.hazard,
    )


def refuse_redundant(name: str) -> Refusal:
    """Refuse a covariate that adds nothing to the others."""
    return Refusal(
        "redundant_covariate",
        f"{name} does not vary among those at risk, or the other covariates already say it.",
        f"Leave {name} out.",
    )


def _refuse_separated(names: Sequence[str], coefficients: FloatArray) -> Refusal:
    name = names[int(np.argmax(np.abs(coefficients)))]
    return Refusal(
        "separated",
        f"No finite coefficient fits: {name} separates those with events from those without.",
        "Join categories, leave the covariate out, or use the penalised (Firth) estimate.",
    )
