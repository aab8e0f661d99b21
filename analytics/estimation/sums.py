"""Sums by group code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.tables.results import FloatArray, IntArray


def sum_by_code(codes: IntArray, values: NDArray[np.float64] | NDArray[np.bool_] | None, n_codes: int) -> FloatArray:
    """Sum ``values`` (n,), or count rows, within codes 0..n_codes−1, shape (n_codes,)."""
    sums = np.bincount(codes, values, n_codes)
    return sums.astype(np.float64, copy=False)


def sum_rows_by_code(codes: IntArray | None, values: FloatArray, at_least: int = 0) -> FloatArray:
    """Sum rows (n, p) within codes, shape (c, p); without codes the rows are returned as they are."""
    if codes is None:
        return values
    n_codes = max(int(codes.max(initial=-1)) + 1, at_least)
    return np.stack([sum_by_code(codes, column, n_codes) for column in values.T], axis=1)
