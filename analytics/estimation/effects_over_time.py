"""The picture of proportional hazards: smooth curves through scaled Schoenfeld residuals."""

from __future__ import annotations

import numpy as np

from analytics.errors import RefusedError
from analytics.estimation.linear import solve_positive
from analytics.estimation.splines import place_knots
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.regression_results import EffectOverTime

CURVE_PARAMETERS = 4
CURVE_POINTS = 40


def smooth_effects_over_time(fit: RegressionResult, level: float = 0.95) -> tuple[EffectOverTime, ...]:
    """Smooth each coefficient's scaled residuals over the ranks of the event times, by a natural spline.

    Empty where the events are at too few distinct times for the curve. Limits take the residuals' variance to be that
    of the coefficient times the number of events, as ``plot.cox.zph`` of R does.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515
    """
    held = fit.proportionality
    if held is None:
        return ()
    times, rank = np.unique(held.time, return_inverse=True)
    place = rank.astype(np.float64)
    try:
        spline = place_knots(place, CURVE_PARAMETERS)
    except RefusedError:
        return ()  # too few distinct times carry no curve; the tests remain
    grid = np.linspace(0, len(times) - 1, CURVE_POINTS)
    columns = np.column_stack([np.ones(len(place)), spline.basis(place)])
    at = np.column_stack([np.ones(len(grid)), spline.basis(grid)])
    inverse = solve_positive(columns.T @ columns, np.eye(columns.shape[1]))
    if inverse is None:
        return ()
    values = at @ inverse @ columns.T @ held.scaled
    leverage = np.einsum("ki,ij,kj->k", at, inverse, at)
    z = compute_normal_quantile(level)
    days = np.interp(grid, np.arange(len(times)), times)
    curves: list[EffectOverTime] = []
    for place_of_term, term in enumerate(held.terms):
        half = z * np.sqrt(len(place) * fit.covariance[place_of_term, place_of_term] * leverage)
        value = values[:, place_of_term]
        curves.append(EffectOverTime(term, days, value, value - half, value + half, level))
    return tuple(curves)
