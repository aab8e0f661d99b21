"""Survival from counts in intervals: the actuarial life table, for tables too coarse for Kaplan–Meier."""

from __future__ import annotations

import numpy as np

from analytics.estimation.survival import compute_limits
from analytics.tables.results import Estimate, FloatArray, IntArray, Landmark, SurvivalCurve

CUTLER_EDERER = "Cutler SJ, Ederer F. J Chronic Dis 1958;8:699-712. doi:10.1016/0021-9681(58)90126-7"


def estimate_life_table(
    group: str, n: int, days: IntArray, n_event: IntArray, n_censor: IntArray, level: float = 0.95
) -> SurvivalCurve:
    """Estimate survival at the end of each interval, the censored counting for half of it.

    Parameters
    ----------
    group
        Name carried into the curve.
    n
        Lines at time 0.
    days
        Ends of the intervals, increasing, shape (k,).
    n_event, n_censor
        Lines with an event, and censored, in each interval (from the end before, excluded, to its own), shape (k,).

    Returns
    -------
    SurvivalCurve
        k + 1 rows; ``n_risk`` counts at the beginning of each interval. Limits are log-log from Greenwood's
        variance with the effective number exposed, n − c / 2.

    References
    ----------
    Cutler SJ, Ederer F. J Chronic Dis 1958;8:699-712. doi:10.1016/0021-9681(58)90126-7
    """
    zero = np.zeros(1, dtype=np.int64)
    events, censored = np.concatenate((zero, n_event)), np.concatenate((zero, n_censor))
    n_risk = n - np.concatenate((zero, np.cumsum(events + censored)[:-1]))
    exposed = n_risk - censored / 2
    survival: FloatArray = np.cumprod(1 - events / exposed, dtype=np.float64)
    left = exposed - events
    terms = np.zeros(len(exposed))
    some = (events > 0) & (left > 0)
    terms[some] = events[some] / (exposed[some] * left[some])
    std_error = np.sqrt(np.cumsum(terms))
    std_error[survival <= 0] = np.nan
    low, high = compute_limits(survival, std_error, "log-log", level)
    entered = np.zeros(len(exposed), dtype=np.int64)
    entered[0] = n
    return SurvivalCurve(
        group, np.concatenate((zero, days)), n_risk, events, censored, entered,
        survival, std_error, low, high, "log-log", level,
    )  # fmt: skip


def estimate_life_table_median(curve: SurvivalCurve) -> Estimate:
    """Estimate the median in days by straight lines between the ends of the intervals; ``None`` when not reached."""
    return Estimate(
        _first_crossing(curve.time, curve.survival),
        _first_crossing(curve.time, curve.low),
        _first_crossing(curve.time, curve.high),
        "days",
        curve.level,
    )


def estimate_life_table_landmark(curve: SurvivalCurve, days: int) -> Landmark:
    """Estimate survival at ``days`` by straight lines; ``n_risk`` counts at the beginning of its interval.

    Beyond the last interval nothing is said.
    """
    if days > curve.time[-1]:
        return Landmark(days, Estimate(None, None, None, "probability", curve.level), 0)
    at = float(np.interp(days, curve.time, curve.survival))
    low, high = (_between(curve.time, limit, days) for limit in (curve.low, curve.high))
    row = max(1, int(np.searchsorted(curve.time, days, side="left"))) if len(curve.time) > 1 else 0
    return Landmark(days, Estimate(at, low, high, "probability", curve.level), int(curve.n_risk[row]))


def _first_crossing(time: IntArray, heights: FloatArray) -> float | None:
    known = np.where(np.isnan(heights), 1.0, heights)
    below = known <= 0.5
    if not below.any():
        return None
    row = int(np.argmax(below))
    above = known[row - 1]
    return float(time[row - 1] + (above - 0.5) / (above - known[row]) * (time[row] - time[row - 1]))


def _between(time: IntArray, heights: FloatArray, days: int) -> float | None:
    value = float(np.interp(days, time, heights))
    return None if np.isnan(value) else value
