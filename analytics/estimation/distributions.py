# pyright: basic
"""The error distributions of accelerated failure time models, on the scale u = (log time − location) / scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, log_ndtr

from analytics.tables.results import FloatArray

Family = Literal["weibull", "log-normal", "log-logistic", "exponential"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """log S and log f with their slopes in u."""

    log_survival: Callable[[FloatArray], FloatArray]
    log_survival_slope: Callable[[FloatArray], FloatArray]
    log_density: Callable[[FloatArray], FloatArray]
    log_density_slope: Callable[[FloatArray], FloatArray]


def _normal_hazard(u: FloatArray) -> FloatArray:
    return np.exp(-(u**2) / 2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-u))


EXTREME_VALUE = Distribution(
    lambda u: -np.exp(u),
    lambda u: -np.exp(u),
    lambda u: u - np.exp(u),
    lambda u: 1 - np.exp(u),
)
NORMAL = Distribution(
    lambda u: log_ndtr(-u),
    lambda u: -_normal_hazard(u),
    lambda u: -(u**2) / 2 - 0.5 * np.log(2 * np.pi),
    lambda u: -u,
)
LOGISTIC = Distribution(
    lambda u: -np.logaddexp(0, u),
    lambda u: -expit(u),
    lambda u: u - 2 * np.logaddexp(0, u),
    lambda u: 1 - 2 * expit(u),
)

DISTRIBUTIONS: dict[str, Distribution] = {
    "weibull": EXTREME_VALUE,
    "exponential": EXTREME_VALUE,
    "log-normal": NORMAL,
    "log-logistic": LOGISTIC,
}
"""The distribution of log time of each family; the exponential is a Weibull of scale 1."""
