# pyright: basic
"""Small dense linear algebra, behind one typed door."""

from __future__ import annotations

import numpy as np

from analytics.tables.results import FloatArray

ROWS_AT_ONCE = 8192


def solve_positive(matrix: FloatArray, right: FloatArray) -> FloatArray | None:
    """Solve ``matrix`` (p, p) · x = ``right`` (p,) or (p, m), or ``None`` where the matrix is not positive definite."""
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None
    return np.linalg.solve(root.T, np.linalg.solve(root, right)).astype(np.float64, copy=False)


def invert_positive(matrix: FloatArray) -> FloatArray | None:
    """Invert a symmetric matrix (p, p), or ``None`` where it is not positive definite."""
    inverse = solve_positive(matrix, np.eye(len(matrix)))
    return None if inverse is None else (inverse + inverse.T) / 2


def standard_errors(variance: FloatArray) -> FloatArray:
    """Return the square roots of the diagonal, shape (p,)."""
    return np.sqrt(np.diag(variance))


def is_full_rank(matrix: FloatArray) -> bool:
    """Tell whether a symmetric matrix is of full rank to machine precision."""
    return bool(np.linalg.matrix_rank(matrix, hermitian=True) == len(matrix))


def weighted_crossproduct(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Return xᵀ · diag(weights) · x, shape (p, p), in pieces that stay in the cache; ``x`` is (n, p)."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(x), ROWS_AT_ONCE):
        piece = x[start : start + ROWS_AT_ONCE]
        total += piece.T @ (weights[start : start + ROWS_AT_ONCE, None] * piece)
    return total


def log_determinant(matrix: FloatArray) -> float | None:
    """Return the log determinant of a symmetric matrix (p, p), or ``None`` where it is not positive definite."""
    sign, value = np.linalg.slogdet(matrix)
    return float(value) if sign > 0 and np.isfinite(value) else None
