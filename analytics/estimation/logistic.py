"""Odds of a response by covariates: logistic, penalised, repeated and ordinal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.group_counts import refuse_events_per_parameter
from analytics.estimation.logistic_likelihood import LogisticState, maximise_penalised, maximise_plain
from analytics.estimation.methods import describe_method
from analytics.estimation.observations import finite_numbers, label_codes
from analytics.estimation.statsmodels_gate import (
    compute_chi_squared_p,
    compute_chi_squared_quantile,
    compute_normal_p,
    compute_normal_quantile,
)
from analytics.tables.model_results import Coefficient, OddsResult
from analytics.tables.results import Estimate, FloatArray, IntArray, Method, Refusal

Penalty = Literal["when separated", "always"]
FIRTH = "Heinze G, Schemper M. Stat Med 2002;21:2409-2419. doi:10.1002/sim.1047"
LOGISTIC = "Cox DR. J R Stat Soc B 1958;20:215-242. doi:10.1111/j.2517-6161.1958.tb00292.x"
MOST_BISECTIONS = 200
LIMIT_PRECISION = 1e-9  # of a penalised limit, in standard errors


def estimate_logistic_model(
    happened: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    penalty: Penalty = "when separated",
    settings: Settings | None = None,
    level: float = 0.95,
) -> OddsResult | Refusal:
    """Estimate odds ratios, penalised after Firth where a covariate separates responders from the others.

    Parameters
    ----------
    happened
        Whether each of n independent units responded, (n,), boolean. Units of one person: `estimate_repeated_response`.
    covariates
        Shape (n, p), without an intercept; one is added.
    penalty
        ``always`` penalises also where it need not be; it is for few responders, and then none is too few.

    Returns
    -------
    OddsResult or Refusal
        Coefficients start with ``intercept``. Penalised ones have profile likelihood limits and tests, the others
        Wald's.

    Raises
    ------
    RefusedError
        When values are missing or shapes differ.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38. doi:10.1093/biomet/80.1.27
    Heinze G, Schemper M. Stat Med 2002;21:2409-2419. doi:10.1002/sim.1047
    """
    response, design, all_names = check_response(happened, covariates, names)
    n_events = int(min(response.sum(), len(response) - response.sum()))
    if penalty != "always":
        refusal = refuse_response(response, len(names), settings or Settings())
        if refusal:
            return refusal
    scale = np.append(1.0, design[:, 1:].std(axis=0))
    if (scale <= 0).any() or np.linalg.matrix_rank(design / scale) < len(scale):
        return refuse_redundant()
    scaled = design / scale
    state = maximise_plain(scaled, response) if penalty == "when separated" else None
    if state is not None:
        errors = np.sqrt(np.diag(state.covariance)) / scale
        log_likelihood = state.log_likelihood
        method = describe_method("Logistic regression", LOGISTIC, interval="Wald on the log scale")
        coefficients = describe_coefficients(all_names, state.coefficients / scale, errors, level)
    else:
        state = maximise_penalised(scaled, response, np.zeros(len(scale)), np.ones(len(scale), dtype=bool))
        if state is None:
            return refuse_redundant()
        log_likelihood = state.log_likelihood + float(np.log(scale).sum())
        method = describe_method("Firth-penalised logistic regression", FIRTH, interval="profile penalised likelihood")
        coefficients = _profile_coefficients(all_names, scaled, response, state, scale, level)
    return describe_odds(
        "Logistic regression", coefficients, state.covariance / np.outer(scale, scale), log_likelihood,
        (len(response), len(response), n_events), method,
    )  # fmt: skip


def check_response(
    happened: ArrayLike, covariates: ArrayLike, names: Sequence[str]
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return response as 0/1 (n,), design with intercept (n, p + 1) and the names of its columns.

    Raises
    ------
    RefusedError
        When ``happened`` is not boolean, or shapes differ.
    """
    truth, x = np.asarray(happened), finite_numbers("covariates", covariates)
    if truth.dtype != np.bool_:
        raise RefusedError("happened is not made of truth values.", "happened", "Use True for a response.")
    if x.shape != (len(truth), len(names)):
        raise RefusedError(
            f"covariates have shape {x.shape} where ({len(truth)}, {len(names)}) is needed.",
            "covariates",
            "Give one row a unit and one name a column.",
        )
    return truth.astype(np.float64), np.column_stack([np.ones(len(truth)), x]), ["intercept", *names]


