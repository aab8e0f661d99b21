"""Hazard ratios between groups, by Cox's model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.cox_fit import CoxFit, fit_cox
from analytics.estimation.group_counts import Groups, count_groups, refuse_comparison, refuse_small_group
from analytics.estimation.observations import Observations
from analytics.estimation.risk_sets import Ties
from analytics.estimation.statsmodels_gate import compute_normal_p, compute_normal_quantile
from analytics.tables.results import Estimate, Refusal
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
    names = [groups.labels[code] for code in fitted]
    stratum = None if strata is None else np.asarray(strata)[rows]
    model = fit_cox(observations.take(rows), groups.indicators(fitted)[rows], names, stratum, ties, limits)
    if isinstance(model, Refusal):
        return tuple(refusals[code] or model for code in others)
    ratios = iter(_describe_ratios(model, names, groups.labels[base], level))
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


def _describe_ratios(model: CoxFit, names: list[str], reference: str, level: float) -> list[HazardRatio]:
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
