"""Weights that make two groups alike in what was known at the start: inverse probability and overlap weights.

The chance of being in a group is that of a logistic model of the covariates. Errors of what is estimated with the
weights take them as known, which overstates the error a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.group_counts import refuse_events_per_parameter
from analytics.estimation.logistic_likelihood import maximise_plain
from analytics.estimation.methods import INVERSE_PROBABILITY, OVERLAP, describe_method
from analytics.estimation.observations import finite_numbers
from analytics.estimation.partial_likelihood import refuse_redundant
from analytics.tables.results import BoolArray, FloatArray, Refusal
from analytics.tables.weighting_results import BalanceRow, Weighting

WeightKind = Literal["inverse", "overlap"]
LARGEST_WEIGHT = 50.0
"""Times the mean of its group: beyond it one line speaks for its whole group, and the groups hardly overlap."""


@dataclass(frozen=True, slots=True)
class BalancingWeights:
    """``weights`` of n lines (n,), of mean 1 in each group, and what they did."""

    weights: FloatArray
    weighting: Weighting


def estimate_balancing_weights(
    is_first: BoolArray,
    groups: tuple[str, str],
    covariates: ArrayLike,
    names: Sequence[str],
    kind: WeightKind = "overlap",
    settings: Settings | None = None,
) -> BalancingWeights | Refusal:
    """Estimate weights that balance covariates between two groups.

    Parameters
    ----------
    is_first
        Whether a line is of the first group, shape (n,); the others are of the second.
    groups
        Names of the first and the second group.
    covariates, names
        Shape (n, p); one name a column.
    kind
        ``inverse``: as if everybody had been in each group; ``overlap``: those who could have been in either, whose
        means become equal exactly.

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.

    References
    ----------
    Robins JM, Hernán MA, Brumback B. Epidemiology 2000;11:550-560. doi:10.1097/00001648-200009000-00011
    Li F, Morgan KL, Zaslavsky AM. J Am Stat Assoc 2018;113:390-400. doi:10.1080/01621459.2016.1260466
    """
    x = finite_numbers("covariates", covariates)
    if x.shape != (len(is_first), len(names)):
        raise RefusedError(
            f"covariates have shape {x.shape} where ({len(is_first)}, {len(names)}) is needed.",
            "covariates",
            "Give one row a line and one name a column.",
        )
    smaller = int(min(is_first.sum(), (~is_first).sum()))
    refusal = (
        _refuse_nothing(names)
        or refuse_events_per_parameter(smaller, len(names), settings or Settings())
        or _refuse_constant(x, names)
    )
    if refusal:
        return refusal
    chance = _estimate_chance(is_first, x)
    if chance is None:
        return _refuse_apart(groups)
    odds = np.where(is_first, 1 / chance, 1 / (1 - chance)) if kind == "inverse" else np.where(
        is_first, 1 - chance, chance
    )  # fmt: skip
    weights = np.empty(len(odds))
    for part in (is_first, ~is_first):
        weights[part] = odds[part] / odds[part].mean()
    if weights.max() > LARGEST_WEIGHT:
        return _refuse_apart(groups)
    sizes = tuple(
        (group, int(part.sum()), float(weights[part].sum() ** 2 / (weights[part] ** 2).sum()))
        for group, part in zip(groups, (is_first, ~is_first), strict=True)
    )
    name, citation = (
        ("Inverse probability weights", INVERSE_PROBABILITY) if kind == "inverse" else ("Overlap weights", OVERLAP)
    )
    method = describe_method(
        name, citation, chance=f"logistic model of {len(names)} columns", errors="robust, the weights taken as known"
    )
    return BalancingWeights(weights, Weighting(kind, _compare_means(is_first, x, names, weights), sizes, method))


def _estimate_chance(is_first: BoolArray, x: FloatArray) -> FloatArray | None:
    """Return the chance of being in the first group (n,), ``None`` where the covariates tell the groups apart."""
    design = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    state = maximise_plain(design, is_first.astype(np.float64))
    return None if state is None else state.chance


def _compare_means(
    is_first: BoolArray, x: FloatArray, names: Sequence[str], weights: FloatArray
) -> tuple[BalanceRow, ...]:
    """Compare the groups' means in unweighted standard deviations (Austin PC. doi:10.1002/sim.3697)."""
    first, second = x[is_first], x[~is_first]
    spread = np.sqrt((first.var(axis=0, ddof=1) + second.var(axis=0, ddof=1)) / 2)
    spread = np.where(spread > 0, spread, 1.0)
    before = (first.mean(axis=0) - second.mean(axis=0)) / spread
    means = [np.average(part, axis=0, weights=weights[rows]) for part, rows in ((first, is_first), (second, ~is_first))]
    after = (means[0] - means[1]) / spread
    return tuple(BalanceRow(*row) for row in zip(names, before.tolist(), after.tolist(), strict=True))


def _refuse_nothing(names: Sequence[str]) -> Refusal | None:
    if names:
        return None
    return Refusal("nothing_to_balance", "No covariate was named to balance.", "Name at least one, such as grade.")


def _refuse_constant(x: FloatArray, names: Sequence[str]) -> Refusal | None:
    constant = np.flatnonzero(np.ptp(x, axis=0) == 0)
    return refuse_redundant(names[int(constant[0])]) if len(constant) else None


def _refuse_apart(groups: tuple[str, str]) -> Refusal:
    return Refusal(
        "groups_apart",
        f"The covariates tell {groups[0]} and {groups[1]} apart: some people could only have been in one of them.",
        "Balance fewer covariates, narrow the selection to people who could have had either, or use overlap weights.",
    )
