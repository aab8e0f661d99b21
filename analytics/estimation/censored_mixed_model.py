# pyright: basic, reportArgumentType=false, reportReturnType=false, reportAttributeAccessIssue=false
"""Linear mixed models where some values are known only to lie at or beyond a quantitation limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.censored_mixed_likelihood import (
    CensoredParameters,
    CensoredRows,
    CensoredState,
    compute_censored_state,
    pose_tails,
)
from analytics.estimation.censored_quadrature import FEW_NODES, NODES, lay_nodes
from analytics.estimation.minimise import Minimum, Objective, compute_hessian, minimise
from analytics.estimation.mixed_model import MixedData, MixedFit, fit_mixed_model, is_singular_root, unpack_root
from analytics.estimation.mixed_model_prediction import PatientEffects
from analytics.estimation.mixed_model_sums import PatientSums, Scales, compute_scales, compute_sums
from analytics.tables.results import FloatArray, IntArray, Refusal

MOST_RANDOM = 3  # the grid has nodes to this power
MOST_LAYINGS = 8
SMALL_MOVE = 1e-2  # of the deviance: about a tenth of a standard error, over which nodes do not age


@dataclass(frozen=True, slots=True)
class CensoredProblem:
    """A model made ready: its ``scales``, the sums of its ``seen`` rows and the scaled ``rows`` beyond a limit.

    ``row`` (c,) says where the latter stand in the data.
    """

    scales: Scales
    seen: PatientSums
    rows: CensoredRows
    row: IntArray


def fit_censored_mixed_model(data: MixedData, beyond: ArrayLike) -> MixedFit | Refusal:
    """Fit a linear mixed model by maximum likelihood with each value beyond a limit as what it is: a bound.

    Parameters
    ----------
    data
        From `check_mixed_data`; ``outcome`` holds the limit where a value lies beyond it. At most 3 random effects.
    beyond
        Shape (n,): −1 where the value is at or below ``outcome``, 1 where at or above, 0 where it is the value.

    Returns
    -------
    MixedFit or Refusal
        ``covariance`` is from the full observed information, since under censoring mean and variance are not learnt
        apart. Without any value beyond a limit the fit is that of `fit_mixed_model` under ML.

    Raises
    ------
    RefusedError
        When ``beyond`` does not fit, or there are more than 3 random effects.

    References
    ----------
    Hughes JP. Biometrics 1999;55:625-629. doi:10.1111/j.0006-341X.1999.00625.x
    """
    side = _check_sides(data, beyond)
    start = fit_mixed_model(data, "ML")
    if isinstance(start, Refusal) or not side.any():
        return start
    problem = prepare_censored(data, side)
    minimum = _minimise_deviance(problem, pack_parameters(start, problem.scales))
    parameters = unpack_parameters(minimum.point, problem.seen)
    return _judge(minimum, parameters) or _describe(minimum, parameters, problem, data)


def predict_censored_effects(data: MixedData, beyond: ArrayLike, fit: MixedFit) -> PatientEffects:
    """Predict each patient's random effects from all it has, bounds included: posterior means and covariances."""
    problem = prepare_censored(data, _check_sides(data, beyond))
    parameters = unpack_parameters(pack_parameters(fit, problem.scales), problem.seen)
    grids = lay_nodes(pose_tails(problem.seen, problem.rows, parameters))
    state = compute_censored_state(problem.seen, problem.rows, parameters, grids)
    spread = state.second - state.mean[:, None] * state.mean[None, :]
    outcome = problem.scales.outcome
    back = outcome * parameters.sigma * np.linalg.inv(problem.scales.random_root) @ parameters.root
    conditional = np.einsum("ij,jkm,lk->mil", back, spread, back)
    response = np.einsum("ij,jpm,pr->mir", back, _move_with_fixed(problem, parameters, state, spread),
                          problem.scales.fixed_root / outcome)  # fmt: skip
    covariance = conditional + response @ fit.covariance @ response.transpose(0, 2, 1)
    return PatientEffects((back @ state.mean).T, conditional, covariance, response)


def prepare_censored(data: MixedData, side: IntArray) -> CensoredProblem:
    """Split rows into those seen and those beyond a limit, on the scales of the model."""
    scales = compute_scales(data.outcome, data.fixed, data.random, list(data.fixed_names), list(data.random_names))
    if isinstance(scales, Refusal):
        raise RefusedError(scales.sentence, "data", scales.remedy)
    is_seen = side == 0
    seen = compute_sums(
        data.outcome[is_seen], data.fixed[is_seen], data.random[is_seen], data.patient[is_seen],
        len(data.labels), scales,
    )  # fmt: skip
    row = np.flatnonzero(~is_seen)
    row = row[np.argsort(data.patient[row], kind="stable")]
    patient, owner = np.unique(data.patient[row], return_inverse=True)
    limit = (data.outcome[row] - data.fixed[row] @ scales.least_squares) / scales.outcome
    rows = CensoredRows(
        limit,
        np.linalg.solve(scales.fixed_root.T, data.fixed[row].T),
        np.linalg.solve(scales.random_root.T, data.random[row].T),
        -side[row].astype(np.float64),
        owner,
        patient,
    )
    return CensoredProblem(scales, seen, rows, row)


