"""Kaplan–Meier under weights or with several lines a person: survival and its robust standard error.

Equals R's ``survfit(..., weights, cluster, robust = TRUE)``; lifelines' error under weights is wrong up to sevenfold.
"""

from __future__ import annotations

import numpy as np

from analytics.estimation.influence import place_on_timeline, sum_influence_products
from analytics.estimation.observations import Observations
from analytics.tables.results import FloatArray, IntArray


def compute_robust_survival(observations: Observations, time: IntArray) -> tuple[FloatArray, FloatArray]:
    """Compute weighted survival and the robust standard error of log S at ``time`` (k,), each of shape (k,).

    ``time`` must be sorted and hold 0, every entry and every end of follow-up.
    """
    timeline = place_on_timeline(observations, time)
    happened = observations.happened.astype(np.float64)
    share, jump = compute_hazard_shares(timeline.at_risk, timeline.sum_leaving(happened))
    path = np.cumsum(share * jump)
    variance = sum_influence_products(timeline, [happened * jump[timeline.leaves]], [path])[:, 0, 0]
    survival: FloatArray = np.cumprod(1 - share, dtype=np.float64)
    return survival, np.sqrt(np.maximum(variance, 0.0))


def compute_hazard_shares(at_risk: FloatArray, deaths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the share dying at each time and 1 / (at risk − deaths), 0 where nobody dies or nobody is left, (k,)."""
    share, jump = np.zeros(len(deaths)), np.zeros(len(deaths))
    dying = deaths > 0
    share[dying] = deaths[dying] / at_risk[dying]
    # With weights the last deaths may differ from those at risk by rounding.
    share[np.abs(share - 1) < 1e-12] = 1.0
    some = dying & (share < 1)
    jump[some] = 1 / (at_risk[some] - deaths[some])
    return share, jump
