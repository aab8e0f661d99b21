"""Do effects keep their size over time? The score test of a coefficient that changes with g(time).

This is R's ``cox.zph`` since survival 3.0. lifelines tests the correlation of scaled residuals instead and gives
another statistic (12.2 for 14.9 on the veteran data).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analytics.estimation.linear import solve_positive, weighted_crossproduct
from analytics.estimation.methods import PROPORTIONALITY, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.partial_likelihood import PartialLikelihood, PartialState, compute_risk_set_means
from analytics.estimation.partial_residuals import compute_schoenfeld_residuals
from analytics.estimation.product_limit import compute_life_table
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.tables.hazard_results import ProportionalityResult
from analytics.tables.results import FloatArray, Refusal, TestResult

TimeScale = Literal["km", "identity", "log", "rank"]


def compare_effects_over_time(
    observations: Observations,
    data: PartialLikelihood,
    state: PartialState,
    names: Sequence[str],
    scale: TimeScale = "km",
) -> ProportionalityResult:
    """Test each coefficient, and all, for a change over time.

    Parameters
    ----------
    observations, data, state
        Follow-up of n rows and the model fitted to it, p coefficients.
    scale
        What time is turned into: ``km`` (1 − S(t−) of everybody, R's default), ``identity`` or ``log`` of days, or
        the ``rank`` of the event times.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515
    """
    sets = data.risk_sets
    g = _turn_time(observations, scale)[sets.event_row]
    g = g - g.mean()
    residuals = compute_schoenfeld_residuals(data, state)
    weights = np.ones(len(g)) if data.weights is None else data.weights[sets.event_row]
    slope_score = residuals.T @ (weights * g)
    fixed, mixed, changing = (_information(data, state, multiplier) for multiplier in (np.ones(len(g)), g, g * g))
    p = len(names)
    method = describe_method("Score test of proportional hazards", PROPORTIONALITY, time_scale=scale)

    def test(name: str, chosen: list[int]) -> TestResult | Refusal:
        whole = np.block([[fixed, mixed[:, chosen]], [mixed[chosen], changing[np.ix_(chosen, chosen)]]])
        score = np.concatenate([np.zeros(p), slope_score[chosen]])
        solved = solve_positive(whole, score)
        if solved is None:
            return Refusal(
                "too_few_event_times",
                f"The events of {name} fall on too few days to see a change over time.",
                "Wait for more follow-up.",
            )
        statistic = float(score @ solved)
        return TestResult(name, statistic, len(chosen), compute_chi_squared_p(statistic, len(chosen)), method)

    tests = [test(name, [j]) for j, name in enumerate(names)]
    variance = solve_positive(fixed, np.eye(p))
    scaled = state.coefficients + len(g) * residuals @ (np.full((p, p), np.nan) if variance is None else variance)
    return ProportionalityResult(
        tuple(names), (*tests, test("all", list(range(p)))), sets.block_time[sets.event_block], scaled
    )


def _information(data: PartialLikelihood, state: PartialState, multiplier: FloatArray) -> FloatArray:
    """Sum over events the covariance of the covariates in the risk set times ``multiplier`` (e,), shape (p, p)."""
    sets = data.risk_sets
    centre = data.covariates.mean(axis=0)
    x, means = data.covariates - centre, compute_risk_set_means(data, state) - centre
    weight = np.ones(len(x)) if data.weights is None else data.weights
    expected = state.relative_risk * weight * sets.sum_while_at_risk(state.hazard * multiplier)
    return weighted_crossproduct(x, expected) - weighted_crossproduct(means, sets.event_weight * multiplier)


def _turn_time(observations: Observations, scale: TimeScale) -> FloatArray:
    """Return g(time) of each row, shape (n,)."""
    days = observations.days.astype(np.float64)
    match scale:
        case "identity":
            return days
        case "log":
            return np.log(days)
        case "rank":
            _, code, count = np.unique(days, return_inverse=True, return_counts=True)
            middle: FloatArray = np.cumsum(count) - (count - 1) / 2
            return middle[code]
        case "km":
            table = compute_life_table(observations)
            before = np.searchsorted(table.time, days, side="left") - 1
            return 1 - table.survival[before]
