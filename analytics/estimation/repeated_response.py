"""Odds of a response when a person has several lines or the response several grades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.logistic import (
    check_response,
    count_clusters,
    describe_coefficients,
    describe_odds,
    refuse_redundant,
    refuse_response,
)
from analytics.estimation.logistic_likelihood import maximise_plain
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import finite_numbers
from analytics.estimation.response_gate import WorkingCorrelation, fit_estimating_equations, fit_ordinal
from analytics.tables.model_results import OddsResult
from analytics.tables.results import Refusal

ESTIMATING_EQUATIONS = "Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13"
PROPORTIONAL_ODDS = "McCullagh P. J R Stat Soc B 1980;42:109-142. doi:10.1111/j.2517-6161.1980.tb01109.x"
LARGEST_LOGIT = 15.0  # of a standardised covariate: no finite odds ratio fits
FEWEST_PERSONS = 20  # below it the robust errors are too small


def estimate_repeated_response(
    happened: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    cluster: ArrayLike,
    correlation: WorkingCorrelation = "exchangeable",
    settings: Settings | None = None,
    level: float = 0.95,
) -> OddsResult | Refusal:
    """Estimate odds ratios averaged over people who may have several rows, by generalised estimating equations.

    Parameters
    ----------
    happened, covariates, names
        As in `estimate_logistic_model`, one row a line or visit.
    cluster
        Labels of persons, (n,); errors are robust and summed by person.
    correlation
        Working correlation within a person.

    References
    ----------
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13
    """
    response, design, all_names = check_response(happened, covariates, names)
    codes, n_persons = count_clusters(cluster, len(response))
    refusal = refuse_response(response, len(names), settings or Settings())
    if refusal:
        return refusal
    if n_persons < FEWEST_PERSONS:
        return Refusal(
            "too_few_patients",
            f"{n_persons} people: robust errors need at least {FEWEST_PERSONS}.",
            "Take one line a person and use logistic regression.",
        )
    scale = np.append(1.0, design[:, 1:].std(axis=0))
    if (scale <= 0).any() or np.linalg.matrix_rank(design / scale) < len(scale):
        return refuse_redundant()
    has_maximum = maximise_plain(design / scale, response) is not None
    fit = fit_estimating_equations(response, design / scale, codes, correlation) if has_maximum else None
    if fit is None or not fit.has_converged:
        return _refuse_runaway()
    if (np.diag(fit.covariance) <= 0).any():
        return _refuse_empty_variance()
    covariance = fit.covariance / np.outer(scale, scale)
    coefficients = describe_coefficients(all_names, fit.coefficients / scale, np.sqrt(np.diag(covariance)), level)
    method = describe_method(
        "Logistic generalised estimating equations", ESTIMATING_EQUATIONS, "statsmodels",
        interval="Wald on the log scale", correlation=correlation, errors="robust, clustered by patient",
    )  # fmt: skip
    fewer = int(min(response.sum(), len(response) - response.sum()))
    return describe_odds(
        "Repeated response", coefficients, covariance, None, (len(response), n_persons, fewer), method
    )  # fmt: skip


def estimate_ordinal_model(
    category: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    settings: Settings | None = None,
    level: float = 0.95,
) -> OddsResult | Refusal:
    """Estimate the odds of a higher category by covariates, the same at every cut (proportional odds).

    Parameters
    ----------
    category
        Ordered codes 0..k−1, (n,), lowest first (for example PD, SD, PR, CR); one row a person.
    covariates
        Shape (n, p).

    References
    ----------
    McCullagh P. J R Stat Soc B 1980;42:109-142. doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    codes, x = finite_numbers("category", category), finite_numbers("covariates", covariates)
    if x.shape != (len(codes), len(names)) or (codes != np.rint(codes)).any():
        raise RefusedError("category or covariates have the wrong form.", "category", "Whole codes, one row each.")
    codes = np.unique(codes, return_inverse=True)[1]
    counts = np.bincount(codes)
    if len(counts) < 2:
        return Refusal("no_contrast", "All are in one category.", "Widen the selection.")
    outside_largest = int(len(codes) - counts.max())
    refusal = refuse_response(
        np.repeat([1.0, 0.0], [outside_largest, counts.max()]), len(names), settings or Settings()
    )
    scale = x.std(axis=0)
    if refusal or (scale <= 0).any() or np.linalg.matrix_rank(x - x.mean(axis=0)) < len(names):
        return refusal or refuse_redundant()
    fit = fit_ordinal(codes, (x - x.mean(axis=0)) / scale)
    p = len(names)
    if not fit.has_converged:
        return _refuse_runaway()
    largest = max(np.abs(fit.coefficients[:p]).max(), np.sqrt(np.diag(fit.covariance)[:p]).max())
    if largest > LARGEST_LOGIT:
        return _refuse_runaway()
    covariance = fit.covariance[:p, :p] / np.outer(scale, scale)
    coefficients = describe_coefficients(names, fit.coefficients[:p] / scale, np.sqrt(np.diag(covariance)), level)
    method = describe_method(
        "Proportional odds model", PROPORTIONAL_ODDS, "statsmodels", interval="Wald on the log scale"
    )  # fmt: skip
    return describe_odds(
        "Ordinal response", coefficients, covariance, fit.log_likelihood,
        (len(codes), len(codes), outside_largest), method,
    )  # fmt: skip


def _refuse_empty_variance() -> Refusal:
    return Refusal(
        "no_variance",
        "The patients' own parts in an effect cancel out, so its robust error cannot be estimated.",
        "Widen the selection, or take one line a person and use logistic regression.",
    )


def _refuse_runaway() -> Refusal:
    return Refusal(
        "separated",
        "No finite odds ratio fits: a covariate separates those who responded from those who did not.",
        "Join categories, or use the penalised logistic model on one line a person.",
    )
