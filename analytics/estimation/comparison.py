"""Do groups differ? The log-rank family, and the robust score test where people have several lines."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.group_counts import Groups, count_groups, refuse_comparison
from analytics.estimation.methods import FLEMING_HARRINGTON, GEHAN, HOLM, LOG_RANK, ROBUST, TARONE_WARE, describe_method
from analytics.estimation.observations import Observations, label_codes
from analytics.estimation.partial_likelihood import PartialLikelihood, compute_null_state
from analytics.estimation.partial_residuals import compute_robust_score_statistic
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_chi_squared_p, compute_log_rank
from analytics.estimation.weighted_log_rank import Weighting, compute_weighted_log_rank
from analytics.tables.results import IntArray, Refusal, TestResult
from analytics.tables.survival_results import PairwiseTest

NAMES: dict[Weighting, tuple[str, str]] = {
    "log-rank": ("Log-rank test", LOG_RANK),
    "peto": ("Peto–Peto test", LOG_RANK),
    "tarone-ware": ("Tarone–Ware test", TARONE_WARE),
    "gehan-breslow": ("Gehan–Breslow test", GEHAN),
    "middle": ("Fleming–Harrington test (1, 1)", FLEMING_HARRINGTON),
    "late": ("Fleming–Harrington test (0, 1)", FLEMING_HARRINGTON),
}
"""Name and source of each weighting."""


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
        ``log-rank``; ``peto`` for early differences (weights S(t−), R's ``survdiff(rho = 1)``), ``tarone-ware``,
        ``gehan-breslow``, and ``middle`` or ``late`` for differences that come later.

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
        name, citation = NAMES[weighting]
        # statsmodels does not cut entry times by stratum and fails.
        is_plain = weighting == "log-rank" and (stratum is None or not observations.entry.any())
        method = describe_method(name, citation, "statsmodels" if is_plain else "lutetia", **options)
        statistic = (
            compute_log_rank(observations, groups.codes, stratum)
            if is_plain
            else compute_weighted_log_rank(observations, groups.codes, stratum, weighting)
        )
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


def compare_pairs(
    observations: Observations, group: ArrayLike, strata: ArrayLike | None = None, weighting: Weighting = "log-rank"
) -> tuple[PairwiseTest, ...]:
    """Test every pair of groups, p values corrected by Holm's method; see `compare_survival`.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70.
    """
    groups = count_groups(observations, group)
    tests: list[tuple[str, str, TestResult | Refusal]] = []
    for first, second in combinations(range(len(groups.labels)), 2):
        rows = np.isin(groups.codes, [first, second])
        test = compare_survival(
            observations.take(rows), groups.codes[rows], None if strata is None else np.asarray(strata)[rows], weighting
        )
        tests.append((groups.labels[second], groups.labels[first], test))
    correction = describe_method("Holm's correction for several tests", HOLM)
    adjusted = iter(_adjust_holm([test.p_value for _, _, test in tests if isinstance(test, TestResult)]))
    return tuple(
        PairwiseTest(name, reference, test, next(adjusted) if isinstance(test, TestResult) else None, correction)
        for name, reference, test in tests
    )


def _adjust_holm(p_values: list[float]) -> list[float]:
    order = np.argsort(p_values, kind="stable")
    steps = np.sort(p_values) * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()
