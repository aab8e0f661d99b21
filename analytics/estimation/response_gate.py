# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
"""The door to statsmodels' response models: two proportions, generalised estimating equations, ordinal regression.

What statsmodels warns of on the way is judged at the end instead, by `GatedFit.has_converged`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import fisher_exact
from statsmodels.genmod.cov_struct import Exchangeable, Independence
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.stats.proportion import confint_proportions_2indep

from analytics.tables.results import FloatArray, IntArray

WorkingCorrelation = Literal["independence", "exchangeable"]
GRADIENT_AT_REST = 1e-4  # mean slope of the log-likelihood, over its number of rows, that still counts as a maximum


@dataclass(frozen=True, slots=True)
class GatedFit:
    """``coefficients`` (p,), ``covariance`` (p, p); ``log_likelihood`` or ``None``; ``has_converged``."""

    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float | None
    has_converged: bool


def compute_difference_interval(counts: tuple[int, int, int, int], level: float) -> tuple[float, float]:
    """Return Newcombe's limits of a difference of shares; ``counts`` is (x₁, n₁, x₀, n₀)."""
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=1 - level)
    return float(low), float(high)


def compute_ratio_interval(counts: tuple[int, int, int, int], level: float) -> tuple[float, float]:
    """Return Miettinen–Nurminen score limits of a ratio of shares; both shares must have responders."""
    low, high = confint_proportions_2indep(*counts, method="score", compare="ratio", alpha=1 - level)
    return float(low), float(high)


def compute_fisher_p(counts: tuple[int, int, int, int]) -> float:
    """Return Fisher's exact two-sided p value."""
    x1, n1, x0, n0 = counts
    return float(fisher_exact([[x1, n1 - x1], [x0, n0 - x0]]).pvalue)


def fit_estimating_equations(
    happened: FloatArray, design: FloatArray, cluster: IntArray, correlation: WorkingCorrelation
) -> GatedFit:
    """Fit a logistic GEE with robust covariance: ``happened`` (n,), ``design`` (n, p) with its intercept."""
    structure = Exchangeable() if correlation == "exchangeable" else Independence()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = GEE(happened, design, groups=cluster, family=Binomial(), cov_struct=structure).fit(
            maxiter=200, ctol=1e-10
        )  # fmt: skip
    return GatedFit(
        np.asarray(fit.params, dtype=np.float64), np.asarray(fit.cov_params(), dtype=np.float64), None,
        bool(fit.converged) and bool(np.isfinite(fit.cov_params()).all()),
    )  # fmt: skip


def fit_ordinal(category: IntArray, covariates: FloatArray) -> GatedFit:
    """Fit a proportional-odds model: ``category`` (n,) codes 0..k−1, ``covariates`` (n, p) without intercept.

    Coefficients are those of the covariates, then the k − 1 thresholds as statsmodels keeps them: the first, and logs
    of the steps between. Where a covariate separates the categories the search has no end: then it has not converged.
    """
    model = OrderedModel(category, covariates, distr="logit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit(method="bfgs", maxiter=500, gtol=1e-8, disp=False)
        try:
            fit = model.fit(method="newton", start_params=fit.params, maxiter=50, disp=False)
            covariance = np.asarray(fit.cov_params(), dtype=np.float64)
        except np.linalg.LinAlgError:
            # flat in some direction: statsmodels raises where the Hessian has no inverse
            covariance = np.full((len(fit.params), len(fit.params)), np.nan)
        slope = np.abs(model.score(fit.params)).max() / len(category)
    has_errors = bool(np.isfinite(covariance).all()) and bool((np.diag(covariance) > 0).all())
    return GatedFit(
        np.asarray(fit.params, dtype=np.float64), covariance, float(fit.llf),
        bool(slope <= GRADIENT_AT_REST) and has_errors,
    )  # fmt: skip
