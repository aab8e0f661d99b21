"""The likelihood of times known exactly, up to an interval, or only from below, for any smooth survival function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.estimation.intervals import Intervals
from analytics.tables.results import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Logs:
    """A logarithm at n times, ``value`` (n,), and its slope in each of q parameters, ``slope`` (n, q)."""

    value: FloatArray
    slope: FloatArray


class SurvivalModel(Protocol):
    """A survival function of q parameters; ``x`` (n, p) are covariates."""

    def log_survival(self, days: FloatArray, x: FloatArray, parameters: FloatArray) -> Logs:
        """Return log S at ``days`` (n,), all above 0."""
        ...

    def log_density(self, days: FloatArray, x: FloatArray, parameters: FloatArray) -> Logs:
        """Return log f at ``days`` (n,), per day."""
        ...


def compute_log_likelihood(
    model: SurvivalModel, intervals: Intervals, x: FloatArray, parameters: FloatArray
) -> tuple[float, FloatArray]:
    """Compute the log-likelihood and its gradient (q,); −infinity where the model is not defined."""
    exact, is_open = intervals.is_exact, intervals.is_open
    between = ~exact & ~is_open
    value, slope = 0.0, np.zeros(len(parameters))

    def add(logs: Logs, sign: float = 1.0) -> None:
        nonlocal value, slope
        value += sign * float(logs.value.sum())
        slope = slope + sign * logs.slope.sum(axis=0)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for rows, compute in ((exact, model.log_density), (is_open & (intervals.low > 0), model.log_survival)):
            if rows.any():
                add(compute(intervals.low[rows], x[rows], parameters))
        if between.any():
            add(_log_difference(model, intervals, x, parameters, np.flatnonzero(between)))
        late = intervals.entry > 0
        if late.any():
            add(model.log_survival(intervals.entry[late], x[late], parameters), -1.0)
    if not (np.isfinite(value) and np.isfinite(slope).all()):
        return -np.inf, np.zeros(len(parameters))
    return value, slope


def _log_difference(
    model: SurvivalModel, intervals: Intervals, x: FloatArray, parameters: FloatArray, rows: IntArray
) -> Logs:
    """Return log(S(low) − S(high)); a low of 0 has S = 1."""
    high = model.log_survival(intervals.high[rows], x[rows], parameters)
    low_value, low_slope = np.zeros(len(rows)), np.zeros_like(high.slope)
    some = intervals.low[rows] > 0
    if some.any():
        low = model.log_survival(intervals.low[rows][some], x[rows][some], parameters)
        low_value[some], low_slope[some] = low.value, low.slope
    ratio = np.exp(high.value - low_value)
    value = low_value + np.log1p(-ratio)
    slope = (low_slope - ratio[:, None] * high.slope) / (1 - ratio)[:, None]
    return Logs(value, slope)
