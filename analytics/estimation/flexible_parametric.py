"""Royston–Parmar models: the log cumulative hazard as a natural spline of log time, effects as hazard ratios.

Equal to R's flexsurv with the same knots; lifelines places others and its likelihood is lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.interval_likelihood import Logs
from analytics.estimation.intervals import Intervals
from analytics.estimation.methods import ROYSTON_PARMAR
from analytics.estimation.parametric_fit import FamilyOfModels, fit_parametric_model
from analytics.tables.hazard_results import ParametricResult
from analytics.tables.results import FloatArray, Refusal


@dataclass(frozen=True, slots=True)
class SplineHazard:
    """log H(t | x) = x·β + γ₀ + γ₁ log t + Σ γⱼ vⱼ(log t), linear beyond the outer ``knots`` (log days)."""

    knots: tuple[float, ...]

    def log_survival(self, days: FloatArray, x: FloatArray, parameters: FloatArray) -> Logs:
        """Return log S and its slope in the parameters."""
        columns = np.concatenate([x, self._basis(np.log(days))[0]], axis=1)
        cumulative = np.exp(columns @ parameters)
        return Logs(-cumulative, -cumulative[:, None] * columns)

    def log_density(self, days: FloatArray, x: FloatArray, parameters: FloatArray) -> Logs:
        """Return log f per day and its slope; NaN where the spline falls."""
        basis, slopes = self._basis(np.log(days))
        columns = np.concatenate([x, basis], axis=1)
        slope_columns = np.concatenate([np.zeros_like(x), slopes], axis=1)
        log_cumulative, rise = columns @ parameters, slope_columns @ parameters
        cumulative = np.exp(log_cumulative)
        value = np.log(rise) + log_cumulative - np.log(days) - cumulative
        return Logs(value, slope_columns / rise[:, None] + (1 - cumulative)[:, None] * columns)

    def _basis(self, log_days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the basis and its slope in log time, each of shape (n, knots)."""
        first, last = self.knots[0], self.knots[-1]
        span = (last - first) ** 2
        columns, slopes = [np.ones_like(log_days), log_days], [np.zeros_like(log_days), np.ones_like(log_days)]
        for knot in self.knots[1:-1]:
            share = (last - knot) / (last - first)
            parts = ((1.0, knot), (-share, first), (share - 1, last))
            columns.append(sum((w * np.maximum(log_days - k, 0) ** 3 for w, k in parts), np.zeros(1)) / span)
            slopes.append(sum((3 * w * np.maximum(log_days - k, 0) ** 2 for w, k in parts), np.zeros(1)) / span)
        return np.stack(columns, axis=1), np.stack(slopes, axis=1)


def estimate_flexible_parametric(
    intervals: Intervals,
    covariates: ArrayLike,
    names: Sequence[str],
    n_knots: int = 2,
    level: float = 0.95,
    settings: Settings | None = None,
) -> ParametricResult | Refusal:
    """Estimate hazard ratios with a smooth baseline hazard.

    Parameters
    ----------
    intervals
        From `check_intervals` or `intervals_of`.
    covariates, names
        Shape (n, p), p may be 0; one name a column.
    n_knots
        Knots between the first and last event, at equal quantiles of the events' log times; 0 is a Weibull model.

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, shapes differ, or events are too few or too alike for the knots.

    References
    ----------
    Royston P, Parmar MKB. Stat Med 2002;21:2175-2197. doi:10.1002/sim.1203
    """
    seen = ~intervals.is_open
    days = (intervals.low + intervals.high)[seen] / 2
    if len(days) == 0:
        return Refusal("no_events", "Nobody has had the event.", "Wait for more follow-up.")
    places = np.quantile(np.log(days), np.linspace(0, 1, n_knots + 2))
    if len(np.unique(places)) < n_knots + 2:
        raise RefusedError(
            f"{len(np.unique(days))} distinct event times do not carry {n_knots} knots.", "n_knots", "Ask for fewer."
        )
    knots = tuple(float(place) for place in places)
    rate = np.log(intervals.n_events / np.minimum(intervals.low, 1e300).sum()) if intervals.low.any() else 0.0
    start = np.concatenate([[rate, 1.0], np.zeros(n_knots)])
    family = FamilyOfModels("spline", "Royston–Parmar model on the hazard scale", ROYSTON_PARMAR, knots)
    return fit_parametric_model(SplineHazard(knots), intervals, covariates, names, start, family, level, settings)
