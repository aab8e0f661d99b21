# pyright: basic
"""Student's t, behind one typed door."""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from analytics.tables.results import FloatArray


def compute_student_quantiles(level: float, degrees_of_freedom: FloatArray) -> FloatArray:
    """Return for each number of degrees of freedom (k,) the value that t stays within with probability ``level``."""
    return np.asarray(t.ppf(0.5 + level / 2, degrees_of_freedom), dtype=np.float64)


def compute_student_p(statistics: FloatArray, degrees_of_freedom: FloatArray) -> FloatArray:
    """Return two-sided p values, (k,)."""
    return np.asarray(2 * t.sf(np.abs(statistics), degrees_of_freedom), dtype=np.float64)
