# pyright: basic
"""The only door to scipy's minimisers: a smooth function with its gradient in, a judged minimum out.

Quasi-Newton steps bring the point near; Newton steps on a Hessian differenced from the exact gradient finish. The
same Hessian judges the end: what one more Newton step would still gain, and whether a direction is flat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analytics.tables.results import BoolArray, FloatArray

DIFFERENCE_STEP = 1e-4  # near the cube root of machine precision: least error of a central difference
NEAR_ENOUGH = 1e-6  # slope over the size of the function: beyond it quasi-Newton steps drown in rounding
MOST_STEPS = 500
MOST_NEWTON_STEPS = 30
SMALLEST_GAIN = 1e-5  # of a deviance: no estimate is then further than 0.003 of its standard error from the best
WORTH_A_STEP = 1e-12
STALE_SHARE = 0.1  # of the promise before: a step that gained less calls for a fresh Hessian
MOST_SADDLES = 3
LEAVING_STEPS = (0.1, 0.3, 1.0)  # of points of order 1
FLAT_SHARE = 1e-8  # curvature over the size of the function; with less a direction cannot be told from a flat one

Objective = Callable[[FloatArray], tuple[float, FloatArray]]


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where a function of k numbers was left: ``point``, ``gradient`` (k,), ``hessian`` (k, k).

    ``gain`` is what one more Newton step promises; ``n_flat`` counts directions without curvature and ``n_down``
    those in which the function still bends down, as it does at a saddle.
    """

    point: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    gain: float
    n_flat: int
    n_down: int

    @property
    def has_converged(self) -> bool:
        """Whether it is a minimum with nothing worth printing left to gain."""
        return bool(np.isfinite(self.value) and self.n_down == 0 and self.gain <= SMALLEST_GAIN)


def minimise(objective: Objective, start: FloatArray, hessian: FloatArray | None = None) -> Minimum:
    """Minimise a smooth function from ``start`` (k,).

    A variance of zero is a stationary point by symmetry whatever the data say; where the function bends down there, the
    search goes on from beside it.

    Parameters
    ----------
    objective
        Gives value and exact gradient (k,) at a point; infinite where it is not defined.
    start
        First point, shape (k,), of order 1 with a curvature of like size in every direction.
    hessian
        Of a function much like this one, (k, k), when ``start`` is near the minimum: Newton steps begin at once.
    """
    found = _descend(objective, start, hessian)
    for _ in range(MOST_SADDLES):
        beside = _leave_saddle(objective, found)
        if beside is None:
            break
        found = _descend(objective, beside, None)
    return found


def _leave_saddle(objective: Objective, found: Minimum) -> FloatArray | None:
    """Return the lowest point beside a saddle along its steepest bend, ``None`` where there is nothing lower."""
    if not found.n_down or not np.isfinite(found.value) or found.gain > SMALLEST_GAIN:
        return None
    steepest = np.linalg.eigh(found.hessian)[1][:, 0]
    beside = [found.point + side * step * steepest for step in LEAVING_STEPS for side in (-1, 1)]
    lowest = min(beside, key=lambda point: objective(point)[0])
    return lowest if objective(lowest)[0] < found.value else None


def _descend(objective: Objective, start: FloatArray, hessian: FloatArray | None) -> Minimum:
    """Go downhill from ``start`` until one more Newton step promises nothing."""
    if hessian is None:
        start = _come_near(objective, start)
        hessian = compute_hessian(objective, start)
    point = start
    value, gradient = objective(point)
    size = max(1.0, abs(value))
    before = np.inf
    for _ in range(MOST_NEWTON_STEPS):
        step, gain = _newton_step(hessian, gradient, size)
        if gain > STALE_SHARE * before:
            hessian = compute_hessian(objective, point)
            step, gain = _newton_step(hessian, gradient, size)
        next_value, next_gradient = objective(point + step)
        if gain <= WORTH_A_STEP or not next_value <= value:
            break
        point, value, gradient, before = point + step, next_value, next_gradient, gain
    curvature, _, flat = _curvature(hessian, size)
    n_down = int(np.count_nonzero((curvature < 0) & ~flat))
    return Minimum(point, value, gradient, hessian, _newton_step(hessian, gradient, size)[1], int(flat.sum()), n_down)


def _come_near(objective: Objective, start: FloatArray) -> FloatArray:
    size = max(1.0, abs(objective(start)[0]))

    def scaled(point: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(point)
        return value / size, gradient / size

    found = minimize(scaled, start, jac=True, method="BFGS", options={"gtol": NEAR_ENOUGH, "maxiter": MOST_STEPS})
    return np.asarray(found.x, dtype=np.float64)


def compute_hessian(objective: Objective, point: FloatArray) -> FloatArray:
    """Compute the Hessian (k, k) by central differences of the exact gradient."""
    k = len(point)
    hessian = np.empty((k, k))
    for j in range(k):
        step = np.zeros(k)
        step[j] = DIFFERENCE_STEP * max(1.0, abs(point[j]))
        hessian[j] = (objective(point + step)[1] - objective(point - step)[1]) / (2 * step[j])
    return (hessian + hessian.T) / 2


def _curvature(hessian: FloatArray, size: float) -> tuple[FloatArray, FloatArray, BoolArray]:
    if not np.isfinite(hessian).all():
        return np.full(len(hessian), -1.0), np.eye(len(hessian)), np.zeros(len(hessian), dtype=bool)
    curvature, directions = np.linalg.eigh(hessian)
    return curvature, directions, np.abs(curvature) <= FLAT_SHARE * size


def _newton_step(hessian: FloatArray, gradient: FloatArray, size: float) -> tuple[FloatArray, float]:
    """Return the downhill Newton step and what it promises to gain; nothing is expected of flat directions."""
    curvature, directions, flat = _curvature(hessian, size)
    slope = directions.T @ gradient
    share = np.where(flat, 0.0, slope / np.where(flat, 1.0, np.abs(curvature)))
    return -directions @ share, float(slope @ share) / 2
