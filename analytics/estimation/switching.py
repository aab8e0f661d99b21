"""Responders against those who have not responded yet, everybody counted where they stand on each day."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.settings import Settings
from analytics.estimation.episodes import Episodes
from analytics.estimation.group_counts import count_groups, count_in_several_groups, refuse_small_group, refuse_test
from analytics.estimation.landmark import NOT_RESPONDED, RESPONDED, restart_at_landmark
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.survival import estimate_follow_up, estimate_landmark, estimate_quantile
from analytics.estimation.time_dependent import (
    SIMON_MAKUCH,
    compare_switching,
    estimate_switching_survival,
    estimate_time_dependent_model,
    split_by_response,
)
from analytics.tables.results import Estimate, Method, Refusal, TestResult
from analytics.tables.survival_results import GroupSurvival, HazardRatio, SurvivalCurve, SurvivalResult

STATES = ((0.0, NOT_RESPONDED), (1.0, RESPONDED))


def estimate_switching_comparison(
    observations: Observations,
    response_day: ArrayLike,
    landmark_days: int,
    *,
    endpoint: str,
    rule_set: str,
    settings: Settings | None = None,
    months: tuple[int, ...] = (12, 24, 36),
) -> SurvivalResult | Refusal:
    """Compare by response as it changes: Simon–Makuch curves, Mantel–Byar test, Cox model of a value that changes.

    Parameters
    ----------
    observations
        Follow-up of n lines.
    response_day
        Day (date − start + 1) of each line's first response, (n,), NaN for never; it counts from the day after.
    landmark_days
        Everything counts from this day on, among those still at risk; 0 for the start.
    months
        Survival is given at these months after the landmark.

    Returns
    -------
    SurvivalResult or Refusal
        Two groups, those who have not responded first. A line that responds after the landmark is in both, one after
        the other, and leaves the first as if censored. Follow-up is that of everybody.

    References
    ----------
    Simon R, Makuch RW. Stat Med 1984;3:35-44. doi:10.1002/sim.4780030106
    """
    days = np.asarray(response_day, dtype=np.float64)
    found = estimate_switching_survival(observations, days, landmark_days)
    if isinstance(found, Refusal):
        return found
    if not found.n_switched:
        return Refusal(
            "nobody_switched",
            f"Nobody still followed responds for the first time after day {landmark_days}.",
            "Choose an earlier landmark, or compare by response at the landmark.",
        )
    sample = restart_at_landmark(observations, landmark_days)
    episodes = split_by_response(sample.observations, days[sample.rows] - landmark_days)
    follow_up = estimate_follow_up(sample.observations)
    groups: list[GroupSurvival] = []
    for (value, label), curve in zip(STATES, found.curves, strict=True):
        if isinstance(curve, Refusal):
            return curve
        groups.append(_describe_state(episodes, value, label, curve, months, follow_up))
    labels = np.where(episodes.value == 1, RESPONDED, NOT_RESPONDED)
    counts = count_groups(episodes.observations, labels)
    limits = settings or Settings()
    test = refuse_test(counts, limits) or compare_switching(episodes)
    ratio = (
        refuse_small_group(counts, 0, limits)
        or refuse_small_group(counts, 1, limits)
        or _estimate_ratio(episodes, limits)
    )
    return SurvivalResult(
        endpoint, rule_set, tuple(groups), test, (ratio,),
        count_in_several_groups(episodes.observations, counts),
        _collect_methods(landmark_days, groups[0].curve, test, ratio),
        landmark_days or None,
    )  # fmt: skip


def _describe_state(
    episodes: Episodes, value: float, label: str, curve: SurvivalCurve, months: tuple[int, ...], follow_up: Estimate
) -> GroupSurvival:
    here = episodes.value == value
    return GroupSurvival(
        label,
        len(np.unique(episodes.line[here])),
        episodes.observations.take(here).n_patients,
        int(curve.n_event.sum()),
        curve,
        estimate_quantile(curve),
        tuple(estimate_landmark(curve, round(month * DAYS_PER_MONTH)) for month in months),
        follow_up,
    )


def _estimate_ratio(episodes: Episodes, settings: Settings) -> HazardRatio | Refusal:
    found = estimate_time_dependent_model(episodes, RESPONDED, settings=settings)
    if isinstance(found, Refusal):
        return found
    model = found.model
    (term,) = model.terms
    return HazardRatio(RESPONDED, NOT_RESPONDED, term.ratio, term.p_value, model.is_robust, model.method)


def _collect_methods(
    landmark_days: int, curve: SurvivalCurve, test: TestResult | Refusal, ratio: HazardRatio | Refusal
) -> tuple[Method, ...]:
    curves = describe_method(
        "Simon–Makuch curves", SIMON_MAKUCH, interval=curve.interval, landmark_days=str(landmark_days)
    )
    return (curves, *(part.method for part in (test, ratio) if not isinstance(part, Refusal)))
