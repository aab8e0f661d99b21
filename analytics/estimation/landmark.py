"""Landmark analysis: who is still followed at a fixed day, what was known of them by then, and what came after.

A responder had to live long enough to respond; grouping by response from time zero on gives that time away as benefit.
At a landmark everybody has lived equally long, and nothing later than the landmark decides the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.time_to_event import estimate_time_to_event
from analytics.tables.model_results import LandmarkModel, LandmarkResult
from analytics.tables.results import FloatArray, IntArray, Refusal
from analytics.tables.survival_results import SurvivalResult

LANDMARK = "Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-719. doi:10.1200/JCO.1983.1.11.710"
RESPONDED, NOT_RESPONDED = "responded", "not responded"


@dataclass(frozen=True, slots=True)
class LandmarkSample:
    """The lines still at risk after a landmark: ``rows`` (k,) of the original, ``observations`` on the new clock.

    ``exclusions`` holds (reason, count) of the others.
    """

    landmark_days: int
    rows: IntArray
    observations: Observations
    exclusions: tuple[tuple[str, int], ...]


def restart_at_landmark(
    observations: Observations, landmark_days: int, assessed_day: ArrayLike | None = None
) -> LandmarkSample:
    """Keep the lines at risk after the landmark and start their clock there.

    Parameters
    ----------
    observations
        Follow-up of n lines.
    landmark_days
        A line is kept when its days exceed this; its new clock is days − landmark.
    assessed_day
        Day (date − start + 1) of each line's first value that can decide its group, (n,), NaN for never; a line
        without one by the landmark is excluded. ``None``: every line can be classified.

    Raises
    ------
    RefusedError
        When the landmark is before day 0 or lengths differ.
    """
    if landmark_days < 0:
        raise RefusedError(f"The landmark is on day {landmark_days}.", "landmark", "Choose a day after the start.")
    n = len(observations.days)
    assessed = np.zeros(n) if assessed_day is None else _day_of(n, "assessed_day", assessed_day)
    ended = observations.days <= landmark_days
    unknown = ~ended & ~(assessed <= landmark_days)
    rows = np.flatnonzero(~ended & ~unknown)
    kept = observations.take(rows)
    exclusions = (
        ("event by the landmark", int((ended & observations.happened).sum())),
        ("follow-up ended by the landmark", int((ended & ~observations.happened).sum())),
        ("not assessable by the landmark", int(unknown.sum())),
    )
    restarted = replace(kept, days=kept.days - landmark_days, entry=np.maximum(kept.entry - landmark_days, 0))
    return LandmarkSample(landmark_days, rows, restarted, exclusions)


def estimate_landmark_survival(
    observations: Observations,
    landmark_days: int,
    response_day: ArrayLike,
    assessed_day: ArrayLike,
    *,
    endpoint: str,
    rule_set: str,
    settings: Settings | None = None,
    months: tuple[int, ...] = (12, 24, 36),
) -> LandmarkResult:
    """Compare those who had responded by the landmark with those who had not, from the landmark on.

    Parameters
    ----------
    response_day
        Day (date − start + 1) of each line's first response, (n,), NaN for never.
    assessed_day
        Day of its first value that could have shown one, (n,), NaN for never.
    months
        Survival is given at these months after the landmark.

    Raises
    ------
    RefusedError
        When lengths differ, or lines come under observation late: this comparison is for lines seen from their start.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-719. doi:10.1200/JCO.1983.1.11.710
    """
    if observations.entry.any():
        raise RefusedError(
            "Some lines come under observation after their start.", "entry", "Use the time-dependent model instead."
        )
    n = len(observations.days)
    responded = _day_of(n, "response_day", response_day) <= landmark_days
    sample = restart_at_landmark(observations, landmark_days, assessed_day)
    kept = sample.observations
    frame = pl.DataFrame({
        "group": np.where(responded[sample.rows], RESPONDED, NOT_RESPONDED),
        "patient": np.arange(len(kept.days)) if kept.cluster is None else kept.cluster,
        "days": kept.days,
        "happened": kept.happened,
    })  # fmt: skip
    is_compared = 0 < int(responded[sample.rows].sum()) < len(sample.rows)
    survival = estimate_time_to_event(
        frame, endpoint=endpoint, rule_set=rule_set, reference=NOT_RESPONDED if is_compared else None,
        settings=settings, months=months,
    )  # fmt: skip
    if isinstance(survival, SurvivalResult):
        method = describe_method("Landmark analysis", LANDMARK, landmark_days=str(landmark_days))
        survival = replace(survival, methods=(method, *survival.methods), landmark_days=landmark_days)
    return LandmarkResult(landmark_days, n, len(sample.rows), sample.exclusions, survival)


def estimate_landmark_model(
    observations: Observations,
    landmark_days: int,
    covariates: ArrayLike,
    names: Sequence[str],
    settings: Settings | None = None,
) -> LandmarkModel | Refusal:
    """Estimate hazard ratios from the landmark on of what was known by it, such as a growth rate until then.

    Parameters
    ----------
    covariates
        Shape (n, p), from values up to the landmark only; a line with a NaN could not be assessed by then and is
        excluded.

    Raises
    ------
    RefusedError
        When the shape is not (n, p).
    """
    x = np.asarray(covariates, dtype=np.float64)
    if x.shape != (len(observations.days), len(names)):
        raise RefusedError(
            f"covariates have shape {x.shape} where ({len(observations.days)}, {len(names)}) is needed.",
            "covariates",
            "Give one row a line and one name a column.",
        )
    sample = restart_at_landmark(observations, landmark_days, np.where(np.isnan(x).any(axis=1), np.nan, 0.0))
    if len(sample.rows) == 0:
        return Refusal(
            "nobody_left", f"No line is at risk and known on day {landmark_days}.", "Choose another landmark."
        )
    model = estimate_cox_model(sample.observations, x[sample.rows], names, settings=settings)
    if isinstance(model, Refusal):
        return model
    return LandmarkModel(landmark_days, len(x), len(sample.rows), sample.exclusions, model)


def _day_of(n: int, name: str, days: ArrayLike) -> FloatArray:
    values = np.asarray(days, dtype=np.float64)
    if values.shape != (n,):
        raise RefusedError(f"{name} has shape {values.shape} where ({n},) is needed.", name, "Give one day a line.")
    return values
