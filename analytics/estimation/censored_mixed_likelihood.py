# pyright: basic, reportArgumentType=false
"""The likelihood of a linear mixed model with values known only to lie beyond a limit, with its gradient.

A patient's seen values contribute their normal density, those beyond a limit the chance to be there given the seen
ones. The gradient is the mean of the complete-data score over a patient's effects given all its values (Fisher's
identity; Louis TA. J R Stat Soc B 1982;44:226-233, doi:10.1111/j.2517-6161.1982.tb01203.x): patients without such
values have these means in closed form, the others by quadrature. Model: Hughes JP. Biometrics 1999;55:625-629,
doi:10.1111/j.0006-341X.1999.00625.x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimation.censored_quadrature import NodeGrid, TailProblem, integrate_tails
from analytics.estimation.mixed_model_sums import PatientSums
from analytics.tables.results import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CensoredRows:
    """c scaled rows beyond a limit, sorted by patient: ``limit`` (c,), ``fixed`` (p, c), ``random`` (q, c).

    ``side`` is 1 where the value is at or below the limit and −1 where at or above; ``owner`` counts the patients with
    such rows 0..k−1 and ``patient`` (k,) gives their codes.
    """

    limit: FloatArray
    fixed: FloatArray
    random: FloatArray
    side: FloatArray
    owner: IntArray
    patient: IntArray


@dataclass(frozen=True, slots=True)
class CensoredParameters:
    """Scaled ``coefficients`` (p,), Λ ``root`` (q, q) relative to σ, and ``log_sigma``."""

    coefficients: FloatArray
    root: FloatArray
    log_sigma: float

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return float(np.exp(self.log_sigma))


@dataclass(frozen=True, slots=True)
class CensoredState:
    """The likelihood at one point: ``deviance`` with ``gradient`` in coefficients, lower Λ and log σ, in this order.

    ``mean`` (q, m) and ``second`` (q, q, m) are moments of the standard effects u, b = σΛu, given all values;
    ``hazard`` (c,) and ``hazard_u`` (q, c) the means of φ/Φ at the limits, and of its product with u.
    """

    deviance: float
    gradient: FloatArray
    mean: FloatArray
    second: FloatArray
    hazard: FloatArray
    hazard_u: FloatArray


def pose_tails(seen: PatientSums, rows: CensoredRows, parameters: CensoredParameters) -> TailProblem:
    """Pose the integrals of the patients with rows beyond a limit."""
    root = parameters.root
    centre = (rows.limit - parameters.coefficients @ rows.fixed) / parameters.sigma
    precision = np.eye(len(root)) + np.einsum("ki,klm,lj->mij", root, seen.ztz[:, :, rows.patient], root)
    pull = root.T @ _weigh(seen, parameters)[:, rows.patient]
    return TailProblem(precision, pull, rows.side * centre, rows.side * (root.T @ rows.random), rows.owner)


def compute_censored_state(
    seen: PatientSums, rows: CensoredRows, parameters: CensoredParameters, grids: tuple[NodeGrid, ...]
) -> CensoredState:
    """Compute deviance and gradient from the sums of the seen rows and the rows beyond a limit."""
    root, q = parameters.root, len(parameters.root)
    own = np.append(-parameters.coefficients, 1.0) / parameters.sigma
    precision = np.eye(q) + np.einsum("ki,klm,lj->mij", root, seen.ztz, root)
    pull = root.T @ _weigh(seen, parameters)
    inverse = np.linalg.inv(precision)
    mean = np.einsum("mij,jm->im", inverse, pull)
    second = inverse.transpose(1, 2, 0) + mean[:, None] * mean[None, :]
    terms = (pull * mean).sum(axis=0) - np.linalg.slogdet(precision)[1]
    moments = integrate_tails(pose_tails(seen, rows, parameters), grids)
    mean[:, rows.patient], second[:, :, rows.patient] = moments.mean, moments.second
    terms[rows.patient] = 2 * moments.log_value
    deviance = seen.n * (np.log(2 * np.pi) + 2 * parameters.log_sigma) + own @ seen.wtw @ own - terms.sum()
    gradient = _score(seen, rows, parameters, mean, second, moments.hazard, moments.hazard_u)
    return CensoredState(float(deviance), -2 * gradient, mean, second, moments.hazard, moments.hazard_u)


def _weigh(seen: PatientSums, parameters: CensoredParameters) -> FloatArray:
    """Return Z'(y − Xβ)/σ of each patient's seen rows, (q, m)."""
    own = np.append(-parameters.coefficients, 1.0) / parameters.sigma
    return np.einsum("kwm,w->km", seen.ztw, own)


def _score(
    seen: PatientSums,
    rows: CensoredRows,
    parameters: CensoredParameters,
    mean: FloatArray,
    second: FloatArray,
    hazard: FloatArray,
    hazard_u: FloatArray,
) -> FloatArray:
    sigma, root, p = parameters.sigma, parameters.root, seen.n_fixed
    own = np.append(-parameters.coefficients, 1.0) / sigma
    left = seen.wtw @ own - np.einsum("iwm,im->w", seen.ztw, root @ mean)
    signed = rows.side * hazard
    centre = (rows.limit - parameters.coefficients @ rows.fixed) / sigma
    in_fixed = (left[:p] - rows.fixed @ signed) / sigma
    in_root = _weigh(seen, parameters) @ mean.T - np.einsum("ikm,kl,ljm->ij", seen.ztz, root, second)
    in_root -= (rows.side * rows.random) @ hazard_u.T
    in_log_sigma = -seen.n + own @ left - signed @ centre
    return np.concatenate([in_fixed, in_root[np.tril_indices(len(root))], [in_log_sigma]])
