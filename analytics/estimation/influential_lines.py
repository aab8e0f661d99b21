"""Which lines carry a Cox model: what each moves every coefficient by (R's ``residuals(fit, "dfbetas")``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.estimation.cox_model import check_covariates
from analytics.estimation.linear import standard_errors
from analytics.estimation.observations import Observations, label_codes
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.partial_residuals import compute_influence
from analytics.estimation.risk_sets import Ties, observed_risk_sets
from analytics.tables.results import FloatArray, Refusal


def estimate_influence(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
) -> FloatArray | Refusal:
    """Estimate what each line moves the coefficients by, in model-based standard errors, shape (n, p).

    Parameters
    ----------
    observations, covariates, names, strata, ties
        As in `estimate_cox_model`, whose fit this is about.

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 7.1.
    """
    x = check_covariates(observations, covariates, names)
    stratum = None if strata is None else label_codes(strata)[1]
    data = PartialLikelihood(
        np.asfortranarray(x), observed_risk_sets(observations, stratum, ties), observations.weights
    )
    fit = maximise_partial_likelihood(data, names)
    if isinstance(fit, Refusal):
        return fit
    return compute_influence(data, fit.state, fit.variance) / standard_errors(fit.variance)
