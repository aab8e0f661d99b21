"""Restricted mean survival time: the area under the curve up to a horizon, and its contrasts between groups.

lifelines returns the variance of the time lived up to the horizon, not that of its mean; this is Greenwood's integral,
summed by person when people have several lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.group_counts import Groups, count_groups
from analytics.estimation.hazards import find_reference
from analytics.estimation.influence import place_on_timeline
from analytics.estimation.methods import RESTRICTED_MEAN, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.robust_survival import compute_hazard_shares
from analytics.estimation.statsmodels_gate import compute_normal_p, compute_normal_quantile
from analytics.estimation.sums import sum_rows_by_code
from analytics.tables.results import Estimate, FloatArray, Refusal
from analytics.tables.survival_results import RestrictedMeanContrast, RestrictedMeanResult


@dataclass(frozen=True, slots=True)
class _Means:
    values: FloatArray
    covariance: FloatArray


def estimate_restricted_means(
    observations: Observations, group: ArrayLike, horizon_days: int, reference: str | None = None, level: float = 0.95
) -> RestrictedMeanResult | Refusal:
    """Estimate the mean time without the event up to a horizon in each group, differences and ratios.

    Parameters
    ----------
    observations
        Follow-up of n lines, from `check_observations`.
    group
        Labels of shape (n,).
    horizon_days
        The horizon in days; a group whose follow-up ends before it, with somebody still at risk, is refused.
    reference
        Reference group; the first in sorted order when not given.

    Raises
    ------
    RefusedError
        When a label is missing or the reference is not one of the groups.

    References
    ----------
    Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152. doi:10.1186/1471-2288-13-152
    """
    groups = count_groups(observations, group)
    base = find_reference(groups, reference)
    order = [base, *(code for code in range(len(groups.labels)) if code != base)]
    for code in order:
        refusal = _refuse_short_follow_up(observations.take(groups.codes == code), groups.labels[code], horizon_days)
        if refusal:
            return refusal
    means = _compute_means(observations, groups, horizon_days)
    z = compute_normal_quantile(level)
    errors = np.sqrt(np.diag(means.covariance))
    named = tuple(
        (
            groups.labels[code],
            Estimate(
                float(means.values[code]),
                max(0.0, float(means.values[code] - z * errors[code])),
                float(min(horizon_days, means.values[code] + z * errors[code])),
                "days",
                level,
            ),
        )
        for code in order
    )
    errors_kind = "robust, clustered by patient" if observations.needs_robust_errors else "Greenwood integral"
    return RestrictedMeanResult(
        horizon_days,
        named,
        tuple(_contrast(means, groups, code, base, z, level) for code in order[1:]),
        describe_method(
            "Restricted mean survival time", RESTRICTED_MEAN, interval="plain; log for ratios", errors=errors_kind
        ),
    )


def _compute_means(observations: Observations, groups: Groups, horizon: int) -> _Means:
    influence = np.zeros((len(observations.days), len(groups.labels)))
    values = np.zeros(len(groups.labels))
    for code in range(len(groups.labels)):
        rows = np.flatnonzero(groups.codes == code)
        values[code], influence[rows, code] = _mean_and_influence(observations.take(rows), horizon)
    grouped = sum_rows_by_code(observations.cluster, influence)
    return _Means(values, grouped.T @ grouped)


def _mean_and_influence(observations: Observations, horizon: int) -> tuple[float, FloatArray]:
    """Return the restricted mean of one group in days and the weighted influence of each of its lines on it, (n,)."""
    time = np.unique(np.concatenate([[0, horizon], observations.entry, observations.days]))
    timeline = place_on_timeline(observations, time)
    happened = observations.happened.astype(np.float64)
    share, jump = compute_hazard_shares(timeline.at_risk, timeline.sum_leaving(happened))
    survival = np.cumprod(1 - share)
    width = np.diff(np.minimum(time, horizon), append=horizon)
    areas = survival * width
    mean = float(areas.sum())
    still_to_live = np.cumsum(areas[::-1])[::-1]
    path = np.cumsum(share * jump * still_to_live)
    at = timeline.leaves
    own = happened * jump[at] * still_to_live[at] - path[at] + path[timeline.enters]
    return mean, -timeline.weights * own


def _contrast(means: _Means, groups: Groups, code: int, base: int, z: float, level: float) -> RestrictedMeanContrast:
    value, other = means.values[code], means.values[base]
    v, c, o = means.covariance[code, code], means.covariance[code, base], means.covariance[base, base]
    difference, error = float(value - other), float(np.sqrt(v + o - 2 * c))
    log_ratio = float(np.log(value / other))
    log_error = float(np.sqrt(v / value**2 + o / other**2 - 2 * c / (value * other)))
    low, high = np.exp(log_ratio - z * log_error), np.exp(log_ratio + z * log_error)
    return RestrictedMeanContrast(
        groups.labels[code],
        groups.labels[base],
        Estimate(difference, difference - z * error, difference + z * error, "days", level),
        Estimate(float(value / other), float(low), float(high), "ratio", level),
        _p_value(difference, error),
        _p_value(log_ratio, log_error),
    )


def _p_value(value: float, error: float) -> float:
    return compute_normal_p(value / error) if error > 0 else 1.0


def _refuse_short_follow_up(observations: Observations, label: str, horizon: int) -> Refusal | None:
    last = observations.days.max()
    everybody_died = observations.happened[observations.days == last].all()
    if horizon <= last or everybody_died:
        return None
    return Refusal(
        "horizon_beyond_follow_up",
        f"{label} is followed for {last} days, less than the horizon of {horizon} days.",
        f"Choose a horizon of at most {last} days.",
    )
