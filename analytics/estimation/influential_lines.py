"""Which lines carry a Cox model: what each moves every coefficient by (R's ``residuals(fit, "dfbetas")``)."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.estimation.cox_fit import fit_cox
from analytics.estimation.linear import standard_errors
from analytics.estimation.observations import Observations
from analytics.estimation.partial_residuals import compute_influence
from analytics.estimation.risk_sets import Ties
from analytics.tables.results import FloatArray, Refusal


def estimate_influence(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    strata: ArrayLike | None = None,
    ties: Ties = "efron",
    settings: Settings | None = None,
) -> FloatArray | Refusal:
    """Estimate what each line moves the coefficients by, in model-based standard errors, shape (n, p).

    Parameters
    ----------
    observations, covariates, names, strata, ties, settings
        As in `estimate_cox_model`, whose fit this is about.

    Raises
    ------
    RefusedError
        When a covariate is missing or infinite, or shapes differ.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 7.1.
    """
    fitted = fit_cox(observations, covariates, names, strata, ties, settings)
    if isinstance(fitted, Refusal):
        return fitted
    return compute_influence(fitted.data, fitted.fit.state, fitted.fit.variance) / standard_errors(fitted.fit.variance)
