# pyright: basic, reportArgumentType=false
"""The profile likelihood of a linear mixed model, with its exact gradient, from sums by patient.

With relative covariance G = ΛΛ' of the random effects and K = (G⁻¹ + Z'Z)⁻¹ = Λ(I + Λ'Z'ZΛ)⁻¹Λ', a patient's inverse
covariance is (I − ZKZ')/σ². Fixed effects and σ² have closed forms given Λ; the gradient in Λ follows from the
derivative of the full likelihood where those are at their best (Bates D et al. J Stat Softw 2015;67:1,
doi:10.18637/jss.v067.i01; the gradient is worked out in `_slope`). Small matrices are handled entry by entry, each
entry an array over all patients, so one evaluation is a few dozen passes over arrays of their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.estimation.mixed_model_sums import PatientSums
from analytics.tables.results import FloatArray

Criterion = Literal["ML", "REML"]


@dataclass(frozen=True, slots=True)
class ProfileState:
    """The likelihood at one Λ (q, q), scaled.

    ``deviance`` is −2 log-likelihood (ML) or restricted log-likelihood (REML); ``gradient`` (q, q) in Λ, lower
    triangle; ``coefficients`` (p,) and ``variance`` σ² are the best ones given Λ; ``unit_covariance`` (p, p) is that
    of the coefficients over σ².
    """

    deviance: float
    gradient: FloatArray
    coefficients: FloatArray
    variance: float
    unit_covariance: FloatArray


def compute_profile(sums: PatientSums, root: FloatArray, criterion: Criterion) -> ProfileState:
    """Compute the profile deviance and its gradient at Λ = ``root`` (q, q)."""
    p = sums.n_fixed
    log_determinant, half = compute_half_inverse(sums.ztz, root)
    half_w = _multiply(half, sums.ztw)
    total = sums.wtw - sum(rows @ rows.T for rows in half_w)
    chol = np.linalg.cholesky(total[:p, :p])
    reduced = np.linalg.solve(chol, total[:p, p])
    residual = float(total[p, p] - reduced @ reduced)
    freedom = sums.n if criterion == "ML" else sums.n - p
    variance = residual / freedom
    inverse_root = np.linalg.inv(chol)
    coefficients = inverse_root.T @ reduced
    deviance = log_determinant + freedom * (1 + np.log(2 * np.pi * variance))
    if criterion == "REML":
        deviance += 2 * np.log(np.diag(chol)).sum()
    own = np.append(-coefficients, 1.0) / np.sqrt(variance)
    directions = own[:, None] if criterion == "ML" else np.column_stack([np.vstack([inverse_root.T, np.zeros(p)]), own])
    slope = _slope(sums, half, half_w, directions)
    return ProfileState(
        float(deviance), np.tril(2 * slope @ root), coefficients, variance, inverse_root.T @ inverse_root
    )


def compute_half_inverse(ztz: FloatArray, root: FloatArray) -> tuple[float, FloatArray]:
    """Return Σ log|I + Λ'Z'ZΛ| and T (q, q, m) with T'T = K, by a Cholesky root of each patient's matrix."""
    q = len(root)
    inner = _multiply(root.T[:, :, None], _multiply(ztz, root[:, :, None]))
    half = np.empty_like(ztz)
    log_determinant = 0.0
    lower = np.zeros_like(ztz)
    for j in range(q):
        pivot = 1.0 + inner[j, j] - sum((lower[j, k] ** 2 for k in range(j)), start=np.zeros(ztz.shape[2]))
        lower[j, j] = np.sqrt(pivot)
        log_determinant += float(np.log(pivot).sum())
        for i in range(j + 1, q):
            lower[i, j] = (inner[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))) / lower[j, j]
    for i in range(q):
        for j in range(q):
            half[i, j] = (root[j, i] - sum(lower[i, k] * half[k, j] for k in range(i))) / lower[i, i]
    return log_determinant, half


def _multiply(left: FloatArray, right: FloatArray) -> FloatArray:
    """Multiply stacked matrices (a, b, m)·(b, c, m) → (a, c, m), patients last."""
    return np.stack([sum(left[i, k] * right[k] for k in range(left.shape[1])) for i in range(left.shape[0])])


def _slope(sums: PatientSums, half: FloatArray, half_w: FloatArray, directions: FloatArray) -> FloatArray:
    """Return the derivative of the deviance in G, (q, q).

    It is Σ Z'V⁻¹Z − Σ (Z'V⁻¹W d)(Z'V⁻¹W d)' over the columns d of ``directions``: the residual, over σ, and under
    REML the directions in which the coefficients are uncertain.
    """
    q = sums.n_random
    spread = _multiply(sums.ztz, half.transpose(1, 0, 2))
    slope = sums.ztz.sum(axis=2) - sum(spread[:, k] @ spread[:, k].T for k in range(q))
    weighed = np.stack(
        [directions.T @ (sums.ztw[i] - sum(spread[i, k] * half_w[k] for k in range(q))) for i in range(q)]
    )
    flat = weighed.reshape(q, -1)
    return slope - flat @ flat.T
