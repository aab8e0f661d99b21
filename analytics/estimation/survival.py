"""Kaplan–Meier curves, their quantiles and landmarks."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.estimation.lifelines_gate import estimate_life_table
from analytics.estimation.observations import Observations
from analytics.estimation.product_limit import LifeTable, compute_life_table
from analytics.estimation.robust_survival import compute_robust_survival
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.results import Estimate, FloatArray, IntArray
from analytics.tables.survival_results import GroupSurvival, Landmark, SurvivalCurve

Interval = Literal["log-log", "log", "plain"]
INTERVALS: tuple[Interval, ...] = ("log-log", "log", "plain")
QUARTILES = (0.25, 0.75)
ON_THE_LEVEL = float(np.sqrt(np.finfo(float).eps))  # R's tolerance for «exactly on one half»


def estimate_survival(
    observations: Observations, group: str = "all", interval: Interval = "log-log", level: float = 0.95
) -> SurvivalCurve:
    """Estimate a Kaplan–Meier curve with pointwise limits.

    The standard error is Greenwood's; with weights, or when a person has several lines, it is the robust one
    (infinitesimal jackknife, summed by person), since Greenwood's would be wrong. Counts are of lines, unweighted.

    Parameters
    ----------
    observations
        Follow-up of n lines, from `check_observations`.
    group
        Label carried into the curve.
    interval
        Scale on which the limits are symmetric: ``log-log`` (default), ``log`` or ``plain``.

    Raises
    ------
    RefusedError
        When there is no line at all.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. doi:10.1080/01621459.1958.10501452
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. Wiley 1980 (log-log limits).
    """
    if len(observations.days) == 0:
        raise RefusedError("There is nobody to follow.", group, "Widen the selection.")
    return _curve_of(observations, estimate_life_table(observations), group, interval, level)


def _curve_of(
    observations: Observations, table: LifeTable, group: str, interval: Interval, level: float
) -> SurvivalCurve:
    """Return the curve of a life table with its errors and limits."""
    if observations.needs_robust_errors:
        survival, std_error = compute_robust_survival(observations, table.time)
    else:
        survival, std_error = table.survival, _greenwood(table.n_risk, table.n_event)
    std_error[survival <= 0] = np.nan
    low, high = compute_limits(survival, std_error, interval, level)
    return SurvivalCurve(
        group, table.time, table.n_risk, table.n_event, table.n_censor, table.n_enter,
        survival, std_error, low, high, interval, level,
    )  # fmt: skip


def compute_limits(
    survival: FloatArray, std_error_log: FloatArray, interval: Interval, level: float
) -> tuple[FloatArray, FloatArray]:
    """Compute pointwise limits of S, each of shape (k,).

    As in R they are NaN where S is 0 and, on the log-log scale, where S is still 1 after time 0.
    """
    z = compute_normal_quantile(level)
    inside = (survival > 0) & (survival < 1)
    low, high = np.full(len(survival), np.nan), np.full(len(survival), np.nan)
    s, error = survival[inside], std_error_log[inside]
    match interval:
        case "log-log":
            centre, half = np.log(-np.log(s)), z * error / np.log(s)
            with np.errstate(over="ignore"):  # a hazard too large to hold is a survival of 0, which exp(−∞) gives
                low[inside], high[inside] = np.exp(-np.exp(centre - half)), np.exp(-np.exp(centre + half))
        case "log":
            low[inside], high[inside] = s * np.exp(-z * error), np.minimum(s * np.exp(z * error), 1)
        case "plain":
            low[inside] = np.maximum(s * (1 - z * error), 0)
            high[inside] = np.minimum(s * (1 + z * error), 1)
    certain = survival >= 1 if interval != "log-log" else np.arange(len(survival)) == 0
    low[certain & (survival >= 1)] = high[certain & (survival >= 1)] = 1.0
    return low, high


def estimate_quantile(curve: SurvivalCurve, share: float = 0.5) -> Estimate:
    """Estimate the day by which ``share`` of the group have had the event, with limits from the curve's limits.

    R's rule: the first day at or below 1 − share; where the curve lies exactly on that level and later falls, the
    midpoint of the flat stretch. ``None`` when not reached. Source: Brookmeyer R, Crowley J. Biometrics
    1982;38:29-41. doi:10.2307/2530286
    """
    level = 1 - share
    return Estimate(
        _first_day_at(curve.time, curve.survival, level),
        _first_day_at(curve.time, curve.low, level),
        _first_day_at(curve.time, curve.high, level),
        "days",
        curve.level,
    )


def estimate_landmark(curve: SurvivalCurve, days: int) -> Landmark:
    """Estimate survival at ``days``; the number at risk counts just before, and nothing is said beyond follow-up."""
    if days > curve.time[-1]:
        return Landmark(days, Estimate(None, None, None, "probability", curve.level), 0)
    row = int(np.searchsorted(curve.time, days, side="right")) - 1
    before = int(np.searchsorted(curve.time, days, side="left"))
    survival = Estimate(
        float(curve.survival[row]), _number(curve.low[row]), _number(curve.high[row]), "probability", curve.level
    )
    return Landmark(days, survival, int(curve.n_risk[before]))


def estimate_group_survival(
    observations: Observations,
    group: str,
    months: tuple[int, ...] = (12, 24, 36),
    interval: Interval = "log-log",
    level: float = 0.95,
) -> GroupSurvival:
    """Estimate all that is said of one group: curve, median, quartiles, landmarks and reverse Kaplan–Meier follow-up.

    ``months`` are landmarks in months of 30.4375 days, rounded to whole days.
    """
    curve = estimate_survival(observations, group, interval, level)
    return GroupSurvival(
        group,
        len(observations.days),
        observations.n_patients,
        observations.n_events,
        curve,
        estimate_quantile(curve),
        tuple(estimate_landmark(curve, round(month * DAYS_PER_MONTH)) for month in months),
        estimate_follow_up(observations, interval, level),
        tuple((share, estimate_quantile(curve, share)) for share in QUARTILES),
    )


def estimate_follow_up(observations: Observations, interval: Interval = "log-log", level: float = 0.95) -> Estimate:
    """Estimate the median follow-up, events and censorings changing places (doi:10.1016/0197-2456(96)00075-X)."""
    turned = replace(observations, happened=~observations.happened)
    return estimate_quantile(_curve_of(turned, compute_life_table(turned), "follow-up", interval, level))


def _greenwood(n_risk: IntArray, n_event: IntArray) -> FloatArray:
    """Return the standard error of log S; the row where everybody left dies counts for nothing."""
    left = n_risk - n_event
    some = (n_event > 0) & (left > 0)
    terms = np.zeros(len(n_risk))
    terms[some] = n_event[some] / (n_risk[some] * left[some])
    return np.sqrt(np.cumsum(terms))


def _first_day_at(time: IntArray, heights: FloatArray, level: float) -> float | None:
    known = ~np.isnan(heights)
    below = known & (heights < level + ON_THE_LEVEL)
    if not below.any():
        return None
    first = int(np.argmax(below))
    lower = below & (heights < heights[first])
    if abs(heights[first] - level) < ON_THE_LEVEL and lower.any():
        return float(time[first] + time[int(np.argmax(lower))]) / 2
    return float(time[first])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
