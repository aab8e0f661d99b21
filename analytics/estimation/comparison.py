"""Do groups differ? The log-rank family, and the robust score test where people have several lines."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from analytics.estimation.group_counts import Groups, count_groups, refuse_comparison
from analytics.estimation.methods import LOG_RANK, ROBUST, describe_method
from analytics.estimation.observations import Observations, label_codes
from analytics.estimation.partial_likelihood import PartialLikelihood, compute_null_state
from analytics.estimation.partial_residuals import compute_robust_score_statistic
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_chi_squared_p, compute_log_rank
from analytics.tables.results import IntArray, Refusal, TestResult

Weighting = Literal["log-rank", "peto"]
POWER_OF_SURVIVAL: dict[Weighting, float] = {"log-rank": 0.0, "peto": 1.0}


def compare_survival(
    observations: Observations, group: ArrayLike, strata: ArrayLike | None = None, weighting: Weighting = "log-rank"
) -> TestResult | Refusal:
    """Test whether k groups have one survival curve.

    With weights, or when a person has several lines, the log-rank's variance would be wrong: the robust score
    test of the Cox model's group effects takes its place, summed by person.

    Parameters
    ----------
    observations
        Follow-up of n lines, from `check_observations`.
    group, strata
        Labels of shape (n,).
    weighting
        ``log-rank``, or ``peto`` for early differences (weights S(t−), R's ``survdiff(rho = 1)``).

    Raises
    ------
    RefusedError
        When a label is missing.

    References
    ----------
    Peto R, Peto J. J R Stat Soc A 1972;135:185-207. doi:10.2307/2344317
    Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874
    """
    groups = count_groups(observations, group)
    refusal = refuse_comparison(groups)
    if refusal:
        return refusal
    stratum = None if strata is None else label_codes(strata)[1]
    degrees = len(groups.labels) - 1
    options = {} if stratum is None else {"strata": str(stratum.max() + 1)}
    if observations.needs_robust_errors:
        name, method = "Robust score test", describe_method("Robust score test", ROBUST, ties="Efron", **options)
        statistic = _robust_score(observations, groups, stratum)
    else:
        name = "Log-rank test" if weighting == "log-rank" else "Peto–Peto test"
        method = describe_method(name, LOG_RANK, "statsmodels", **options)
        statistic = compute_log_rank(observations, groups.codes, stratum, POWER_OF_SURVIVAL[weighting])
    if statistic is None:
        return Refusal(
            "not_comparable",
            "A group is never under observation when events happen, so the groups cannot be compared.",
            "Leave out the group whose follow-up ends before the first event.",
        )
    return TestResult(name, statistic, degrees, compute_chi_squared_p(statistic, degrees), method)


def _robust_score(observations: Observations, groups: Groups, strata: IntArray | None) -> float | None:
    sets = observed_risk_sets(observations, strata)
    indicators = groups.indicators(list(range(1, len(groups.labels))))
    data = PartialLikelihood(indicators, sets, observations.weights)
    return compute_robust_score_statistic(data, compute_null_state(data), observations.cluster)
