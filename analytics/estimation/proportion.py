"""A share with its confidence limits."""

from __future__ import annotations

from typing import Literal

from analytics.errors import RefusedError
from analytics.estimation.methods import CLOPPER_PEARSON, WILSON, describe_method
from analytics.estimation.statsmodels_gate import compute_proportion_interval
from analytics.tables.results import Estimate, Method

ProportionMethod = Literal["exact", "wilson"]


def estimate_proportion(successes: int, n: int, method: ProportionMethod = "exact", level: float = 0.95) -> Estimate:
    """Estimate a share with exact (Clopper–Pearson) or Wilson limits, unit ``share``.

    With ``n`` = 0 the value and its limits are ``None``.

    Raises
    ------
    RefusedError
        When the counts cannot be a share.

    Examples
    --------
    >>> estimate_proportion(0, 0)
    Estimate(value=None, low=None, high=None, unit='share', level=0.95)
    """
    if not 0 <= successes <= n:
        raise RefusedError(f"{successes} of {n} is not a share.", "successes", "Give 0 ≤ successes ≤ n.")
    if n == 0:
        return Estimate(None, None, None, "share", level)
    low, high = compute_proportion_interval(successes, n, method, level)
    return Estimate(successes / n, low, high, "share", level)


def proportion_method(method: ProportionMethod = "exact") -> Method:
    """Return the record of how a share's limits are made."""
    if method == "wilson":
        return describe_method("Proportion with Wilson limits", WILSON, "statsmodels", interval="Wilson")
    return describe_method("Proportion with exact limits", CLOPPER_PEARSON, "statsmodels", interval="Clopper–Pearson")
