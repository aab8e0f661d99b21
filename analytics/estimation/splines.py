"""Natural cubic splines: a smooth curve in a continuous marker instead of a cut-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.bsplines import evaluate_bsplines
from analytics.estimation.observations import finite_numbers
from analytics.tables.results import FloatArray


@dataclass(frozen=True, slots=True)
class NaturalSpline:
    """A natural cubic spline basis: linear beyond ``boundary``, cubic between ``knots``; all in the marker's unit."""

    knots: FloatArray
    boundary: tuple[float, float]

    @property
    def n_columns(self) -> int:
        """Number of columns of the basis."""
        return len(self.knots) + 1

    def basis(self, values: ArrayLike) -> FloatArray:
        """Return the basis at ``values`` (n,), shape (n, n_columns), equal to R's ``splines::ns``."""
        x = finite_numbers("values", values)
        low, high = self.boundary
        inside = np.clip(x, low, high)
        columns = evaluate_bsplines(inside, self.knots, self.boundary, 0)
        slopes = evaluate_bsplines(np.array([low, high]), self.knots, self.boundary, 1)
        columns = columns + np.minimum(x - low, 0)[:, None] * slopes[0] + np.maximum(x - high, 0)[:, None] * slopes[1]
        bends = evaluate_bsplines(np.array([low, high]), self.knots, self.boundary, 2)
        rotation = np.linalg.qr(bends[:, 1:].T, mode="complete")[0]
        return columns[:, 1:] @ rotation[:, 2:]


def place_knots(values: ArrayLike, n_columns: int = 3) -> NaturalSpline:
    """Place knots at equal quantiles and the boundary at the range, as ``ns(x, df = n_columns)`` does.

    Raises
    ------
    RefusedError
        When the values are too few or too alike for that many knots.
    """
    x = finite_numbers("values", values)
    shares = np.linspace(0, 1, n_columns + 1)
    places = np.quantile(x, shares)
    if n_columns < 1 or len(np.unique(places)) < n_columns + 1:
        raise RefusedError(
            f"{len(np.unique(x))} distinct values do not carry a curve with {n_columns} parameters.",
            "values",
            "Ask for fewer parameters, or use the values as they are.",
        )
    return NaturalSpline(places[1:-1], (float(places[0]), float(places[-1])))
