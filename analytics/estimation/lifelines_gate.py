# pyright: basic
"""The only door to lifelines: arrays in, arrays out.

Its product-limit estimate equals R's to 2e-15. Not used are its limits, which are 0 where survival is 0; its variance
under weights, which truncates the weighted number at risk to whole numbers; and its late entry, which refuses data
whose curve reaches 0 while others are yet to enter and counts among those at risk who enters at the very time.
"""

from __future__ import annotations

import numpy as np
from lifelines import KaplanMeierFitter

from analytics.estimation.observations import Observations
from analytics.estimation.product_limit import LifeTable, compute_life_table


def estimate_life_table(observations: Observations) -> LifeTable:
    """Estimate the unweighted product-limit life table; with late entry by our own sums."""
    if observations.entry.any():
        return compute_life_table(observations)
    cells = np.bincount(observations.days * 2 + observations.happened)
    present = np.flatnonzero(cells)  # each pair of day and outcome once, with the number of lines that share it
    fitter = KaplanMeierFitter()
    fitter.fit(present // 2, present % 2, weights=cells[present])
    table = fitter.event_table
    return LifeTable(
        table.index.to_numpy(dtype=np.int64),
        table["at_risk"].to_numpy(dtype=np.int64),
        table["observed"].to_numpy(dtype=np.int64),
        table["censored"].to_numpy(dtype=np.int64),
        table["entrance"].to_numpy(dtype=np.int64),
        fitter.survival_function_.iloc[:, 0].to_numpy(dtype=np.float64),
    )
