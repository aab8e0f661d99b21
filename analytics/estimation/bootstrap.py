"""Bootstrap of Kaplan–Meier medians, by drawing how often each distinct time occurs instead of drawing patients.

Every replicate has a random stream of its own, so the numbers are the same in one process and on a cluster; see
`analytics.estimation.resampling`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.group_counts import Groups, count_groups
from analytics.estimation.methods import BOOTSTRAP, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.resampling import draw_persons, run_replicates
from analytics.estimation.sums import sum_by_code
from analytics.estimation.survival import ON_THE_LEVEL
from analytics.tables.results import Estimate, FloatArray, IntArray
from analytics.tables.survival_results import BootstrapMedians


def estimate_bootstrap_medians(
    observations: Observations,
    group: ArrayLike,
    seed: int,
    n_replicates: int = 1000,
    level: float = 0.95,
) -> BootstrapMedians:
    """Estimate percentile limits of each group's median by resampling persons.

    Persons are drawn within their group; when people have several lines they are drawn over all groups, with all
    their lines.

    Parameters
    ----------
    observations
        Unweighted follow-up of n lines, all from their start.
    group
        Labels of shape (n,).
    seed
        Seed of all replicates.

    Raises
    ------
    RefusedError
        When lines are weighted or enter late.

    References
    ----------
    Efron B. J Am Stat Assoc 1981;76:312-319. doi:10.1080/01621459.1981.10477650
    """
    if observations.weights is not None or observations.entry.any():
        raise RefusedError(
            "The bootstrap of medians needs unweighted lines followed from their start.",
            "observations",
            "Use the limits of the curve, which allow both.",
        )
    groups = count_groups(observations, group)
    medians = run_replicates(partial(_draw_medians, observations, groups), seed, n_replicates)
    whole = compute_medians(*_cells(observations, groups.codes, len(groups.labels), None))
    return BootstrapMedians(
        groups.labels,
        medians,
        tuple(_describe(value, column, level) for value, column in zip(whole[0], medians.T, strict=True)),
        describe_method("Percentile bootstrap of medians", BOOTSTRAP, seed=str(seed), replicates=str(n_replicates)),
    )


def compute_medians(time: IntArray, deaths: FloatArray, leaving: FloatArray) -> FloatArray:
    """Compute medians by R's rule from ``deaths`` and ``leaving`` (…, k) at ``time`` (k,); infinite if not reached."""
    at_risk = np.flip(np.cumsum(np.flip(leaving, axis=-1), axis=-1), axis=-1)
    share = np.divide(deaths, at_risk, out=np.zeros(at_risk.shape), where=at_risk > 0)
    survival: FloatArray = np.cumprod(1 - share, axis=-1, dtype=np.float64)
    days = np.append(time.astype(np.float64), np.inf)

    def first_below(bound: FloatArray | float) -> tuple[IntArray, FloatArray]:
        below = np.less(survival, bound)
        place = np.where(np.any(below, axis=-1), np.argmax(below, axis=-1), len(time)).astype(np.int64)
        return place, days[place]

    place, reached = first_below(0.5 + ON_THE_LEVEL)
    padded = np.concatenate([survival, np.zeros((*survival.shape[:-1], 1))], axis=-1)
    height = np.take_along_axis(padded, place[..., None], axis=-1)
    _, left = first_below(height - ON_THE_LEVEL)
    lies_on = (np.abs(height[..., 0] - 0.5) < ON_THE_LEVEL) & np.isfinite(left)
    return np.where(lies_on, (reached + np.where(lies_on, left, reached)) / 2, reached)


def _draw_medians(observations: Observations, groups: Groups, streams: list[np.random.Generator]) -> FloatArray:
    """Return medians (replicates, g)."""
    n_groups = len(groups.labels)
    cluster = observations.cluster
    if cluster is not None and observations.n_patients < len(cluster):
        drawn = [draw_persons(stream, cluster) for stream in streams]
        cells = [_cells(observations, groups.codes, n_groups, weights.astype(np.float64)) for weights in drawn]
        return np.concatenate([compute_medians(*cell) for cell in cells])
    time, deaths, leaving = _cells(observations, groups.codes, n_groups, None)
    counts = np.stack([deaths[0], (leaving - deaths)[0]], axis=1)  # group, kind, time
    drawn_counts = np.empty((len(streams), *counts.shape))
    for row, stream in enumerate(streams):
        for code in range(n_groups):
            size = int(counts[code].sum())
            draw: Any = stream.multinomial(size, (counts[code] / size).ravel())
            drawn_counts[row, code] = draw.reshape(counts[code].shape)
    return compute_medians(time, drawn_counts[:, :, 0], drawn_counts.sum(axis=2))


def _cells(
    observations: Observations, codes: IntArray, n_groups: int, weights: FloatArray | None
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return distinct days (k,) and deaths and endings at them, each (1, g, k)."""
    time, place = np.unique(observations.days, return_inverse=True)
    cell, size = codes * len(time) + place, n_groups * len(time)
    own = np.ones(len(place)) if weights is None else weights
    shape = (1, n_groups, len(time))
    deaths = sum_by_code(cell, own * observations.happened, size).reshape(shape)
    return time, deaths, sum_by_code(cell, own, size).reshape(shape)


def _describe(median: float, replicates: FloatArray, level: float) -> Estimate:
    tail = (1 - level) / 2
    low, high = (
        np.quantile(replicates, [tail, 1 - tail], method="inverted_cdf") if len(replicates) else (np.inf, np.inf)
    )
    value, low, high = (None if np.isinf(number) else float(number) for number in (median, low, high))
    return Estimate(value, low, high, "days", level)
