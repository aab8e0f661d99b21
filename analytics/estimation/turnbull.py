"""Survival from times known between visits: Turnbull's estimate, with intervals open on the left.

lifelines closes its intervals by default, which puts mass on other days and loses likelihood.
"""

from __future__ import annotations

import numpy as np

from analytics.errors import RefusedError
from analytics.estimation.intervals import Intervals
from analytics.estimation.methods import TURNBULL, describe_method
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray, IntArray
from analytics.tables.survival_results import IntervalCurve

SMALLEST_GAIN = 1e-9  # of the mean log-likelihood, by the bound that the largest directional derivative gives
MOST_ROUNDS = 20_000


def estimate_interval_survival(intervals: Intervals, group: str = "all") -> IntervalCurve:
    """Estimate survival without a model from intervals (low, high].

    Parameters
    ----------
    intervals
        From `check_intervals`, everybody under observation from day 0.

    Raises
    ------
    RefusedError
        When there is nobody, or somebody enters late.

    References
    ----------
    Turnbull BW. J R Stat Soc B 1976;38:290-295. doi:10.1111/j.2517-6161.1976.tb01597.x
    """
    if len(intervals.low) == 0 or intervals.entry.any():
        raise RefusedError(
            "Turnbull's estimate needs people who are followed from day 0.", group, "Leave late entries out."
        )
    distinct, counts = count_distinct(intervals)
    left, right, first, last = find_innermost_intervals(distinct)
    mass = maximise_mass(first, last, len(left), counts)
    kept = mass > 0
    survival = np.where(np.isinf(right[kept]), np.nan, 1 - np.cumsum(mass[kept]))
    return IntervalCurve(
        group, left[kept], right[kept], mass[kept], np.maximum(survival, 0.0),
        _log_likelihood(mass, first, last, counts), len(intervals.low), intervals.n_events,
        describe_method("Turnbull estimate", TURNBULL, intervals="open on the left, closed on the right"),
    )  # fmt: skip


def find_interval_quantile(curve: IntervalCurve, share: float = 0.5) -> tuple[float, float] | None:
    """Return the days (after, not after) between which ``share`` of the group have had the event, or ``None``."""
    reached = np.cumsum(curve.mass) >= share - 1e-9
    row = int(np.argmax(reached))
    if not reached.any() or np.isinf(curve.right[row]):
        return None
    return float(curve.left[row]), float(curve.right[row])


def find_innermost_intervals(intervals: Intervals) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Find where mass can lie, ``left`` and ``right`` (m,), and the ``first`` and ``last`` place of each line (n,)."""
    n = len(intervals.low)
    # At one day: a known day opens just before it, right ends close on it, left ends open after it.
    side = np.where(intervals.is_exact, -1, 1)
    value = np.concatenate([intervals.low, intervals.high])
    order = np.lexsort((np.concatenate([side, np.zeros(n, dtype=int)]), value))
    is_left = order < n
    innermost = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    place = np.empty(2 * n, dtype=np.int64)
    place[order] = np.arange(2 * n)
    first = np.searchsorted(innermost, place[:n])
    last = np.searchsorted(innermost, place[n:]) - 1
    return value[order[innermost]], value[order[innermost + 1]], first, last


def count_distinct(intervals: Intervals) -> tuple[Intervals, FloatArray]:
    """Return each interval once, with the number of lines that share it, (d,)."""
    ends, counts = np.unique(np.stack([intervals.low, intervals.high]), axis=1, return_counts=True)
    return Intervals(ends[0], ends[1], np.zeros(len(counts))), counts.astype(np.float64)


def maximise_mass(
    first: IntArray, last: IntArray, m: int, counts: FloatArray, smallest_gain: float = SMALLEST_GAIN
) -> FloatArray:
    """Return the masses (m,) of ``counts`` (d,) lines each covering the places ``first`` to ``last``.

    Self-consistency steps, lengthened where that climbs (squared extrapolation), until the mean log-likelihood can gain
    no more than ``smallest_gain``.
    """
    first, last, counts = _join_alike(first, last, m, counts)
    mass = np.full(m, 1 / m)
    for _ in range(MOST_ROUNDS):
        once, gain = _self_consistent(mass, first, last, counts)
        if gain <= smallest_gain:
            break
        twice, _ = _self_consistent(once, first, last, counts)
        change, bend = once - mass, twice - 2 * once + mass
        size = float(np.sqrt((bend**2).sum()))
        length = max(1.0, float(np.sqrt((change**2).sum())) / size) if size > 0 else 1.0
        far = np.maximum(mass + 2 * length * change + length**2 * bend, 0)
        far = far / far.sum()
        climbs = _log_likelihood(far, first, last, counts) >= _log_likelihood(twice, first, last, counts)
        mass = far if climbs else twice
    return np.where(mass > 1e-8, mass, 0) / mass[mass > 1e-8].sum()


def _join_alike(first: IntArray, last: IntArray, m: int, counts: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Join lines that cover the same places: there are far fewer kinds of them than lines."""
    kinds, place = np.unique(first * m + last, return_inverse=True)
    return kinds // m, kinds % m, sum_by_code(place, counts, len(kinds))


def _self_consistent(mass: FloatArray, first: IntArray, last: IntArray, counts: FloatArray) -> tuple[FloatArray, float]:
    """Return the next masses, and a bound on what the mean log-likelihood can still gain."""
    covered = np.concatenate([[0.0], np.cumsum(mass)])
    share = counts / (covered[last + 1] - covered[first])
    m = len(mass)
    slope = np.cumsum(sum_by_code(first, share, m + 1) - sum_by_code(last + 1, share, m + 1))[:-1] / counts.sum()
    return mass * slope, float(slope.max()) - 1


def _log_likelihood(mass: FloatArray, first: IntArray, last: IntArray, counts: FloatArray) -> float:
    covered = np.concatenate([[0.0], np.cumsum(mass)])
    chance = covered[last + 1] - covered[first]
    return float(counts @ np.log(chance)) if (chance > 0).all() else -np.inf
