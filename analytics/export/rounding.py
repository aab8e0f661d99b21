"""Round what is made from exact data before it leaves at the safe level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import floor, log10

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.tables.results import Estimate


def round_figures(value: float, figures: int) -> float:
    """Round to significant figures.

    >>> round_figures(0.04137, 1), round_figures(17.26, 2), round_figures(0.0, 2)
    (0.04, 17.0, 0.0)
    """
    return 0.0 if value == 0 else round(value, figures - 1 - floor(log10(abs(value))))


def round_estimate(estimate: Estimate, figures: int) -> Estimate:
    """Round a number and its limits to significant figures."""
    return _each(estimate, lambda value: round_figures(value, figures))


def round_months(estimate: Estimate) -> Estimate:
    """Round a time in days, and its limits, to whole months.

    >>> round_months(Estimate(300.0, None, 351.5, "days"))
    Estimate(value=304.375, low=None, high=365.25, unit='days', level=0.95)
    """
    return _each(estimate, lambda days: round(days / DAYS_PER_MONTH) * DAYS_PER_MONTH)


def _each(estimate: Estimate, change: Callable[[float], float]) -> Estimate:
    value, low, high = (
        None if part is None else change(part) for part in (estimate.value, estimate.low, estimate.high)
    )
    return replace(estimate, value=value, low=low, high=high)
