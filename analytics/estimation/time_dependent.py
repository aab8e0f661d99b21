"""Marker and outcome without immortal time: the Cox model with values that change, and Simon–Makuch curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.comparison import compare_survival
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.episodes import Changes, Episodes, check_changes, split_episodes
from analytics.estimation.landmark import NOT_RESPONDED, RESPONDED, restart_at_landmark
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import Observations, finite_numbers
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.estimation.survival import Interval, estimate_survival
from analytics.tables.model_results import SwitchingSurvival, TimeDependentResult
from analytics.tables.results import Refusal, TestResult
from analytics.tables.survival_results import SurvivalCurve

ANDERSEN_GILL = "Andersen PK, Gill RD. Ann Stat 1982;10:1100-1120. doi:10.1214/aos/1176345976"
MANTEL_BYAR = "Mantel N, Byar DP. J Am Stat Assoc 1974;69:81-86. doi:10.1080/01621459.1974.10480131"
SIMON_MAKUCH = "Simon R, Makuch RW. Stat Med 1984;3:35-44. doi:10.1002/sim.4780030106"


def estimate_time_dependent_model(
    episodes: Episodes,
    name: str,
    baseline: ArrayLike | None = None,
    baseline_names: Sequence[str] = (),
    settings: Settings | None = None,
    level: float = 0.95,
) -> TimeDependentResult | Refusal:
    """Estimate the hazard ratio of a value that changes, beside covariates known from the start.

    Parameters
    ----------
    episodes
        From `split_episodes`.
    name
        Name of the changing value, with its unit.
    baseline
        Covariates of the n lines, shape (n, p), named by ``baseline_names``.

    References
    ----------
    Andersen PK, Gill RD. Ann Stat 1982;10:1100-1120. doi:10.1214/aos/1176345976
    """
    if len(episodes.line) == 0:
        return Refusal(
            "no_values", f"No line has a value of {name} before it ends.", "Choose a marker that was measured."
        )
    columns = episodes.value[:, None]
    if baseline is not None:
        columns = np.column_stack([columns, finite_numbers("baseline", baseline)[episodes.line]])
    rows = episodes.observations
    # Rows of one line never stand at risk together: they are no cluster.
    followed = replace(rows, cluster=None) if episodes.has_one_line_a_person else rows
    model = estimate_cox_model(
        followed, columns, [name, *baseline_names], settings=settings, level=level
    )  # fmt: skip
    if isinstance(model, Refusal):
        return model
    n_lines = len(np.unique(episodes.line))
    return TimeDependentResult(
        replace(model, name="Cox model with values that change", n_lines=n_lines, n_patients=rows.n_patients),
        len(episodes.line), n_lines, episodes.n_never_known, episodes.n_unknown_days,
    )  # fmt: skip


def split_by_response(observations: Observations, response_day: ArrayLike) -> Episodes:
    """Cut follow-up at each line's first response, (n,) days with NaN for never; the value is 0 before, 1 after."""
    days = np.asarray(response_day, dtype=np.float64)
    if days.shape != observations.days.shape:
        raise RefusedError(
            f"response_day has shape {days.shape} where {observations.days.shape} is needed.",
            "response_day",
            "Give one day a line, NaN for never.",
        )
    line = np.flatnonzero(~np.isnan(days))
    changes: Changes = check_changes(len(days), line, days[line], np.ones(len(line)))
    return split_episodes(observations, changes, np.zeros(len(days)))


def estimate_switching_survival(
    observations: Observations,
    response_day: ArrayLike,
    landmark_days: int = 0,
    interval: Interval = "log-log",
    level: float = 0.95,
) -> SwitchingSurvival | Refusal:
    """Estimate Simon–Makuch curves of those who have responded and those who have not yet, with Mantel–Byar's test.

    Parameters
    ----------
    response_day
        Day (date − start + 1) of each line's first response, (n,), NaN for never.
    landmark_days
        Curves start here, among those still at risk; choose a day by which some have responded, or the first curve
        hangs on the few who responded first.

    References
    ----------
    Simon R, Makuch RW. Stat Med 1984;3:35-44. doi:10.1002/sim.4780030106
    Mantel N, Byar DP. J Am Stat Assoc 1974;69:81-86. doi:10.1080/01621459.1974.10480131
    """
    sample = restart_at_landmark(observations, landmark_days)
    if len(sample.rows) == 0:
        return Refusal(
            "nobody_left", f"Nobody is followed beyond day {landmark_days}.", "Choose an earlier landmark."
        )  # fmt: skip
    days = np.asarray(response_day, dtype=np.float64)[sample.rows] - landmark_days
    episodes = split_by_response(sample.observations, days)
    curves = tuple(
        _estimate_curve(episodes, value, label, interval, level)
        for value, label in ((0.0, NOT_RESPONDED), (1.0, RESPONDED))
    )
    n_switched = int(np.count_nonzero(np.diff(episodes.line) == 0))
    return SwitchingSurvival(landmark_days, curves, n_switched, compare_switching(episodes))


def compare_switching(episodes: Episodes) -> TestResult | Refusal:
    """Test whether the hazard differs between value 0 and value 1 (Mantel–Byar); robust where a person has two lines.

    The log-rank test with each line counted where it stands on the day of each event.
    """
    observations, responded = episodes.observations, episodes.value
    if not episodes.has_one_line_a_person or observations.weights is not None:
        return compare_survival(observations, responded)
    sets = observed_risk_sets(observations)
    ones = np.ones(len(responded))
    n, n_responded = sets.sum_at_risk(ones), sets.sum_at_risk(responded)
    events, seen = sets.sum_events(ones[sets.event_row]), sets.sum_events(responded[sets.event_row])
    share = n_responded / n
    variance = float((events * share * (1 - share) * (n - events) / np.maximum(n - 1, 1)).sum())
    if variance <= 0:
        return Refusal(
            "not_comparable",
            "Those who have responded and those who have not are never followed together when events happen.",
            "Choose a landmark at which both are followed.",
        )
    statistic = float((seen - events * share).sum()) ** 2 / variance
    return TestResult(
        "Mantel–Byar test", statistic, 1, compute_chi_squared_p(statistic, 1),
        describe_method("Mantel–Byar test", MANTEL_BYAR),
    )  # fmt: skip


def _estimate_curve(
    episodes: Episodes, value: float, label: str, interval: Interval, level: float
) -> SurvivalCurve | Refusal:
    rows = episodes.value == value
    if not rows.any():
        return Refusal("nobody_left", f"Nobody is followed as «{label}».", "Choose another landmark or response rule.")
    followed = episodes.observations.take(rows)
    order = np.argsort(followed.entry, kind="stable")
    last_seen = np.maximum.accumulate(followed.days[order])
    gaps = np.flatnonzero(followed.entry[order][1:] >= last_seen[:-1])
    if len(gaps):
        return Refusal(
            "curve_ended_early",
            f"The first {label} all left by day {int(last_seen[gaps[0]])}, before others joined them, so the curve "
            "would rest on nobody.",
            "Start the curves at a landmark by which more have responded.",
        )
    return estimate_survival(followed, label, interval, level)
