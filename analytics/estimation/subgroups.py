"""Does the effect of a treatment differ between kinds of patients? Effects by level, and the test of interaction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.group_counts import count_groups
from analytics.estimation.hazards import estimate_hazard_ratios, find_reference
from analytics.estimation.linear import solve_positive
from analytics.estimation.methods import INTERACTION, describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.statsmodels_gate import compute_chi_squared_p
from analytics.tables.results import FloatArray, HazardRatio, Refusal, SubgroupEffects, TestResult


def estimate_subgroup_effects(
    observations: Observations,
    group: ArrayLike,
    level: ArrayLike,
    characteristic: str,
    reference: str | None = None,
    settings: Settings | None = None,
) -> SubgroupEffects:
    """Estimate the hazard ratio of two groups in each level of a characteristic, and test that it is the same in all.

    Parameters
    ----------
    observations
        Follow-up of n lines, from `check_observations`.
    group
        Labels of two groups, shape (n,).
    level
        Labels of the characteristic's levels, shape (n,).
    characteristic
        Its name.
    reference
        Reference group; the first in sorted order when not given.

    Raises
    ------
    RefusedError
        When a label is missing, or there are not two groups.

    References
    ----------
    Assmann SF, Pocock SJ, Enos LE, Kasten LE. Lancet 2000;355:1064-1069. doi:10.1016/S0140-6736(00)02039-0
    """
    groups, levels = count_groups(observations, group), count_groups(observations, level)
    if len(groups.labels) != 2:
        raise RefusedError(
            f"Subgroup effects compare two groups, not {len(groups.labels)}.", "group", "Select two groups."
        )
    base = find_reference(groups, reference)
    labels = np.array(groups.labels, dtype=object)[groups.codes]
    effects: list[tuple[str, int, int, HazardRatio | Refusal]] = []
    for code, name in enumerate(levels.labels):
        rows = np.flatnonzero(levels.codes == code)
        part = observations.take(rows)
        missing_reference = not (groups.codes[rows] == base).any()
        (effect, *_) = estimate_hazard_ratios(
            part, labels[rows], None if missing_reference else groups.labels[base], settings=settings
        )
        effects.append((name, len(rows), part.n_events, effect))
    treated = (groups.codes != base).astype(np.float64)[:, None]
    indicators = levels.indicators(list(range(1, len(levels.labels))))
    interaction = _compare_effects(observations, treated, indicators, characteristic, settings)
    return SubgroupEffects(characteristic, tuple(effects), interaction)


def _compare_effects(
    observations: Observations,
    treated: FloatArray,
    levels: FloatArray,
    characteristic: str,
    settings: Settings | None,
) -> TestResult | Refusal:
    """Test the products of treatment and levels by Wald's statistic, robust where the model is."""
    extra = levels.shape[1]
    if extra == 0:
        return Refusal("one_level", f"{characteristic} has one level only.", "Choose a characteristic that varies.")
    others = [f"{characteristic} {j + 2}" for j in range(extra)]
    names = ["group", *others, *(f"group in {other}" for other in others)]
    model = estimate_cox_model(observations, np.hstack([treated, levels, treated * levels]), names, settings=settings)
    if isinstance(model, Refusal):
        return model
    products = slice(1 + extra, None)
    beta = np.array([term.coefficient for term in model.terms[products]])
    solved = solve_positive(model.covariance[products, products], beta)
    if solved is None:
        return Refusal("not_comparable", "The effects cannot be told apart.", "Join levels.")
    statistic = float(beta @ solved)
    method = describe_method("Wald test of interaction in a Cox model", INTERACTION, ties="Efron")
    return TestResult("Test of interaction", statistic, extra, compute_chi_squared_p(statistic, extra), method)
