"""Limits of Turnbull's estimate, of its median and of how late detection dates it, by resampling persons."""

from __future__ import annotations

from functools import partial

import numpy as np

from analytics.estimation.bootstrap import compute_medians
from analytics.estimation.intervals import Intervals
from analytics.estimation.methods import BOOTSTRAP, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.resampling import draw_persons, run_replicates
from analytics.estimation.sums import sum_by_code
from analytics.estimation.turnbull import find_innermost_intervals, maximise_mass
from analytics.tables.results import Estimate, FloatArray, IntArray
from analytics.tables.survival_results import IntervalCurve, IntervalLimits

SMALLEST_GAIN = 1e-6  # of a replicate's mean log-likelihood: its survival is then within 0.001 of the highest
CHUNK = 10
HALF = 0.5 - 1e-9


def estimate_interval_limits(
    intervals: Intervals,
    observations: Observations,
    curve: IntervalCurve,
    seed: int,
    n_replicates: int = 200,
    level: float = 0.95,
) -> IntervalLimits:
    """Estimate percentile limits of survival after each interval of ``curve``, of the median and of its shift.

    Within an interval of a replicate survival is not known: the lower limit takes the event at its beginning and the
    upper one at its end, so limits are too wide rather than too narrow.

    Parameters
    ----------
    intervals
        Of n lines.
    observations
        The same lines by the day of detection, with the person of each.
    curve
        The estimate from all lines, of m intervals.
    seed
        Seed of all replicates.

    References
    ----------
    Efron B. J Am Stat Assoc 1981;76:312-319. doi:10.1080/01621459.1981.10477650
    """
    days = curve.right[np.isfinite(curve.right)]
    rows = run_replicates(partial(_draw, intervals, observations, days), seed, n_replicates, CHUNK)
    tail = (1 - level) / 2
    early, late = rows[:, : len(days)], rows[:, len(days) : 2 * len(days)]
    low, high = np.full(len(curve.right), np.nan), np.full(len(curve.right), np.nan)
    low[: len(days)], high[: len(days)] = np.quantile(early, tail, axis=0), np.quantile(late, 1 - tail, axis=0)
    after, until, detected = rows[:, -3:].T
    with np.errstate(invalid="ignore"):
        shifts = (detected - until, detected - after)
    known = np.isfinite(shifts[0]) & np.isfinite(shifts[1])
    return IntervalLimits(
        low,
        high,
        Estimate(None, _quantile(after, tail), _quantile(until, 1 - tail), "days", level),
        _limits_of_shift(shifts, known, tail, level),
        describe_method(
            "Percentile bootstrap of Turnbull's estimate", BOOTSTRAP, seed=str(seed), replicates=str(n_replicates)
        ),
    )


def _draw(
    intervals: Intervals, observations: Observations, days: FloatArray, streams: list[np.random.Generator]
) -> FloatArray:
    """Return a row a replicate: S at ``days`` with events early, then late; the median's ends; the detected one."""
    ends, place = np.unique(np.stack([intervals.low, intervals.high]), axis=1, return_inverse=True)
    cluster = np.arange(len(place)) if observations.cluster is None else observations.cluster
    rows = [
        _compute_row(ends, place, observations, days, draw_persons(stream, cluster).astype(np.float64))
        for stream in streams
    ]
    return np.array(rows)


def _compute_row(
    ends: FloatArray, place: IntArray, observations: Observations, days: FloatArray, drawn: FloatArray
) -> FloatArray:
    counts = sum_by_code(place, drawn, ends.shape[1])
    some = counts > 0
    distinct = Intervals(ends[0, some], ends[1, some], np.zeros(int(some.sum())))
    left, right, first, last = find_innermost_intervals(distinct)
    mass = maximise_mass(first, last, len(left), counts[some], SMALLEST_GAIN)
    gone = np.concatenate([[0.0], np.cumsum(mass)])
    opens = np.where(left == right, np.nextafter(left, -1), left)
    early = 1 - gone[np.searchsorted(opens, days, side="left")]
    late = 1 - gone[np.searchsorted(right, days, side="right")]
    reached = int(np.argmax(np.append(gone[1:] >= HALF, True)))
    median = (left[reached], right[reached]) if reached < len(left) else (np.inf, np.inf)
    return np.concatenate([early, late, median, [_detected_median(observations, drawn)]])


def _detected_median(observations: Observations, drawn: FloatArray) -> float:
    time, at = np.unique(observations.days, return_inverse=True)
    deaths = sum_by_code(at, drawn * observations.happened, len(time))
    return float(compute_medians(time, deaths[None], sum_by_code(at, drawn, len(time))[None])[0])


def _quantile(values: FloatArray, share: float) -> float | None:
    found = float(np.quantile(values, share, method="inverted_cdf"))
    return found if np.isfinite(found) else None


def _limits_of_shift(shifts: tuple[FloatArray, FloatArray], known: np.ndarray, tail: float, level: float) -> Estimate:
    """Return the limits; nothing where more replicates than the tails hold have no median."""
    if known.mean() < 1 - tail:
        return Estimate(None, None, None, "days", level)
    low, high = np.quantile(shifts[0][known], tail), np.quantile(shifts[1][known], 1 - tail)
    return Estimate(None, float(low), float(high), "days", level)