def pack_parameters(fit: MixedFit, scales: Scales) -> FloatArray:
    """Return a fit as the numbers of the scaled search: coefficients, lower Λ row by row, log σ."""
    relative = scales.random_root @ fit.random_covariance @ scales.random_root.T / fit.residual_variance
    # A QR root exists where a Cholesky root does not: Λ of a singular fit.
    curvature, directions = np.linalg.eigh(relative)
    upper = np.linalg.qr((directions * np.sqrt(np.maximum(curvature, 0.0))).T, mode="r")
    root = (upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]).T
    coefficients = scales.fixed_root @ (fit.coefficients - scales.least_squares) / scales.outcome
    log_sigma = 0.5 * np.log(fit.residual_variance) - np.log(scales.outcome)
    return np.concatenate([coefficients, root[np.tril_indices(len(root))], [log_sigma]])


def unpack_parameters(numbers: FloatArray, seen: PatientSums) -> CensoredParameters:
    """Return the numbers of the scaled search with their meaning."""
    p = seen.n_fixed
    return CensoredParameters(numbers[:p], unpack_root(numbers[p:-1], seen.n_random), float(numbers[-1]))


def _minimise_deviance(problem: CensoredProblem, start: FloatArray) -> Minimum:
    """Climb with few nodes laid at the start, then with all laid where that ended, until the end stays where it is."""
    minimum = minimise(_lay_objective(problem, start, FEW_NODES), start)
    for _ in range(MOST_LAYINGS):
        before = minimum
        minimum = minimise(_lay_objective(problem, before.point, NODES), before.point, before.hessian)
        moved = minimum.point - before.point
        if moved @ minimum.hessian @ moved <= SMALL_MOVE:
            break
    hessian = compute_hessian(_lay_objective(problem, minimum.point, NODES), minimum.point)
    return replace(minimum, hessian=hessian)


def _lay_objective(problem: CensoredProblem, point: FloatArray, counts: tuple[int, ...]) -> Objective:
    seen, rows = problem.seen, problem.rows
    grids = lay_nodes(pose_tails(seen, rows, unpack_parameters(point, seen)), counts)

    def objective(numbers: FloatArray) -> tuple[float, FloatArray]:
        state = compute_censored_state(seen, rows, unpack_parameters(numbers, seen), grids)
        return state.deviance, state.gradient

    return objective


def _move_with_fixed(
    problem: CensoredProblem, parameters: CensoredParameters, state: CensoredState, spread: FloatArray
) -> FloatArray:
    """Return how the mean of u falls when a scaled fixed effect rises, (q, p, m).

    A posterior mean moves with a parameter by its covariance with the complete-data score of that parameter.
    """
    rows, p = problem.rows, problem.seen.n_fixed
    fall = np.einsum("ijm,kj,kpm->ipm", spread, parameters.root, problem.seen.ztw[:, :p])
    shared = state.hazard_u - state.mean[:, rows.patient[rows.owner]] * state.hazard
    for i in range(len(fall)):
        for j in range(p):
            np.add.at(fall[i, j], rows.patient[rows.owner], rows.side * shared[i] * rows.fixed[j])
    return fall / parameters.sigma


def _check_sides(data: MixedData, beyond: ArrayLike) -> IntArray:
    side = np.asarray(beyond)
    if side.shape != data.outcome.shape or not np.isin(side, (-1, 0, 1)).all():
        raise RefusedError(
            "beyond is not one of −1, 0 and 1 for every value.",
            "beyond",
            "−1: at or below the limit given; 1: at or above; 0: the value itself.",
        )
    if side.any() and data.random.shape[1] > MOST_RANDOM:
        raise RefusedError(
            f"{data.random.shape[1]} random effects with values beyond a limit.",
            "random",
            f"At most {MOST_RANDOM} can be integrated over.",
        )
    return side.astype(np.int64)


def _judge(minimum: Minimum, parameters: CensoredParameters) -> Refusal | None:
    if not minimum.has_converged:
        return Refusal(
            "not_converged",
            f"The search for the most likely model stopped before it arrived (still to gain: {minimum.gain:.2g}).",
            "Use fewer random effects or a simpler time course.",
        )
    if minimum.n_flat and not is_singular_root(parameters.root):
        return Refusal(
            "not_identified",
            "Too few values lie within the limits to tell the effects apart.",
            "Use fewer effects, or patients with more values within the limits.",
        )
    return None


def _describe(minimum: Minimum, parameters: CensoredParameters, problem: CensoredProblem, data: MixedData) -> MixedFit:
    scales, p = problem.scales, data.fixed.shape[1]
    fixed_back = np.linalg.inv(scales.fixed_root)
    relative = np.linalg.inv(scales.random_root) @ parameters.root
    variance = (parameters.sigma * scales.outcome) ** 2
    # −2 log-likelihood bends twice as fast as the log-likelihood; flat directions (singular Λ) carry no error.
    covariance = 2 * np.linalg.pinv(minimum.hessian, rcond=1e-10, hermitian=True)[:p, :p]
    return MixedFit(
        scales.least_squares + scales.outcome * fixed_back @ parameters.coefficients,
        scales.outcome**2 * fixed_back @ covariance @ fixed_back.T,
        variance * relative @ relative.T,
        variance,
        -minimum.value / 2 - problem.seen.n * float(np.log(scales.outcome)),
        "ML",
        len(data.outcome),
        len(data.labels),
        is_singular_root(parameters.root),
    )
