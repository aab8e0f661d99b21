"""Survival from counts in intervals: the actuarial life table, for tables too coarse for Kaplan–Meier."""

from __future__ import annotations

import numpy as np

from analytics.estimation.survival import compute_limits
from analytics.tables.results import Estimate, FloatArray, IntArray
from analytics.tables.survival_results import Landmark, SurvivalCurve

CUTLER_EDERER = "Cutler SJ, Ederer F. J Chronic Dis 1958;8:699-712. doi:10.1016/0021-9681(58)90126-7"


def estimate_life_table(
    group: str,
    n: int,
    days: IntArray,
    n_event: IntArray,
    n_censor: IntArray,
    level: float = 0.95,
    n_enter: IntArray | None = None,
) -> SurvivalCurve:
    """Estimate survival at the end of each interval, those censored or entering in it counting for half of it.

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
    n_enter
        Lines that come under observation in each interval, shape (k,); none when not given.

    Returns
    -------
    SurvivalCurve
        k + 1 rows; ``n_risk`` counts at the beginning of each interval. Limits are log-log from Greenwood's
        variance with the effective number exposed, n + e / 2 − c / 2. Nobody exposed leaves survival as it was.

    References
    ----------
    Cutler SJ, Ederer F. J Chronic Dis 1958;8:699-712. doi:10.1016/0021-9681(58)90126-7
    """
    zero = np.zeros(1, dtype=np.int64)
    events, censored = np.concatenate((zero, n_event)), np.concatenate((zero, n_censor))
    entered = np.zeros(len(events), dtype=np.int64) if n_enter is None else np.concatenate((zero, n_enter))
    n_risk = n + np.concatenate((zero, np.cumsum(entered - events - censored)[:-1]))
    exposed = n_risk + entered / 2 - censored / 2
    survival: FloatArray = np.cumprod(1 - events / np.where(exposed > 0, exposed, 1.0), dtype=np.float64)
    left = exposed - events
    terms = np.zeros(len(exposed))
    some = (events > 0) & (left > 0)
    terms[some] = events[some] / (exposed[some] * left[some])
    std_error = np.sqrt(np.cumsum(terms))
    std_error[survival <= 0] = np.nan
    low, high = compute_limits(survival, std_error, "log-log", level)
    entered[0] = n
    return SurvivalCurve(
        group, np.concatenate((zero, days)), n_risk, events, censored, entered,
        survival, std_error, low, high, "log-log", level,
    )  # fmt: skip


def estimate_life_table_median(curve: SurvivalCurve) -> Estimate:
    """Estimate the median in days by a straight line between the ends of its interval; ``None`` when not reached.

    Where inside an interval a limit of the curve crosses one half is not known: the lower limit is the beginning of
    its interval, the upper one the end, so that a coarse table gives wide limits.
    """
    low, high = _crossing_row(curve.low), _crossing_row(curve.high)
    return Estimate(
        _first_crossing(curve.time, curve.survival),
        None if low is None else float(curve.time[low - 1]),
        None if high is None else float(curve.time[high]),
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


def _crossing_row(heights: FloatArray) -> int | None:
    """Return the first row at or below one half; a limit that is not known before it falls is 1."""
    below = np.nan_to_num(heights, nan=1.0) <= 0.5
    return int(np.argmax(below)) if below.any() else None


def _first_crossing(time: IntArray, heights: FloatArray) -> float | None:
    row = _crossing_row(heights)
    if row is None:
        return None
    above = heights[row - 1]
    return float(time[row - 1] + (above - 0.5) / (above - heights[row]) * (time[row] - time[row - 1]))


def _between(time: IntArray, heights: FloatArray, days: int) -> float | None:
    value = float(np.interp(days, time, heights))
    return None if np.isnan(value) else value
