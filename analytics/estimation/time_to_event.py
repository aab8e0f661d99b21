"""One endpoint by group: curves, test and hazard ratios from one table of lines."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.estimation.comparison import compare_survival
from analytics.estimation.group_counts import count_groups, count_in_several_groups, refuse_test
from analytics.estimation.hazards import estimate_hazard_ratios, find_reference
from analytics.estimation.methods import KAPLAN_MEIER, REVERSE_KAPLAN_MEIER, ROBUST, describe_method
from analytics.estimation.observations import Observations, check_observations, describe_sampling
from analytics.estimation.survival import Interval, estimate_group_survival
from analytics.tables.results import Method, Refusal, TestResult
from analytics.tables.survival_results import HazardRatio, SurvivalResult


def estimate_time_to_event(
    frame: pl.DataFrame,
    *,
    endpoint: str,
    rule_set: str,
    reference: str | None = None,
    settings: Settings | None = None,
    months: tuple[int, ...] = (12, 24, 36),
    interval: Interval = "log-log",
    level: float = 0.95,
) -> SurvivalResult | Refusal:
    """Estimate time to an endpoint by group.

    When a patient has several lines, errors are clustered by patient and the robust score test stands in place of
    the log-rank test.

    Parameters
    ----------
    frame
        One row a treatment line: ``group`` (str), ``patient`` (int or str), ``days`` (int, date − start + 1) and
        ``happened`` (bool); where wanted ``entry`` (int, days) and ``weight``.
    endpoint, rule_set
        Names carried into the result.
    reference
        Reference group of the hazard ratios; it comes first. The first in sorted order when not given.
    months
        Landmarks in months of 30.4375 days.

    Raises
    ------
    RefusedError
        When a value is missing or impossible, or the reference is not one of the groups.
    """
    if frame.is_empty():
        return Refusal("nobody_left", f"No treatment line is left for {endpoint}.", "Widen the selection.")
    labels = frame["group"].to_numpy()
    observations = check_observations(
        frame["days"].to_numpy(),
        frame["happened"].to_numpy(),
        entry=frame["entry"].to_numpy() if "entry" in frame.columns else None,
        weights=frame["weight"].to_numpy() if "weight" in frame.columns else None,
        cluster=frame["patient"].to_numpy(),
    )
    groups = count_groups(observations, labels)
    base = find_reference(groups, reference)
    order = [base, *(code for code in range(len(groups.labels)) if code != base)]
    survivals = tuple(
        estimate_group_survival(observations.take(groups.codes == code), groups.labels[code], months, interval, level)
        for code in order
    )
    test: TestResult | Refusal | None = None
    ratios: tuple[HazardRatio | Refusal, ...] = ()
    if len(order) > 1:
        test = refuse_test(groups, settings or Settings()) or compare_survival(observations, labels)
        ratios = estimate_hazard_ratios(observations, labels, reference, level=level, settings=settings)
    return SurvivalResult(
        endpoint, rule_set, survivals, test, ratios,
        count_in_several_groups(observations, groups),
        _collect_methods(interval, observations, test, ratios),
    )  # fmt: skip


def _collect_methods(
    interval: Interval,
    observations: Observations,
    test: TestResult | Refusal | None,
    ratios: tuple[HazardRatio | Refusal, ...],
) -> tuple[Method, ...]:
    is_robust = observations.needs_robust_errors
    errors = "robust, clustered by patient" if is_robust else "Greenwood"
    library = "lutetia" if observations.entry.any() else "lifelines"
    methods = [
        describe_method(
            "Kaplan–Meier estimate", KAPLAN_MEIER, library, interval=interval, errors=errors,
            median="Brookmeyer–Crowley limits; midpoint of a flat stretch on one half",
            **describe_sampling(observations),
        ),
        describe_method("Follow-up by reverse Kaplan–Meier", REVERSE_KAPLAN_MEIER, interval=interval),
    ]  # fmt: skip
    if is_robust:
        methods.append(describe_method("Robust variance of the curve", ROBUST))
    methods += [answer.method for answer in (test, *ratios) if isinstance(answer, TestResult | HazardRatio)]
    return tuple(dict.fromkeys(methods))
