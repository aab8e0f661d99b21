"""Residuals of a fitted Cox model and the sandwich variance they give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.estimation.linear import is_full_rank, solve_positive
from analytics.estimation.partial_likelihood import (
    SMALLEST_SHARE,
    PartialLikelihood,
    PartialState,
    compute_risk_set_means,
)
from analytics.estimation.sums import sum_rows_by_code
from analytics.tables.results import FloatArray, IntArray, Refusal


def compute_martingale_residuals(data: PartialLikelihood, state: PartialState) -> FloatArray:
    """Compute observed less expected events of each row, shape (n,), unweighted as R gives them."""
    sets = data.risk_sets
    residuals = -state.relative_risk * sets.sum_while_at_risk(state.hazard)
    residuals[sets.event_row] += 1
    return residuals


def compute_score_residuals(data: PartialLikelihood, state: PartialState) -> FloatArray:
    """Compute each row's part of the score, shape (n, p), unweighted (R: ``resid(fit, "score")``).

    Source: Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 4.2.
    """
    x, sets = data.covariates, data.risk_sets
    residuals = np.empty_like(x)
    expected = sets.sum_while_at_risk(state.hazard)
    means = compute_risk_set_means(data, state)
    n_tied = np.bincount(sets.event_block, minlength=sets.n_blocks)
    for j, column in enumerate(x.T):
        mean_sum = sets.sum_while_at_risk(state.hazard * means[:, j])
        residuals[:, j] = -state.relative_risk * (column * expected - mean_sum)
        block_mean = sets.sum_events(means[:, j]) / n_tied
        residuals[sets.event_row, j] += column[sets.event_row] - block_mean[sets.event_block]
    return residuals


def compute_schoenfeld_residuals(data: PartialLikelihood, state: PartialState) -> FloatArray:
    """Compute covariates less their risk-set mean at each event, shape (e, p), in the order of the blocks."""
    sets = data.risk_sets
    n_tied = np.bincount(sets.event_block, minlength=sets.n_blocks)
    means = compute_risk_set_means(data, state)
    block_means = np.stack([sets.sum_events(column) / n_tied for column in means.T], axis=1)
    return data.covariates[sets.event_row] - block_means[sets.event_block]


def compute_influence(
    data: PartialLikelihood, state: PartialState, variance: FloatArray, cluster: IntArray | None = None
) -> FloatArray:
    """Compute what each row, or each cluster, moves the coefficients by (R: weighted ``dfbeta``), shape (c, p)."""
    scores = compute_score_residuals(data, state)
    if data.weights is not None:
        scores = scores * data.weights[:, None]
    return sum_rows_by_code(cluster, scores) @ variance


def compute_sandwich(
    data: PartialLikelihood, state: PartialState, variance: FloatArray, cluster: IntArray | None = None
) -> FloatArray:
    """Compute the robust variance (p, p) of Lin and Wei 1989 (doi:10.1080/01621459.1989.10478874).

    lifelines ignores entry times here and statsmodels is 0.4 to 27 % off; this equals R's to 1e-9.
    """
    influence = compute_influence(data, state, variance, cluster)
    return influence.T @ influence


def refuse_empty_variance(robust: FloatArray, variance: FloatArray, names: Sequence[str]) -> Refusal | None:
    """Refuse robust errors that are 0, as when the same people are in all groups with the same days."""
    empty = np.diag(robust) <= SMALLEST_SHARE * np.diag(variance)
    if not empty.any():
        return None
    name = names[int(np.flatnonzero(empty)[0])]
    return Refusal(
        "no_variance",
        f"The patients' own parts in the effect of {name} cancel out, so its error cannot be estimated.",
        "Widen the selection, or choose one line a patient.",
    )


def compute_robust_score_statistic(
    data: PartialLikelihood, state: PartialState, cluster: IntArray | None = None
) -> float | None:
    """Compute the robust score chi-squared on p degrees of freedom, ``None`` where its variance is singular."""
    scores = compute_score_residuals(data, state)
    if data.weights is not None:
        scores = scores * data.weights[:, None]
    grouped = sum_rows_by_code(cluster, scores)
    total = grouped.sum(axis=0)
    variance = grouped.T @ grouped
    solved = solve_positive(variance, total) if is_full_rank(variance) else None
    return None if solved is None else float(total @ solved)
