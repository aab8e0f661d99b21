"""The counts under a survival curve: at risk, events and censored at chosen times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analytics.tables.survival_results import GroupSurvival, SurvivalCurve

FEW_LINES, FEW_SHARE = 10, 0.1
"""A curve is thin where fewer lines, or a smaller share of its lines, are at risk."""


def count_at_risk(curve: SurvivalCurve, days: Sequence[float]) -> pl.DataFrame:
    """Count at risk, events and censored just before each time.

    Parameters
    ----------
    curve
        The step curve of one group.
    days
        Times in days.

    Returns
    -------
    pl.DataFrame
        ``days``, ``at_risk`` (just before the time, as R and SAS count), ``events`` and ``censored``
        (before the time). Without late entry the three add up to everybody in the group.
    """
    at = np.searchsorted(curve.time, np.asarray(days, dtype=np.float64), side="left")
    return pl.DataFrame(
        {
            "days": np.asarray(days, dtype=np.float64),
            "at_risk": np.append(curve.n_risk, 0)[at],
            "events": _before(curve.n_event, at),
            "censored": _before(curve.n_censor, at),
        }
    )


def faded_from(group: GroupSurvival) -> float:
    """Return the last day with at least ``FEW_LINES`` and ``FEW_SHARE`` of the lines at risk (0: there is none)."""
    enough = group.curve.n_risk >= max(FEW_LINES, FEW_SHARE * group.n_lines)
    return float(group.curve.time[enough].max()) if enough.any() else 0.0


def _before(counts: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(counts)))[at]
