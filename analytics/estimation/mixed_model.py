"""Linear mixed models: values of patients over time, each with random effects of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import RefusedError
from analytics.estimation.minimise import Minimum, minimise
from analytics.estimation.mixed_model_likelihood import Criterion, compute_profile
from analytics.estimation.mixed_model_sums import PatientSums, Scales, compute_scales, compute_sums
from analytics.estimation.observations import finite_numbers, label_codes
from analytics.tables.results import FloatArray, IntArray, Refusal

SINGULAR_SHARE = 1e-8  # smallest over largest variance of the scaled random effects; lme4 takes 1e-4 of a root
MOST_RANDOM = 6
MOST_RESTARTS = 4


@dataclass(frozen=True, slots=True)
class MixedData:
    """n values of m patients: ``outcome`` (n,), ``fixed`` (n, p), ``random`` (n, q), ``patient`` codes (n,).

    ``labels`` names the patients in the order of their codes.
    """

    outcome: FloatArray
    fixed: FloatArray
    random: FloatArray
    patient: IntArray
    labels: tuple[Any, ...]
    fixed_names: tuple[str, ...]
    random_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MixedFit:
    """A fitted linear mixed model, in the units of its data.

    ``coefficients`` (p,) with ``covariance`` (p, p) as lme4 gives it (variance parameters taken as known);
    ``random_covariance`` (q, q); ``residual_variance`` σ²; ``log_likelihood`` restricted under REML. ``is_singular``:
    some combination of the random effects has no variance.
    """

    coefficients: FloatArray
    covariance: FloatArray
    random_covariance: FloatArray
    residual_variance: float
    log_likelihood: float
    criterion: Criterion
    n_values: int
    n_patients: int
    is_singular: bool


def check_mixed_data(
    outcome: ArrayLike,
    fixed: ArrayLike,
    random: ArrayLike,
    patient: ArrayLike,
    fixed_names: Sequence[str],
    random_names: Sequence[str],
) -> MixedData:
    """Check the arrays of a mixed model and give them their types.

    Parameters
    ----------
    outcome
        Values, shape (n,).
    fixed, random
        Designs, shapes (n, p) and (n, q) with q at most 6; a column of ones is the intercept.
    patient
        Labels of shape (n,), in any order.

    Raises
    ------
    RefusedError
        When a value is missing or infinite, or shapes do not fit.
    """
    values = finite_numbers("outcome", outcome)
    designs = finite_numbers("fixed", fixed), finite_numbers("random", random)
    for name, design, names in (("fixed", designs[0], fixed_names), ("random", designs[1], random_names)):
        if design.ndim != 2 or design.shape != (len(values), len(names)) or len(names) == 0:
            raise RefusedError(
                f"{name} has shape {design.shape} where ({len(values)}, {len(names)}) is needed.",
                name,
                "Give one row a value and one named column an effect.",
            )
    if len(random_names) > MOST_RANDOM:
        raise RefusedError(
            f"{len(random_names)} random effects a patient.", "random", f"At most {MOST_RANDOM} can be told apart."
        )
    labels, codes = label_codes(patient)
    if len(codes) != len(values):
        raise RefusedError(
            f"patient has {len(codes)} values where outcome has {len(values)}.", "patient", "Give one label a value."
        )
    return MixedData(values, *designs, codes, tuple(labels), tuple(fixed_names), tuple(random_names))


def fit_mixed_model(data: MixedData, criterion: Criterion = "REML") -> MixedFit | Refusal:
    """Fit a linear mixed model with correlated random effects.

    Parameters
    ----------
    data
        From `check_mixed_data`.
    criterion
        ``REML`` for variances, ``ML`` to compare models with different fixed effects.

    Returns
    -------
    MixedFit or Refusal
        A refusal when a column is redundant, the random effects cannot be told from the residual, nothing is left to
        explain, or no maximum was reached; never an estimate that is not one.

    References
    ----------
    Laird NM, Ware JH. Biometrics 1982;38:963-974. doi:10.2307/2529876
    Bates D et al. J Stat Softw 2015;67(1). doi:10.18637/jss.v067.i01
    """
    if len(data.outcome) <= data.fixed.shape[1] + 1 or len(data.labels) < 2:
        return Refusal(
            "too_few_values",
            f"{len(data.outcome)} values of {len(data.labels)} patients are too few for {data.fixed.shape[1]} effects.",
            "Use fewer effects, or widen the selection.",
        )
    scales = compute_scales(data.outcome, data.fixed, data.random, list(data.fixed_names), list(data.random_names))
    if isinstance(scales, Refusal):
        return scales
    sums = compute_sums(data.outcome, data.fixed, data.random, data.patient, len(data.labels), scales)
    try:
        minimum, root = _minimise_deviance(sums, criterion)
        return _judge(minimum, root) or _describe(root, sums, scales, criterion)
    except np.linalg.LinAlgError:
        return Refusal(
            "not_identified",
            "Patients differ so much more than their own values scatter that the scatter is lost in rounding.",
            "Use fewer random effects, or patients with more values.",
        )


def unpack_root(numbers: FloatArray, q: int) -> FloatArray:
    """Return the lower triangular (q, q) matrix of its q(q + 1)/2 numbers, row by row."""
    root = np.zeros((q, q))
    root[np.tril_indices(q)] = numbers
    return root


def _minimise_deviance(sums: PatientSums, criterion: Criterion) -> tuple[Minimum, FloatArray]:
    """Search for the best Λ; return how the search ended, and Λ (q, q).

    Where patients differ far more than their values scatter, Λ is large and the deviance flat on its scale: a search
    that stops short goes on in multiples of the Λ it has reached.
    """
    q = sums.n_random
    lower = np.tril_indices(q)
    reached = np.eye(q)

    def objective(numbers: FloatArray) -> tuple[float, FloatArray]:
        state = compute_profile(sums, reached @ unpack_root(numbers, q), criterion)
        return state.deviance, (reached.T @ state.gradient)[lower]

    minimum = minimise(objective, np.eye(q)[lower])
    for _ in range(MOST_RESTARTS):
        root = reached @ unpack_root(minimum.point, q)
        if (minimum.has_converged and not minimum.n_flat) or is_singular_root(root):
            break
        reached = root
        minimum = minimise(objective, np.eye(q)[lower])
    return minimum, reached @ unpack_root(minimum.point, q)


def _judge(minimum: Minimum, root: FloatArray) -> Refusal | None:
    if not minimum.has_converged:
        return Refusal(
            "not_converged",
            f"The search for the most likely model stopped before it arrived (still to gain: {minimum.gain:.2g}).",
            "Use fewer random effects or a simpler time course.",
        )
    if minimum.n_flat and not is_singular_root(root):
        return Refusal(
            "not_identified",
            "The random effects cannot be told from the residual: patients have too few values.",
            "Use fewer random effects, or patients with more values.",
        )
    return None


def is_singular_root(root: FloatArray) -> bool:
    """Tell whether some combination of the random effects has no variance."""
    variances = np.linalg.eigvalsh(root @ root.T)
    return bool(variances[0] <= SINGULAR_SHARE * max(float(variances[-1]), 1.0))


def _describe(root: FloatArray, sums: PatientSums, scales: Scales, criterion: Criterion) -> MixedFit:
    state = compute_profile(sums, root, criterion)
    fixed_back, random_back = np.linalg.inv(scales.fixed_root), np.linalg.inv(scales.random_root)
    variance = state.variance * scales.outcome**2
    freedom = sums.n if criterion == "ML" else sums.n - sums.n_fixed
    log_likelihood = -state.deviance / 2 - freedom * float(np.log(scales.outcome))
    if criterion == "REML":
        log_likelihood -= float(np.log(np.diag(scales.fixed_root)).sum())
    relative = random_back @ root
    return MixedFit(
        scales.least_squares + scales.outcome * fixed_back @ state.coefficients,
        variance * fixed_back @ state.unit_covariance @ fixed_back.T,
        variance * relative @ relative.T,
        variance,
        log_likelihood,
        criterion,
        sums.n,
        sums.ztz.shape[2],
        is_singular_root(root),
    )
