# pyright: basic
"""The only door to lifelines: arrays in, arrays out.

Its product-limit estimate equals R's to 2e-15. Not used are its limits, which are 0 where survival is 0; its variance
under weights, which truncates the weighted number at risk to whole numbers; and its late entry, which refuses data
whose curve reaches 0 while others are yet to enter and counts among those at risk who enters at the very time.
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
    if observations.entry.any():
        return _count_with_entry(observations)
    days, happened, counts = _count_alike(observations)
    fitter = KaplanMeierFitter()
    fitter.fit(days, happened, weights=counts)
    table = fitter.event_table
    return LifeTable(
        table.index.to_numpy(dtype=np.int64),
        table["at_risk"].to_numpy(dtype=np.int64),
        table["observed"].to_numpy(dtype=np.int64),
        table["censored"].to_numpy(dtype=np.int64),
        table["entrance"].to_numpy(dtype=np.int64),
        fitter.survival_function_.iloc[:, 0].to_numpy(dtype=np.float64),
    )


def _count_with_entry(observations: Observations) -> LifeTable:
    """Count where people enter late; the curve stays at 0 once everybody present has died, as R's does."""
    time, place = np.unique(np.concatenate([[0], observations.entry, observations.days]), return_inverse=True)
    n, k = len(observations.days), len(time)
    enter, leave = place[1 : n + 1], place[n + 1 :]
    n_enter, n_leave = np.bincount(enter, minlength=k), np.bincount(leave, minlength=k)
    n_event = np.bincount(leave[observations.happened], minlength=k)
    n_risk = np.concatenate([n_enter[:1], np.cumsum(n_enter - n_leave)[:-1]])
    share = np.divide(n_event, n_risk, out=np.zeros(k), where=n_event > 0)
    return LifeTable(time, n_risk, n_event, n_leave - n_event, n_enter, np.cumprod(1 - share, dtype=np.float64))


def _count_alike(observations: Observations) -> tuple[IntArray, IntArray, IntArray]:
    """Return each pair of day and outcome once, with the number of lines that share it."""
    cells = np.bincount(observations.days * 2 + observations.happened)
    present = np.flatnonzero(cells)
    return present // 2, present % 2, cells[present]
