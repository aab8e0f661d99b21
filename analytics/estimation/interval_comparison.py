"""Do groups differ, when events are known only to lie between two visits? The log-rank scores of intervals, permuted.

No Python library offers it. R's package interval calls the scores «logrank2».
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.intervals import Intervals
from analytics.estimation.linear import is_full_rank, solve_positive
from analytics.estimation.methods import INTERVAL_SCORES, describe_method
from analytics.estimation.observations import label_codes
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.estimation.sums import sum_rows_by_code
from analytics.estimation.turnbull import estimate_interval_survival
from analytics.tables.results import FloatArray, IntArray, Refusal, TestResult
from analytics.tables.survival_results import IntervalCurve


def compare_interval_survival(
    intervals: Intervals, group: ArrayLike, cluster: IntArray | None = None
) -> TestResult | Refusal:
    """Test whether k groups have one survival curve, by the scores of a proportional hazards model.

    The variance is that of all ways to deal the scores to the lines, so it asks that the groups are visited alike; when
    people have several lines it is the sum of squares by person.

    Parameters
    ----------
    intervals
        From `check_intervals`, n lines under observation from day 0.
    group
        Labels of shape (n,).
    cluster
        Codes of persons, shape (n,).

    Raises
    ------
    RefusedError
        When a label is missing, lengths differ, or somebody enters late.

    References
    ----------
    Finkelstein DM. Biometrics 1986;42:845-854. doi:10.2307/2530698
    Fay MP, Shaw PA. J Stat Softw 2010;36(2):1-34. doi:10.18637/jss.v036.i02
    """
    labels, codes = label_codes(group)
    if len(codes) != len(intervals.low):
        raise RefusedError(f"group has {len(codes)} values for {len(intervals.low)} lines.", "group", "Give one each.")
    refusal = _refuse(len(labels), intervals)
    if refusal:
        return refusal
    scores = compute_interval_scores(intervals, estimate_interval_survival(intervals))
    away = (codes[:, None] == np.arange(1, len(labels))) - np.array(
        [(codes == k).mean() for k in range(1, len(labels))]
    )
    is_clustered = cluster is not None and np.bincount(cluster).max() > 1
    total = scores @ away
    if is_clustered:
        sums = sum_rows_by_code(cluster, scores[:, None] * away)
        variance = sums.T @ sums
    else:
        variance = (scores @ scores) * (away.T @ away) / (len(scores) - 1)
    solved = solve_positive(variance, total) if is_full_rank(variance) else None
    if solved is None:
        return Refusal(
            "not_comparable",
            "The groups cannot be told apart by when they were seen with and without the event.",
            "Widen the selection or wait for more follow-up.",
        )
    statistic, degrees = float(total @ solved), len(labels) - 1
    errors = "sums of squares by patient" if is_clustered else "permutation"
    method = describe_method("Score test of intervals", INTERVAL_SCORES, scores="log-rank (Finkelstein)", errors=errors)
    return TestResult("Score test of intervals", statistic, degrees, compute_chi_squared_p(statistic, degrees), method)


def compute_interval_scores(intervals: Intervals, curve: IntervalCurve) -> FloatArray:
    """Compute each line's score (n,): how much its likelihood grows with the log hazard, at the common ``curve``."""
    before = _survival_before(curve, np.where(intervals.is_exact, np.nextafter(intervals.low, -1), intervals.low))
    after = np.where(intervals.is_open, 0.0, _survival_before(curve, intervals.high))
    return (_times_log(before) - _times_log(after)) / (before - after)


def _survival_before(curve: IntervalCurve, days: FloatArray) -> FloatArray:
    """Return S at ``days`` (n,), mass being gone at the right end of its interval."""
    steps = np.concatenate([[1.0], np.maximum(1 - np.cumsum(curve.mass), 0.0)])
    return steps[np.searchsorted(curve.right, days, side="right")]


def _times_log(share: FloatArray) -> FloatArray:
    return np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0)


def _refuse(n_groups: int, intervals: Intervals) -> Refusal | None:
    if n_groups < 2:
        return Refusal("one_group", "There is only one group, so there is nothing to compare.", "Widen the selection.")
    if intervals.n_events == 0:
        return Refusal("no_events", "Nobody has had the event in any group.", "Wait for more follow-up.")
    return None
