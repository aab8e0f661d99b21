"""Hazard ratios between groups, by Cox's model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.group_counts import (
    Groups,
    count_groups,
    note_events_per_parameter,
    refuse_comparison,
    refuse_events_per_parameter,
    refuse_small_group,
)
from analytics.estimation.methods import COX, describe_method
from analytics.estimation.observations import Observations, label_codes
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.partial_residuals import compute_sandwich, refuse_empty_variance
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.estimation.statsmodels_gate import compute_normal_p, compute_normal_quantile
from analytics.tables.results import Estimate, FloatArray, IntArray, Method, Refusal
from analytics.tables.survival_results import HazardRatio


def estimate_hazard_ratios(
    observations: Observations,
    group: ArrayLike,
    reference: str | None = None,
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
    settings: Settings | None = None,
) -> tuple[HazardRatio | Refusal, ...]:
    """Estimate the hazard of each group relative to ``reference``, or say why it cannot be given.

    A group with too few people or events is refused and left out of the model. Errors are robust, summed by person,
    when a person has several lines, and with weights.

    Parameters
    ----------
    observations
        Follow-up of n lines, from `check_observations`.
    group, strata
        Labels of shape (n,).
    reference
        Label of the reference group; the first in sorted order when not given.
    ties
        ``efron`` (default) or ``breslow``.
    settings
        Holds the thresholds of refusal; the catalogue's defaults when not given.

    Returns
    -------
    tuple of HazardRatio or Refusal
        One a group that is not the reference, in sorted order; a single refusal when nothing can be compared.

    Raises
    ------
    RefusedError
        When a label is missing or the reference is not one of the groups.
    """
    groups = count_groups(observations, group)
    refusal = refuse_comparison(groups)
    if refusal:
        return (refusal,)
    limits = settings or Settings()
    base = find_reference(groups, reference)
    others = [code for code in range(len(groups.labels)) if code != base]
    base_refusal = refuse_small_group(groups, base, limits)
    refusals = {code: base_refusal or refuse_small_group(groups, code, limits) for code in others}
    fitted = [code for code in others if refusals[code] is None]
    if not fitted:
        return tuple(refusal for refusal in refusals.values() if refusal)
    rows = np.isin(groups.codes, [base, *fitted])
    stratum = None if strata is None else label_codes(np.asarray(strata)[rows])[1]
    model = _fit_groups(
        observations.take(rows),
        groups.indicators(fitted)[rows],
        stratum,
        ties,
        limits,
        [groups.labels[code] for code in fitted],
    )
    if isinstance(model, Refusal):
        return tuple(refusals[code] or model for code in others)
    ratios = iter(_describe_ratios(model, [groups.labels[code] for code in fitted], groups.labels[base], level))
    return tuple(refusals[code] or next(ratios) for code in others)


def find_reference(groups: Groups, reference: str | None) -> int:
    """Return the code of the reference group.

    Raises
    ------
    RefusedError
        When there is no such group.
    """
    if reference is None:
        return 0
    if reference not in groups.labels:
        raise RefusedError(
            f"There is no group «{reference}».", "reference", f"Choose one of: {', '.join(groups.labels)}."
        )
    return groups.labels.index(reference)


@dataclass(frozen=True, slots=True)
class _GroupModel:
    coefficients: FloatArray
    errors: FloatArray
    is_robust: bool
    method: Method


def _fit_groups(
    observations: Observations,
    indicators: FloatArray,
    strata: IntArray | None,
    ties: Ties,
    settings: Settings,
    names: list[str],
) -> _GroupModel | Refusal:
    refusal = refuse_events_per_parameter(observations.n_events, len(names), settings)
    if refusal:
        return refusal
    data = PartialLikelihood(indicators, observed_risk_sets(observations, strata, ties), observations.weights)
    fit = maximise_partial_likelihood(data, names)
    if isinstance(fit, Refusal):
        return fit
    is_robust = observations.needs_robust_errors
    variance = compute_sandwich(data, fit.state, fit.variance, observations.cluster) if is_robust else fit.variance
    refusal = refuse_empty_variance(variance, fit.variance, names)
    if refusal:
        return refusal
    method = describe_method(
        "Cox proportional hazards model",
        COX,
        interval="Wald on the log scale",
        ties=ties.capitalize(),
        errors="robust, clustered by patient" if is_robust else "model-based",
        **note_events_per_parameter(observations.n_events, len(names), settings),
    )
    return _GroupModel(fit.state.coefficients, np.sqrt(np.diag(variance)), is_robust, method)


def _describe_ratios(model: _GroupModel, names: list[str], reference: str, level: float) -> list[HazardRatio]:
    z = compute_normal_quantile(level)
    ratio, low, high = (np.exp(model.coefficients + side * z * model.errors) for side in (0, -1, 1))
    return [
        HazardRatio(
            name,
            reference,
            Estimate(float(ratio[i]), float(low[i]), float(high[i]), "ratio", level),
            compute_normal_p(model.coefficients[i] / model.errors[i]),
            model.is_robust,
            model.method,
        )
        for i, name in enumerate(names)
    ]