def refuse_response(response: FloatArray, n_parameters: int, settings: Settings) -> Refusal | None:
    """Refuse a model of all or nobody responding, or with too few of either for its parameters."""
    fewer = int(min(response.sum(), len(response) - response.sum()))
    if fewer == 0:
        return Refusal(
            "no_contrast", "All responded, or nobody did.", "Widen the selection, or choose another response rule."
        )  # fmt: skip
    return refuse_events_per_parameter(fewer, max(n_parameters, 1), settings)


def refuse_redundant() -> Refusal:
    """Refuse a covariate that says nothing of its own."""
    return Refusal(
        "redundant_covariate", "A covariate does not vary, or the others already say it.", "Leave it out."
    )  # fmt: skip


def describe_coefficients(
    names: Sequence[str], values: FloatArray, errors: FloatArray, level: float
) -> tuple[Coefficient, ...]:
    """Return log odds ratios with Wald limits and tests."""
    z = compute_normal_quantile(level)
    return tuple(
        Coefficient(
            name,
            Estimate(float(b), float(b - z * e), float(b + z * e), "log odds", level),
            float(e),
            compute_normal_p(float(b / e)),
        )
        for name, b, e in zip(names, values, errors, strict=True)
    )


def describe_odds(
    name: str,
    coefficients: tuple[Coefficient, ...],
    covariance: FloatArray,
    log_likelihood: float | None,
    counts: tuple[int, int, int],
    method: Method,
) -> OddsResult:
    """Return the result with its odds ratios; ``counts`` is (rows, patients, fewer of responders and others)."""
    ratios = tuple(_as_ratio(coefficient.estimate) for coefficient in coefficients)
    is_penalised = "Firth" in method.name
    return OddsResult(name, coefficients, ratios, covariance, log_likelihood, *counts, is_penalised, method)


def _as_ratio(estimate: Estimate) -> Estimate:
    value, low, high = (None if x is None else float(np.exp(x)) for x in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, low, high, "ratio", estimate.level)


def count_clusters(cluster: ArrayLike, n: int) -> tuple[IntArray, int]:
    """Return codes of persons (n,) and their number.

    Raises
    ------
    RefusedError
        When lengths differ or a label is missing.
    """
    labels, codes = label_codes(cluster)
    if len(codes) != n:
        raise RefusedError(f"cluster has {len(codes)} values where {n} are needed.", "cluster", "One label a row.")
    return codes, len(labels)


def _profile_coefficients(
    names: Sequence[str],
    design: FloatArray,
    response: FloatArray,
    state: LogisticState,
    scale: FloatArray,
    level: float,
) -> tuple[Coefficient, ...]:
    errors = np.sqrt(np.diag(state.covariance))
    found: list[Coefficient] = []
    for j, name in enumerate(names):
        without = _fix(design, response, state, j, 0.0)
        p_value = compute_chi_squared_p(max(2 * (state.log_likelihood - without), 0.0), 1)
        low, high = (_find_limit(design, response, state, j, side * errors[j], level) for side in (-1, 1))
        estimate = Estimate(
            float(state.coefficients[j] / scale[j]), low / float(scale[j]), high / float(scale[j]), "log odds", level
        )  # fmt: skip
        found.append(Coefficient(name, estimate, float(errors[j] / scale[j]), p_value))
    return tuple(found)


def _fix(design: FloatArray, response: FloatArray, state: LogisticState, j: int, value: float) -> float:
    """Return the best penalised log-likelihood with coefficient ``j`` held at ``value``."""
    start = state.coefficients.copy()
    start[j] = value
    free = np.arange(len(start)) != j
    held = maximise_penalised(design, response, start, free)
    return -np.inf if held is None else held.log_likelihood


def _find_limit(
    design: FloatArray, response: FloatArray, state: LogisticState, j: int, step: float, level: float
) -> float:
    """Find where the penalised log-likelihood has fallen by half the chi-squared quantile, by bisection."""
    floor = state.log_likelihood - compute_chi_squared_quantile(level, 1) / 2
    inside, outside = float(state.coefficients[j]), float(state.coefficients[j]) + step
    while _fix(design, response, state, j, outside) > floor and abs(outside - inside) < 1e3 * abs(step):
        outside += 2 * (outside - float(state.coefficients[j]))
    for _ in range(MOST_BISECTIONS):
        middle = (inside + outside) / 2
        if _fix(design, response, state, j, middle) > floor:
            inside = middle
        else:
            outside = middle
        if abs(outside - inside) <= LIMIT_PRECISION * abs(step):
            break
    return (inside + outside) / 2
