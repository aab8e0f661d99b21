# pyright: basic, reportArgumentType=false
"""The only door to statsmodels and scipy's distributions: arrays in, plain numbers out.

The p value statsmodels returns is 1 − cdf, which is 0 beyond about 1e-16; the upper tail is taken here instead.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, norm
from statsmodels.duration.survfunc import survdiff
from statsmodels.stats.proportion import proportion_confint

from analytics.estimation.observations import Observations
from analytics.tables.results import IntArray


def compute_log_rank(observations: Observations, groups: IntArray, strata: IntArray | None = None) -> float | None:
    """Compute the log-rank chi-squared, or ``None`` where its variance is singular."""
    entry = observations.entry if observations.entry.any() else None
    try:
        with np.errstate(invalid="raise", divide="raise"):
            statistic, _ = survdiff(
                observations.days,
                observations.happened.astype(np.int64),
                groups,
                strata=strata,
                entry=entry,
            )
    except (np.linalg.LinAlgError, FloatingPointError):
        return None
    return float(statistic) if np.isfinite(statistic) else None


def compute_chi_squared_p(statistic: float, degrees_of_freedom: int) -> float:
    """Return the upper tail probability of chi-squared."""
    return float(chi2.sf(statistic, degrees_of_freedom))


def compute_chi_squared_quantile(level: float, degrees_of_freedom: int) -> float:
    """Return the value a chi-squared stays below with probability ``level``."""
    return float(chi2.ppf(level, degrees_of_freedom))


def compute_normal_p(z: float) -> float:
    """Return the two-sided p value of a standard normal statistic."""
    return float(2 * norm.sf(abs(z)))


def compute_normal_quantile(level: float) -> float:
    """Return z such that a standard normal lies within ±z with probability ``level``."""
    return float(norm.ppf(0.5 + level / 2))


def compute_proportion_interval(successes: int, n: int, method: str, level: float) -> tuple[float, float]:
    """Return Clopper–Pearson (``exact``) or Wilson (``wilson``) limits of a proportion."""
    name = {"exact": "beta", "wilson": "wilson"}[method]
    low, high = proportion_confint(successes, n, alpha=1 - level, method=name)
    return float(low), float(high)
