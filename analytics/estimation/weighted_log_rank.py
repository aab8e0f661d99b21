"""The weighted log-rank family: weights for early or late differences, strata and late entry."""

from __future__ import annotations

from typing import Literal

import numpy as np

from analytics.estimation.linear import is_full_rank, solve_positive
from analytics.estimation.observations import Observations
from analytics.estimation.risk_sets import RiskSets, observed_risk_sets
from analytics.tables.results import FloatArray, IntArray

Weighting = Literal["log-rank", "peto", "tarone-ware", "gehan-breslow", "middle", "late"]

SURVIVAL_POWERS: dict[str, tuple[float, float]] = {"peto": (1, 0), "middle": (1, 1), "late": (0, 1)}
"""Fleming–Harrington powers (ρ, γ): the weight is S(t−)^ρ · (1 − S(t−))^γ."""


def compute_weighted_log_rank(
    observations: Observations, groups: IntArray, strata: IntArray | None, weighting: Weighting
) -> float | None:
    """Compute the chi-squared of a weighted log-rank test, or ``None`` where its variance is singular.

    Parameters
    ----------
    observations, groups, strata
        Follow-up of n lines and their codes, shape (n,). Within a stratum S is that of all its lines together.
    weighting
        ``peto`` (early), ``middle`` and ``late`` are Fleming–Harrington's; ``tarone-ware`` weighs by the square root
        of the number at risk, ``gehan-breslow`` by the number.

    References
    ----------
    Harrington DP, Fleming TR. Biometrika 1982;69:553-566. doi:10.1093/biomet/69.3.553
    Tarone RE, Ware J. Biometrika 1977;64:156-160. doi:10.1093/biomet/64.1.156
    """
    sets = observed_risk_sets(observations, strata, "breslow")
    indicators = [(groups == code).astype(np.float64) for code in range(int(groups.max()) + 1)]
    at_risk = np.stack([sets.sum_at_risk(indicator) for indicator in indicators], axis=1)
    events = np.stack([sets.sum_events(indicator[sets.event_row]) for indicator in indicators], axis=1)
    people, deaths = at_risk.sum(axis=1), events.sum(axis=1)
    weight = _compute_weights(sets, people, deaths, weighting)
    share = at_risk / people[:, None]
    score = weight @ (events - deaths[:, None] * share)
    spread = weight**2 * deaths * np.where(people > 1, (people - deaths) / np.maximum(people - 1, 1), 0)
    variance = np.diag(spread @ share) - share.T @ (spread[:, None] * share)
    score, variance = score[1:], variance[1:, 1:]
    solved = solve_positive(variance, score) if is_full_rank(variance) else None
    return None if solved is None else float(score @ solved)


def _compute_weights(sets: RiskSets, people: FloatArray, deaths: FloatArray, weighting: Weighting) -> FloatArray:
    match weighting:
        case "log-rank":
            return np.ones(len(people))
        case "gehan-breslow":
            return people
        case "tarone-ware":
            return np.sqrt(people)
        case _:
            early, late = SURVIVAL_POWERS[weighting]
            before = _survival_before(sets, 1 - deaths / people)
            return before**early * (1 - before) ** late


def _survival_before(sets: RiskSets, survived: FloatArray) -> FloatArray:
    """Return the product of ``survived`` over the earlier blocks of the same stratum, shape (b,)."""
    before = np.empty_like(survived)
    for start, stop in zip(sets.bounds[:-1], sets.bounds[1:], strict=True):
        before[start:stop] = np.concatenate([[1.0], np.cumprod(survived[start:stop])[:-1]])[: stop - start]
    return before
