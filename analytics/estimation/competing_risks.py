"""Several ends, of which one comes first: Aalen–Johansen cumulative incidence.

lifelines breaks ties at random and is off by up to 0.05 on tied times; this equals R's ``survfit`` for several states,
robust errors, weights and late entry included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.influence import place_on_timeline, sum_influence_products
from analytics.estimation.methods import AALEN_JOHANSEN, describe_method
from analytics.estimation.observations import Observations, finite_numbers
from analytics.estimation.robust_survival import compute_hazard_shares
from analytics.estimation.sums import sum_by_code
from analytics.estimation.survival import Interval, compute_limits
from analytics.tables.competing_results import CumulativeIncidence
from analytics.tables.results import Estimate, IntArray


def check_causes(observations: Observations, cause: ArrayLike) -> IntArray:
    """Return the cause of each end as whole numbers (n,), 0 where censored.

    Raises
    ------
    RefusedError
        When a cause is missing, negative or not whole, or disagrees with ``observations.happened``.
    """
    numbers = finite_numbers("cause", cause)
    codes = np.rint(numbers).astype(np.int64)
    if len(codes) != len(observations.days):
        raise RefusedError(
            f"cause has {len(codes)} values where days has {len(observations.days)}.", "cause", "Give one a line."
        )
    if (np.abs(numbers - codes) > 0).any() or (codes < 0).any():
        raise RefusedError("cause holds something else than 0, 1, 2 …", "cause", "Use 0 for censoring.")
    if ((codes > 0) != observations.happened).any():
        raise RefusedError("cause and happened disagree.", "cause", "happened is true exactly where cause is not 0.")
    return codes


def estimate_cumulative_incidence(
    observations: Observations,
    cause: ArrayLike,
    of_cause: int = 1,
    group: str = "all",
    interval: Interval = "log-log",
    level: float = 0.95,
) -> CumulativeIncidence:
    """Estimate the probability of having ended by one cause, the others competing.

    Parameters
    ----------
    observations
        Follow-up of n lines whose ``happened`` is true for an end by any cause.
    cause
        Cause of each end, shape (n,), 0 where censored.
    of_cause
        Cause whose incidence is wanted.

    Raises
    ------
    RefusedError
        When nobody is followed or the causes are impossible.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.
    """
    codes = check_causes(observations, cause)
    if len(codes) == 0:
        raise RefusedError("There is nobody to follow.", group, "Widen the selection.")
    time = np.unique(np.concatenate([[0], observations.entry, observations.days]))
    timeline = place_on_timeline(observations, time)
    any_cause = observations.happened.astype(np.float64)
    this_cause = (codes == of_cause).astype(np.float64)
    deaths = timeline.sum_leaving(any_cause)
    share, jump = compute_hazard_shares(timeline.at_risk, deaths)
    before = np.concatenate([[1.0], np.cumprod(1 - share)[:-1]])
    step = np.zeros(len(time))
    some = deaths > 0
    step[some] = before[some] / timeline.at_risk[some]
    own = timeline.sum_leaving(this_cause)
    incidence = np.cumsum(step * own)
    # Influence on F(t) is P(t) − F(t)·B(t): B is that on log S, P what an end adds to F and later takes from it.
    own_share = np.zeros(len(time))
    own_share[some] = own[some] / timeline.at_risk[some]
    at = timeline.leaves
    gains = this_cause * step[at] + incidence[at] * any_cause * jump[at]
    gram = sum_influence_products(
        timeline,
        [gains, any_cause * jump[at]],
        [np.cumsum(step * own_share + incidence * share * jump), np.cumsum(share * jump)],
    )
    toward = np.stack([np.ones(len(time)), -incidence], axis=1)
    variance = np.einsum("ti,tij,tj->t", toward, gram, toward)
    error = np.sqrt(np.maximum(variance, 0.0))
    relative = np.divide(error, incidence, out=np.full(len(time), np.nan), where=incidence > 0)
    low, high = compute_limits(incidence, relative, interval, level)
    counts = sum_by_code(at, this_cause, len(time)).astype(np.int64)
    method = describe_method(
        "Aalen–Johansen estimate", AALEN_JOHANSEN, interval=interval, errors="infinitesimal jackknife, by patient"
    )
    return CumulativeIncidence(
        group, of_cause, time, _count_at_risk(observations, time), counts, incidence, error, low, high, method, level
    )


def _count_at_risk(observations: Observations, time: IntArray) -> IntArray:
    """Count lines under observation just before each time, shape (k,); at time 0 those who start there."""
    entered = np.searchsorted(np.sort(observations.entry), time, side="left")
    ended = np.searchsorted(np.sort(observations.days), time, side="left")
    present = (entered - ended).astype(np.int64)
    present[0] = int((observations.entry == 0).sum())
    return present


def estimate_incidence_at(curve: CumulativeIncidence, days: int) -> Estimate:
    """Estimate cumulative incidence at ``days``; ``None`` beyond the last follow-up."""
    if days > curve.time[-1]:
        return Estimate(None, None, None, "probability", curve.level)
    row = int(np.searchsorted(curve.time, days, side="right")) - 1
    low, high = (None if np.isnan(limit[row]) else float(limit[row]) for limit in (curve.low, curve.high))
    return Estimate(float(curve.incidence[row]), low, high, "probability", curve.level)
