"""Missing covariates: counted, left out, and imputed, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.imputation_gate import impute_by_chained_equations
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import Observations
from analytics.estimation.student import compute_student_p, compute_student_quantiles
from analytics.estimation.sums import sum_by_code
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.model_results import Coefficient, PooledResult
from analytics.tables.results import Estimate, FloatArray, Refusal

RUBIN = "Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987. doi:10.1002/9780470316696"
WITH_OUTCOME = "White IR, Royston P. Stat Med 2009;28:1982-1998. doi:10.1002/sim.3618"
CYCLES = 10
MOST_MISSING = 0.6  # of a covariate: beyond it the model would mostly study what it imputed


@dataclass(frozen=True, slots=True)
class ImputedModel:
    """One Cox model twice: of the complete lines, and pooled over imputations.

    ``missing`` has one row a covariate: ``name``, ``n_missing``, ``missing_share``; ``n_complete`` lines have all.
    """

    missing: pl.DataFrame
    n_lines: int
    n_complete: int
    complete: RegressionResult | Refusal
    pooled: PooledResult | Refusal


def describe_missing(covariates: ArrayLike, names: Sequence[str]) -> pl.DataFrame:
    """Count what is missing (NaN) of each covariate: ``name``, ``n_missing``, ``missing_share``."""
    gaps = np.isnan(_as_table(covariates, names))
    return pl.DataFrame({"name": list(names), "n_missing": gaps.sum(axis=0), "missing_share": gaps.mean(axis=0)})


def estimate_imputed_cox_model(
    observations: Observations,
    covariates: ArrayLike,
    names: Sequence[str],
    stream: np.random.Generator,
    n_imputations: int = 20,
    settings: Settings | None = None,
    level: float = 0.95,
) -> ImputedModel:
    """Estimate a Cox model on complete lines and, beside it, by multiple imputation with Rubin's rules.

    The imputation knows the outcome, as event and cumulative hazard at the end of follow-up; leaving it out would draw
    hazard ratios towards 1. Values are assumed missing at random given the covariates and the outcome.

    Parameters
    ----------
    observations
        Follow-up of n lines.
    covariates
        Shape (n, p), NaN where missing.
    stream
        Source of chance, from a seed the answer names.

    Raises
    ------
    RefusedError
        When shapes differ or a value is infinite.

    References
    ----------
    White IR, Royston P. Stat Med 2009;28:1982-1998. doi:10.1002/sim.3618
    """
    x = _as_table(covariates, names)
    if len(x) != len(observations.days):
        raise RefusedError(f"{len(x)} rows for {len(observations.days)} lines.", "covariates", "One row a line.")
    missing = describe_missing(x, names)
    complete_rows = np.flatnonzero(~np.isnan(x).any(axis=1))
    complete = (
        estimate_cox_model(observations.take(complete_rows), x[complete_rows], names, settings=settings, level=level)
        if len(complete_rows)
        else Refusal("nobody_left", "No line has all covariates.", "Use fewer covariates, or the imputed model.")
    )
    pooled = _impute(observations, x, names, missing, (stream, n_imputations), settings, level)
    return ImputedModel(missing, len(x), len(complete_rows), complete, pooled)


def pool_estimates(
    estimates: FloatArray, covariances: FloatArray, names: Sequence[str], unit: str, level: float = 0.95
) -> PooledResult:
    """Pool estimates (m, p) with covariances (m, p, p) of m completed tables by Rubin's rules.

    References
    ----------
    Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987. doi:10.1002/9780470316696
    """
    m = len(estimates)
    if m < 2:
        raise RefusedError(f"{m} imputation.", "estimates", "Rubin's rules need at least two.")
    centre = estimates.mean(axis=0)
    within = covariances.mean(axis=0)
    between = np.atleast_2d(np.cov(estimates, rowvar=False)) * (1 + 1 / m)
    total = within + between
    added, kept = np.diag(between), np.diag(within)
    with np.errstate(divide="ignore"):
        freedom = (m - 1) * (1 + kept / added) ** 2
    increase = added / kept
    finite = np.minimum(freedom, 1e12)
    missing_share = (increase + 2 / (finite + 3)) / (increase + 1) * (added > 0)
    errors = np.sqrt(np.diag(total))
    half = compute_student_quantiles(level, finite) * errors
    p_values = compute_student_p(centre / errors, finite)
    coefficients = tuple(
        Coefficient(
            name, Estimate(float(centre[j]), float(centre[j] - half[j]), float(centre[j] + half[j]), unit, level),
            float(errors[j]), float(p_values[j]),
        )
        for j, name in enumerate(names)
    )  # fmt: skip
    method = describe_method("Multiple imputation", RUBIN, interval="t, Rubin's degrees of freedom", imputations=str(m))
    return PooledResult(coefficients, total, finite, missing_share, m, method)


def _impute(
    observations: Observations,
    x: FloatArray,
    names: Sequence[str],
    missing: pl.DataFrame,
    chance: tuple[np.random.Generator, int],
    settings: Settings | None,
    level: float,
) -> PooledResult | Refusal:
    gone = missing.filter(pl.col("missing_share") > MOST_MISSING)["name"].to_list()
    if gone:
        return Refusal(
            "mostly_missing",
            f"{', '.join(gone)}: missing in more than {MOST_MISSING:.0%} of lines.",
            "Leave it out, or study the lines that have it.",
        )
    stream, n_imputations = chance
    outcome = np.column_stack([observations.happened.astype(np.float64), _cumulative_hazard(observations)])
    tables = impute_by_chained_equations(np.column_stack([x, outcome]), n_imputations, CYCLES, stream)
    models = [estimate_cox_model(observations, table[:, : x.shape[1]], names, settings=settings) for table in tables]
    refusals = [model for model in models if isinstance(model, Refusal)]
    if refusals:
        return refusals[0]
    fitted = [model for model in models if isinstance(model, RegressionResult)]
    estimates = np.array([[term.coefficient for term in model.terms] for model in fitted])
    return pool_estimates(estimates, np.stack([model.covariance for model in fitted]), names, "log hazard ratio", level)


def _cumulative_hazard(observations: Observations) -> FloatArray:
    """Return the Nelson–Aalen cumulative hazard at each line's end, (n,)."""
    times, place = np.unique(observations.days, return_inverse=True)
    events = sum_by_code(place, observations.happened, len(times))
    ended = np.cumsum(sum_by_code(place, None, len(times)))
    entered = np.searchsorted(np.sort(observations.entry), times, side="left")
    at_risk = entered - np.concatenate([[0.0], ended[:-1]])
    return np.cumsum(events / at_risk)[place]


def _as_table(covariates: ArrayLike, names: Sequence[str]) -> FloatArray:
    x = np.asarray(covariates, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != len(names) or np.isinf(x).any():
        raise RefusedError(
            f"covariates have shape {x.shape} where (n, {len(names)}) of finite or missing numbers is needed.",
            "covariates",
            "One name a column, NaN where missing.",
        )
    return x
