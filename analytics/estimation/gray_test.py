"""Gray's test: do groups differ in the cumulative incidence of one cause? No Python library offers it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.competing_risks import check_causes
from analytics.estimation.group_counts import count_groups, refuse_comparison
from analytics.estimation.linear import is_full_rank, solve_positive
from analytics.estimation.methods import GRAY, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray, IntArray, Refusal, TestResult


def compare_cumulative_incidence(
    observations: Observations, cause: ArrayLike, group: ArrayLike, of_cause: int = 1, rho: float = 0.0
) -> TestResult | Refusal:
    """Test whether k groups share one cumulative incidence of a cause.

    Parameters
    ----------
    observations
        Follow-up of n lines, one a person, all from their start; ``happened`` is true for an end by any cause.
    cause, group
        Shape (n,): cause of each end (0 censored) and label.
    rho
        Weight (1 − F(t−))^rho; 0 weighs all times alike.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-1154. doi:10.1214/aos/1176350951
    """
    codes = check_causes(observations, cause)
    of_this = Observations(observations.days, codes == of_cause, observations.entry, None, observations.cluster)
    groups = count_groups(of_this, group)
    refusal = refuse_comparison(groups)
    if refusal:
        return refusal
    if observations.needs_robust_errors or observations.entry.any():
        return Refusal(
            "not_independent",
            "Gray's test needs one unweighted line a person, followed from its start.",
            "Choose the first line of each patient, or compare the curves with their robust limits.",
        )
    score, variance = _score_and_variance(observations.days, codes, groups.codes, of_cause, rho)
    solved = solve_positive(variance, score) if is_full_rank(variance) else None
    if solved is None:
        return Refusal(
            "not_comparable",
            "A group is never under observation when events happen, so the groups cannot be compared.",
            "Leave out the group whose follow-up ends before the first event.",
        )
    statistic, degrees = float(score @ solved), len(score)
    method = describe_method("Gray's test", GRAY, rho=f"{rho:g}")
    return TestResult("Gray's test", statistic, degrees, compute_chi_squared_p(statistic, degrees), method)


def _score_and_variance(
    days: IntArray, cause: IntArray, group: IntArray, of_cause: int, rho: float
) -> tuple[FloatArray, FloatArray]:
    """Return the score (g − 1,) and its variance (g − 1, g − 1).

    Arrays over the b times at which anybody ends and the g groups are (b, g).
    """
    time = np.unique(days[cause > 0])
    n_groups = int(group.max()) + 1
    at_risk = np.cumsum(_count(days, group, time, n_groups)[::-1], axis=0)[::-1][1:]
    is_own, is_other = cause == of_cause, (cause > 0) & (cause != of_cause)
    own = _count(days[is_own], group[is_own], time, n_groups)[1:]
    other = _count(days[is_other], group[is_other], time, n_groups)[1:]
    present = at_risk > 0
    people = np.where(present, at_risk, 1.0)
    after = np.cumprod(1 - (own + other) / people, axis=0, dtype=np.float64)
    before = _shift(after, 1.0)
    incidence_before = _shift(np.cumsum(before * own / people, axis=0), 0.0)
    # At risk of the subdistribution: as many as if only this cause ended follow-up.
    scaled = np.divide(at_risk, before, out=np.zeros_like(before), where=present)
    total, n_own = scaled.sum(axis=1), own.sum(axis=1)
    pooled = np.cumsum(n_own / total)
    still = 1 - _shift(pooled, 0.0)
    weight = still**rho
    exposed = scaled * (1 - incidence_before)
    score = (weight[:, None] * (own - (n_own / exposed.sum(axis=1))[:, None] * exposed)).sum(axis=0)

    pairs = np.eye(n_groups) * scaled[:, :, None] - scaled[:, :, None] * (scaled / total[:, None])[:, None, :]
    spread = weight[:, None, None] * pairs
    drift = np.cumsum(spread * (n_own / (total * still))[:, None, None], axis=0)
    drift = drift[-1] - drift
    left = np.divide((1 - pooled)[:, None], after, out=np.zeros_like(after), where=after > 0)
    moves_own, moves_other = spread + (1 - left)[:, None, :] * drift, left[:, None, :] * drift
    # Several ends at one time take from each other, as in the hypergeometric variance of the log-rank test.
    tied_own = _tied(n_own[:, None], total[:, None] * before)
    variance_own = np.where(present, tied_own * before * (n_own / total)[:, None] / people, 0.0)
    variance_other = np.where(after > 0, _tied(other, people) * before**2 * other / people**2, 0.0)
    variance = np.einsum("bik,bjk,bk->ij", moves_own, moves_own, variance_own)
    variance += np.einsum("bik,bjk,bk->ij", moves_other, moves_other, variance_other)
    return score[:-1], variance[:-1, :-1]


def _count(days: IntArray, group: IntArray, time: IntArray, n_groups: int) -> FloatArray:
    """Count rows by the last time not after their end (row 0: before all times) and group, shape (b + 1, g)."""
    cell = np.searchsorted(time, days, side="right") * n_groups + group
    return sum_by_code(cell, None, (len(time) + 1) * n_groups).reshape(-1, n_groups)


def _shift(values: FloatArray, first: float) -> FloatArray:
    """Return values just before each time."""
    return np.concatenate([np.full_like(values[:1], first), values[:-1]])


def _tied(ends: FloatArray, people: FloatArray) -> FloatArray:
    """Return the share of the variance left when ``ends`` of ``people`` happen together."""
    several = ends > 1
    return 1 - np.where(several, ends - 1, 0.0) / np.where(several, people - 1, 1.0)
