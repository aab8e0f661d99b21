# pyright: basic
"""The only door to scipy's splines."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline

from analytics.tables.results import FloatArray


def evaluate_bsplines(
    values: FloatArray, knots: FloatArray, boundary: tuple[float, float], derivative: int
) -> FloatArray:
    """Evaluate the cubic B-splines, or a derivative, at ``values`` (n,) within ``boundary``, shape (n, knots + 4)."""
    whole = np.sort(np.concatenate([np.repeat(boundary, 4), knots]))
    n_columns = len(whole) - 4
    return np.stack(
        [BSpline(whole, unit, 3, extrapolate=True)(values, nu=derivative) for unit in np.eye(n_columns)], axis=1
    )
