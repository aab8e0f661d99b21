"""Sums of squared influence by person, in O(n log n) instead of a persons × times matrix.

While a row is at risk its influence on a curve moves with one path common to all rows; when it ends it jumps and
stays. A person's influence is therefore a level plus a slope times the path, changing only where a row of the person
enters or leaves, and the sum over persons of all products follows from sorted cumulative sums (infinitesimal jackknife;
Efron B. J R Stat Soc B 1992;54:83-127. doi:10.1111/j.2517-6161.1992.tb01866.x).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimation.observations import Observations
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows on a grid of k times: places ``enters`` and ``leaves`` (n,); ``at_risk`` (k,) sums weights just before."""

    enters: IntArray
    leaves: IntArray
    weights: FloatArray
    cluster: IntArray
    at_risk: FloatArray

    @property
    def n_times(self) -> int:
        """Number of times of the grid."""
        return len(self.at_risk)

    def sum_leaving(self, happened: FloatArray) -> FloatArray:
        """Sum weights of the rows that leave with ``happened`` (n,) at each time, shape (k,)."""
        return sum_by_code(self.leaves, self.weights * happened, self.n_times)


def place_on_timeline(observations: Observations, time: IntArray) -> Timeline:
    """Place rows on ``time`` (k,), which must be sorted and hold 0, every entry and every end of follow-up."""
    n, k = len(observations.days), len(time)
    weights = np.ones(n) if observations.weights is None else observations.weights
    cluster = np.arange(n) if observations.cluster is None else observations.cluster
    leaves = np.searchsorted(time, observations.days)
    enters = np.searchsorted(time, observations.entry)

    change = sum_by_code(enters, weights, k) - sum_by_code(leaves, weights, k)
    return Timeline(enters, leaves, weights, cluster, np.concatenate([[0.0], np.cumsum(change)[:-1]]))


def sum_influence_products(timeline: Timeline, jumps: list[FloatArray], paths: list[FloatArray]) -> FloatArray:
    """Sum over persons the products of their influences on m curves, shape (k, m, m).

    A row's influence on curve c at a time is what it jumped by, ``jumps[c]`` (n,), once it has left, less the path
    ``paths[c]`` (k,) it went along while at risk; each row counts with its weight.
    """
    m, k, weights = len(paths), timeline.n_times, timeline.weights
    row = np.concatenate([timeline.enters, timeline.leaves])
    person = np.concatenate([timeline.cluster, timeline.cluster])
    order = np.lexsort((row, person))
    row, person = row[order], person[order]

    def cumulate(on_entry: FloatArray, on_leaving: FloatArray) -> tuple[FloatArray, FloatArray]:
        change = np.concatenate([on_entry, on_leaving])[order]
        sums = np.cumsum(change)
        starts = np.flatnonzero(np.diff(person, prepend=-1))
        sums = sums - np.repeat((sums - change)[starts], np.diff(starts, append=len(person)))
        return sums - change, sums

    pieces = [
        cumulate(weights * path[timeline.enters], weights * (jump - path[timeline.leaves]))
        for jump, path in zip(jumps, paths, strict=True)
    ]
    pieces.append(cumulate(-weights, weights))
    gram = np.empty((k, m + 1, m + 1))
    for i, (before_i, after_i) in enumerate(pieces):
        for j, (before_j, after_j) in enumerate(pieces):
            gram[:, i, j] = np.cumsum(sum_by_code(row, after_i * after_j - before_i * before_j, k))
    # Influence on curve c is levelᶜ + slope · pathᶜ, the slope standing last.
    combine = np.concatenate([np.eye(m)[None].repeat(k, axis=0), np.stack(paths, axis=1)[:, :, None]], axis=2)
    return combine @ gram @ combine.transpose(0, 2, 1)
