# pyright: basic, reportReturnType=false
"""All a linear mixed model needs to know of its rows: sums of products by patient, on scales of its own.

The likelihood of a million rows costs no more than that of their patients once Z'Z, Z'X and Z'y are summed. The
columns are made orthogonal and the outcome is freed of its least-squares fit first: the model is the same after any
such change of scale, and the sums no longer cancel, whatever the units (days since 1970, values around 5 million).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray, IntArray, Refusal

SMALLEST_SHARE = 1e-10  # of a column's size that the columns before it leave unexplained; less is rounding
SMALLEST_RESIDUAL = 1e-12  # of the outcome's size left by the fixed effects; less is a perfect fit


@dataclass(frozen=True, slots=True)
class Scales:
    """How the scaled model turns back: X = Q·``fixed_root``, Z = Z*·``random_root``.

    ``fixed_root`` is (p, p) and ``random_root`` (q, q), both upper triangular; ``least_squares`` (p,) are the ordinary
    coefficients taken off the outcome, ``outcome`` the size its residuals were divided by.
    """

    fixed_root: FloatArray
    random_root: FloatArray
    least_squares: FloatArray
    outcome: float


@dataclass(frozen=True, slots=True)
class PatientSums:
    """Scaled sums over the rows of m patients, the patient on the last axis.

    ``ztz`` (q, q, m); ``ztw`` (q, p + 1, m) and the total ``wtw`` (p + 1, p + 1) with W = [X, y]; ``n`` rows.
    """

    ztz: FloatArray
    ztw: FloatArray
    wtw: FloatArray
    n: int

    @property
    def n_random(self) -> int:
        """Number q of random effects a patient."""
        return self.ztz.shape[0]

    @property
    def n_fixed(self) -> int:
        """Number p of fixed effects."""
        return self.ztw.shape[1] - 1


def compute_scales(
    outcome: FloatArray, fixed: FloatArray, random: FloatArray, fixed_names: list[str], random_names: list[str]
) -> Scales | Refusal:
    """Find the scales of a model: outcome (n,), fixed design (n, p), random design (n, q)."""
    fixed_root, random_root = _root(fixed), _root(random)
    for root, names in ((fixed_root, fixed_names), (random_root, random_names)):
        redundant = _find_redundant(root)
        if redundant is not None:
            return Refusal(
                "redundant_covariate",
                f"{names[redundant]} does not vary, or the columns before it already say it.",
                f"Leave {names[redundant]} out.",
            )
    # Twice: the second solves for what rounding left of the first.
    first = _least_squares(fixed, fixed_root, outcome)
    residual = outcome - fixed @ first
    second = _least_squares(fixed, fixed_root, residual)
    residual = residual - fixed @ second
    size = float(np.sqrt(np.mean(residual**2)))
    if size <= SMALLEST_RESIDUAL * float(np.abs(outcome).max(initial=0.0)):
        return Refusal(
            "no_residual_variation",
            "The fixed effects fit every value exactly, so nothing is left to describe patients with.",
            "Use fewer fixed effects, or more values.",
        )
    rows = np.sqrt(len(outcome))
    return Scales(fixed_root / rows, random_root / rows, first + second, size)


def compute_sums(
    outcome: FloatArray, fixed: FloatArray, random: FloatArray, patient: IntArray, n_patients: int, scales: Scales
) -> PatientSums:
    """Sum scaled products by patient code (n,), 0..m−1; a patient without rows has sums of 0."""
    w = np.column_stack([
        fixed @ np.linalg.inv(scales.fixed_root),
        (outcome - fixed @ scales.least_squares) / scales.outcome,
    ])  # fmt: skip
    z = random @ np.linalg.inv(scales.random_root)
    q, width = z.shape[1], w.shape[1]
    ztz, ztw = np.empty((q, q, n_patients)), np.empty((q, width, n_patients))
    for i in range(q):
        for j in range(i + 1):
            ztz[i, j] = ztz[j, i] = sum_by_code(patient, z[:, i] * z[:, j], n_patients)
        for j in range(width):
            ztw[i, j] = sum_by_code(patient, z[:, i] * w[:, j], n_patients)
    return PatientSums(ztz, ztw, w.T @ w, len(outcome))


def _root(columns: FloatArray) -> FloatArray:
    """Return the triangular root of the columns' products, (k, k), with positive diagonal."""
    root = np.linalg.qr(columns, mode="r")
    return root * np.where(np.diag(root) < 0, -1.0, 1.0)[:, None]


def _find_redundant(root: FloatArray) -> int | None:
    left = np.diag(root) <= SMALLEST_SHARE * np.sqrt((root**2).sum(axis=0))
    return int(np.flatnonzero(left)[0]) if left.any() else None


def _least_squares(fixed: FloatArray, root: FloatArray, outcome: FloatArray) -> FloatArray:
    return np.linalg.solve(root, np.linalg.solve(root.T, fixed.T @ outcome))
