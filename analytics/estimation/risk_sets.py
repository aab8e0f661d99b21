"""Who is at risk at each event time: two block numbers a row, from which every risk-set sum is a cumulative sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.estimation.observations import Observations
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import BoolArray, FloatArray, IntArray

Ties = Literal["efron", "breslow"]
Rows = slice | IntArray


@dataclass(frozen=True, slots=True)
class Lingering:
    """Rows that stay at risk after their end with a weight that falls: ``share`` (l,) × ``factor`` (b,) of the block.

    In Fine and Gray's model they ended by a competing cause, and the weight is the chance of not being censored yet.
    """

    rows: IntArray
    share: FloatArray
    factor: FloatArray


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Risk sets of n rows over b blocks; a block is one distinct event time within one stratum.

    A row is at risk in blocks ``first`` ≤ block < ``end``, arrays of shape (n,). Blocks are ordered by stratum, then
    time; those of stratum s are ``bounds[s]`` ≤ block < ``bounds[s + 1]``. For the e events, ordered by block:
    ``event_row``, ``event_block``, ``tie_share`` (Efron's k/d, zero under Breslow) and ``event_weight`` (mean weight
    of the tied events), arrays of shape (e,). ``seen`` are the rows at risk at any event, ``late`` those of them who
    come under risk after the first event of their stratum.
    """

    first: IntArray
    end: IntArray
    bounds: IntArray
    block_time: FloatArray
    block_stratum: IntArray
    event_row: IntArray
    event_block: IntArray
    tie_share: FloatArray
    event_weight: FloatArray
    seen: Rows
    late: IntArray
    lingering: Lingering | None = None

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.block_time)

    def sum_at_risk(self, values: FloatArray) -> FloatArray:
        """Sum ``values`` (n,) over those at risk in each block, shape (b,)."""
        change = sum_by_code(self.end[self.seen] - 1, values[self.seen], self.n_blocks)
        if len(self.late):
            change -= sum_by_code(self.first[self.late] - 1, values[self.late], self.n_blocks)
        sums = np.empty_like(change)
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            sums[start:stop] = np.cumsum(change[start:stop][::-1])[::-1]
        if self.lingering is not None:
            rows = self.lingering.rows
            arrived = sum_by_code(self.end[rows], values[rows] * self.lingering.share, self.n_blocks + 1)
            sums += self.lingering.factor * np.cumsum(arrived[:-1])
        return sums

    def sum_events(self, event_values: FloatArray) -> FloatArray:
        """Sum ``event_values`` (e,) over the events of each block, shape (b,)."""
        return sum_by_code(self.event_block, event_values, self.n_blocks)

    def sum_while_at_risk(self, event_values: FloatArray) -> FloatArray:
        """Sum what each event adds, ``event_values`` (e,), over the events at which each row is at risk, shape (n,).

        A row that is itself one of d tied events counts event k of its block with Efron's share 1 − k/d.
        """
        cumulative = np.concatenate([[0.0], np.cumsum(self.sum_events(event_values))])
        sums = cumulative[self.end]
        if self.first.any():
            sums = sums - cumulative[self.first]
        if self.tie_share.any():
            sums[self.event_row] -= self.sum_events(self.tie_share * event_values)[self.event_block]
        if self.lingering is not None:
            rows = self.lingering.rows
            later = np.concatenate([[0.0], np.cumsum(self.sum_events(event_values) * self.lingering.factor)])
            sums[rows] += self.lingering.share * (later[-1] - later[self.end[rows]])
        return sums


def observed_risk_sets(observations: Observations, strata: IntArray | None = None, ties: Ties = "efron") -> RiskSets:
    """Return the risk sets of checked observations; ``strata`` (n,) are codes."""
    return compute_risk_sets(
        observations.days.astype(np.float64),
        observations.happened,
        observations.entry.astype(np.float64) if observations.entry.any() else None,
        strata,
        observations.weights,
        ties,
    )


def compute_risk_sets(
    stop: FloatArray,
    happened: BoolArray,
    entry: FloatArray | None = None,
    strata: IntArray | None = None,
    weights: FloatArray | None = None,
    ties: Ties = "efron",
) -> RiskSets:
    """Compute the risk sets of rows observed in (entry, stop]; times are equal only when exactly equal.

    Parameters
    ----------
    stop, happened, entry, strata, weights
        Arrays of shape (n,); ``strata`` are codes 0..s−1. Times in any unit, whole days inside Lutetia.
    ties
        ``efron`` (Efron B. J Am Stat Assoc 1977;72:557-565, doi:10.1080/01621459.1977.10480613) or ``breslow``.
    """
    n_strata = 1 if strata is None else int(strata.max()) + 1
    times = np.unique(stop[happened])
    stop_rank = np.searchsorted(times, stop, side="right")
    entry_rank = None if entry is None else np.searchsorted(times, entry, side="right")
    event_rows = np.flatnonzero(happened)
    if strata is None:
        keys = np.arange(1, len(times) + 1)
        end = stop_rank
        first = np.zeros(len(stop), dtype=np.int64) if entry_rank is None else entry_rank
    else:
        offset = strata * (len(times) + 1)
        keys = np.unique((offset + stop_rank)[happened])
        end = np.searchsorted(keys, offset + stop_rank, side="right")
        first = np.searchsorted(keys, offset if entry_rank is None else offset + entry_rank, side="right")
    stratum, rank = np.divmod(keys, len(times) + 1)
    bounds = np.searchsorted(stratum, np.arange(n_strata + 1))
    event_rows = event_rows[np.argsort(end[event_rows], kind="stable")]
    event_block = end[event_rows] - 1
    n_tied = np.bincount(event_block, minlength=len(keys))
    weight = np.ones(len(event_rows)) if weights is None else weights[event_rows]
    mean_weight = (np.bincount(event_block, weight, len(keys)) / n_tied)[event_block]
    if ties == "efron":
        position = np.arange(len(event_rows)) - (np.cumsum(n_tied) - n_tied)[event_block]
        tie_share = position / n_tied[event_block]
    else:
        tie_share = np.zeros(len(event_rows))
    is_seen = end > first
    stratum_start = 0 if strata is None else bounds[strata]
    return RiskSets(
        first, end, bounds, times[rank - 1], stratum, event_rows, event_block, tie_share, mean_weight,
        slice(None) if is_seen.all() else np.flatnonzero(is_seen),
        np.flatnonzero(is_seen & (first > stratum_start)),
    )  # fmt: skip
