"""Kaplan–Meier under weights or with several lines a person: survival and its robust standard error.

The infinitesimal jackknife: the influence of a line on log S is a step function plus a multiple of the cumulative
Greenwood hazard while it is at risk, so sums of squares by person follow from sorted cumulative sums in O(n log n).
Equals R's ``survfit(..., weights, cluster, robust = TRUE)``; lifelines' error under weights is wrong up to sevenfold.
"""

from __future__ import annotations

import numpy as np

from analytics.estimation.observations import Observations
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray, IntArray


def compute_robust_survival(observations: Observations, time: IntArray) -> tuple[FloatArray, FloatArray]:
    """Compute weighted survival and the robust standard error of log S at ``time`` (k,), each of shape (k,).

    ``time`` must be sorted and hold 0, every entry and every end of follow-up.
    """
    n, k = len(observations.days), len(time)
    weights = np.ones(n) if observations.weights is None else observations.weights
    cluster = np.arange(n) if observations.cluster is None else observations.cluster
    leaves = np.searchsorted(time, observations.days)
    enters = np.searchsorted(time, observations.entry)
    deaths = sum_by_code(leaves, weights * observations.happened, k)
    # At risk at row r: in by an earlier row, not yet out.
    change = sum_by_code(enters, weights, k) - sum_by_code(leaves, weights, k)
    present = np.cumsum(sum_by_code(enters, None, k) - sum_by_code(leaves, None, k))
    at_risk = np.concatenate([[0.0], np.cumsum(change)[:-1]])
    died = sum_by_code(leaves, observations.happened, k)
    everybody = died == np.concatenate([[0], present[:-1]])
    safe = (deaths > 0) & ~everybody
    share = np.zeros(k)
    share[safe] = deaths[safe] / at_risk[safe]
    share[(deaths > 0) & everybody] = 1.0
    jump, hazard = np.zeros(k), np.zeros(k)
    jump[safe] = 1 / (at_risk[safe] - deaths[safe])
    hazard[safe] = share[safe] * jump[safe]
    own_jump = observations.happened * jump[leaves]
    variance = _sum_squared_influence(weights, cluster, enters, leaves, own_jump, np.cumsum(hazard))
    survival: FloatArray = np.cumprod(1 - share).astype(np.float64)
    return survival, np.sqrt(np.maximum(variance, 0.0)).astype(np.float64)


def _sum_squared_influence(
    weights: FloatArray,
    cluster: IntArray,
    enters: IntArray,
    leaves: IntArray,
    own_jump: FloatArray,
    hazard: FloatArray,
) -> FloatArray:
    """Sum over clusters the square of Σ wᵢψᵢ(t); a cluster's sum is level + slope × hazard(t) between its changes."""
    row = np.concatenate([enters, leaves])
    who = np.concatenate([cluster, cluster])
    level_change = np.concatenate([-weights * hazard[enters], weights * (hazard[leaves] - own_jump)])
    slope_change = np.concatenate([weights, -weights])
    order = np.lexsort((row, who))
    row, who = row[order], who[order]
    level = _cumulate_within(level_change[order], who)
    slope = _cumulate_within(slope_change[order], who)
    before_level, before_slope = level - level_change[order], slope - slope_change[order]
    k = len(hazard)
    squares = np.cumsum(sum_by_code(row, level**2 - before_level**2, k))
    cross = np.cumsum(sum_by_code(row, level * slope - before_level * before_slope, k))
    slopes = np.cumsum(sum_by_code(row, slope**2 - before_slope**2, k))
    return squares + 2 * cross * hazard + slopes * hazard**2


def _cumulate_within(values: FloatArray, who: IntArray) -> FloatArray:
    sums = np.cumsum(values)
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    return sums - np.repeat((sums - values)[starts], np.diff(starts, append=len(who)))
