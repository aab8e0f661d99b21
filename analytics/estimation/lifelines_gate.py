# pyright: basic
"""The only door to lifelines: arrays in, arrays out.

Its product-limit estimate equals R's to 2e-15, entry times included. Three things differ from R and are put right
here or not used: `at_risk` counts those who enter at the very time, limits are 0 where survival is 0, and the
variance under weights truncates the weighted number at risk to whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lifelines import KaplanMeierFitter

from analytics.estimation.observations import Observations
from analytics.tables.results import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class LifeTable:
    """Counts and survival at each distinct time, arrays of shape (k,); row 0 is time 0."""

    time: IntArray
    n_risk: IntArray
    n_event: IntArray
    n_censor: IntArray
    n_enter: IntArray
    survival: FloatArray


def compute_life_table(observations: Observations) -> LifeTable:
    """Compute the unweighted product-limit life table; ``n_risk`` counts just before the time."""
    fitter = KaplanMeierFitter()
    if observations.entry.any():
        fitter.fit(observations.days, observations.happened, entry=observations.entry)
    else:
        days, happened, counts = _count_alike(observations)
        fitter.fit(days, happened, weights=counts)
    table = fitter.event_table
    n_enter = table["entrance"].to_numpy(dtype=np.int64)
    # Nobody is at risk just before time 0 but those who start there.
    n_risk = table["at_risk"].to_numpy(dtype=np.int64) - np.where(np.arange(len(n_enter)) == 0, 0, n_enter)
    return LifeTable(
        table.index.to_numpy(dtype=np.int64),
        n_risk,
        table["observed"].to_numpy(dtype=np.int64),
        table["censored"].to_numpy(dtype=np.int64),
        n_enter,
        fitter.survival_function_.iloc[:, 0].to_numpy(dtype=np.float64),
    )


def _count_alike(observations: Observations) -> tuple[IntArray, IntArray, IntArray]:
    """Return each pair of day and outcome once, with the number of lines that share it."""
    cells = np.bincount(observations.days * 2 + observations.happened)
    present = np.flatnonzero(cells)
    return present // 2, present % 2, cells[present]
