"""Who is at risk at each event time: two block numbers a row, from which every risk-set sum is a cumulative sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.tables.results import BoolArray, FloatArray, IntArray

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Risk sets of n rows over b blocks; a block is one distinct event time within one stratum.

    A row is at risk in blocks ``first`` ≤ block < ``end``, arrays of shape (n,). Blocks are ordered by stratum, then
    time; those of stratum s are ``bounds[s]`` ≤ block < ``bounds[s + 1]``. For the e events, ordered by block:
    ``event_row``, ``event_block``, ``tie_share`` (Efron's k/d, zero under Breslow) and ``event_weight`` (mean weight
    of the tied events), arrays of shape (e,).
    """

    first: IntArray
    end: IntArray
    bounds: IntArray
    block_time: FloatArray
    event_row: IntArray
    event_block: IntArray
    tie_share: FloatArray
    event_weight: FloatArray
    has_entry: bool

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.block_time)

    def sum_at_risk(self, values: FloatArray) -> FloatArray:
        """Sum ``values`` (n,) over those at risk in each block, shape (b,)."""
        is_at_risk = self.end > self.first
        rows = slice(None) if is_at_risk.all() else is_at_risk
        leaving = np.bincount(self.end[rows] - 1, values[rows], self.n_blocks)
        if self.has_entry:
            late = np.flatnonzero(is_at_risk & (self.first > self._stratum_start()))
            leaving -= np.bincount(self.first[late] - 1, values[late], self.n_blocks)
        return self._cumulate_backwards(leaving)

    def sum_while_at_risk(self, block_values: FloatArray) -> FloatArray:
        """Sum ``block_values`` (b,) over the blocks in which each row is at risk, shape (n,)."""
        cumulative = np.concatenate([[0.0], np.cumsum(block_values)])
        return (
            cumulative[self.end] - cumulative[self.first]
            if self.has_strata_or_entry
            else cumulative[self.end]
        )

    @property
    def has_strata_or_entry(self) -> bool:
        """Whether a row may come under risk later than the first block."""
        return self.has_entry or len(self.bounds) > 2

    def _stratum_start(self) -> IntArray:
        return self.bounds[np.searchsorted(self.bounds, self.first, side="right") - 1]

    def _cumulate_backwards(self, values: FloatArray) -> FloatArray:
        sums = np.empty_like(values)
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            sums[start:stop] = np.cumsum(values[start:stop][::-1])[::-1]
        return sums
