"""The course of a marker by treatment: a mixed model with a curve in time for each group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analytics.estimation.linear import solve_positive
from analytics.estimation.methods import describe_method
from analytics.estimation.mixed_model import MixedFit, check_mixed_data
from analytics.estimation.mixed_model_likelihood import Criterion
from analytics.estimation.mixed_model_prediction import predict_average
from analytics.estimation.mixed_model_result import MIXED_MODEL, estimate_mixed_model
from analytics.estimation.observations import finite_numbers, label_codes
from analytics.estimation.splines import NaturalSpline, place_knots
from analytics.estimation.statsmodels_gate import compute_chi_squared_p, compute_normal_quantile
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.results import FloatArray, IntArray, Refusal, TestResult

N_CURVE_POINTS = 61
FEWEST_PATIENTS = 5
ROUNDING = 1e-9  # months: the last point of a curve is the last month seen but for rounding


def estimate_marker_course(
    frame: pl.DataFrame,
    *,
    outcome: str,
    reference: str | None = None,
    n_curve: int = 1,
    criterion: Criterion = "REML",
    level: float = 0.95,
) -> MarkerCourseResult | Refusal:
    """Estimate the average course of each group, people differing in level and slope.

    Parameters
    ----------
    frame
        One row a value: ``group`` (str), ``patient`` (the unit whose values belong together: patient or line),
        ``months`` since time zero, ``value`` (the logarithm of the marker, or the limit it lies beyond) and ``beyond``
        (−1 at or below ``value``, 1 at or above, 0 the value itself).
    outcome
        Name of the outcome with its unit, for example «ln fold-ULN CgA».
    reference
        Group the others are compared with; the first in sorted order when not given.
    n_curve
        Parameters of the curve in time: 1 a straight line, more a natural cubic spline.

    Raises
    ------
    RefusedError
        When a number is missing, or the times do not carry the curve.

    References
    ----------
    Laird NM, Ware JH. Biometrics 1982;38:963-974. doi:10.2307/2529876
    """
    if frame.is_empty():
        return Refusal("nobody_left", f"No value of {outcome} is left.", "Widen the selection.")
    names, codes = label_codes(frame["group"].to_numpy())
    labels = [str(name) for name in names]
    order = sorted(range(len(labels)), key=lambda code: (labels[code] != reference, labels[code]))
    place = np.argsort(order)[codes].astype(np.int64)
    groups = tuple(labels[code] for code in order)
    small = _refuse_small(frame, groups)
    if small:
        return small
    months = finite_numbers("months", frame["months"].to_numpy())
    spline = None if n_curve == 1 else place_knots(months, n_curve)
    terms = ["intercept", *(f"time {j + 1}" for j in range(n_curve))] if n_curve > 1 else ["intercept", "months"]
    all_terms = terms + [name if term == "intercept" else f"{name} × {term}" for name in groups[1:] for term in terms]
    data = check_mixed_data(
        frame["value"].to_numpy(), _design(months, place, len(groups), spline),
        np.column_stack([np.ones(len(months)), months]), frame["patient"].to_numpy(),
        all_terms, ["intercept", "months"],
    )  # fmt: skip
    found = estimate_mixed_model(data, outcome, frame["beyond"].to_numpy(), criterion, level)
    if isinstance(found, Refusal):
        return found
    model, fit = found
    seen = pl.DataFrame({"place": place, "patient": frame["patient"], "months": months})
    curves = [_draw_curve(fit, spline, seen.filter(place=g), (g, groups), level) for g in range(len(groups))]
    return MarkerCourseResult(groups, model, pl.concat(curves), _compare_groups(fit, len(groups), len(terms)))


def _design(months: FloatArray, place: IntArray, n_groups: int, spline: NaturalSpline | None) -> FloatArray:
    """Return intercept and curve, and both again for each group but the first, (n, terms × groups)."""
    curve = months[:, None] if spline is None else spline.basis(months)
    own = np.column_stack([np.ones(len(months)), curve])
    return np.column_stack([own, *(own * (place == g)[:, None] for g in range(1, n_groups))])


def _refuse_small(frame: pl.DataFrame, groups: Sequence[str]) -> Refusal | None:
    counts = frame.group_by("group").agg(pl.col("patient").n_unique())
    for group, n_patients in counts.sort("group").iter_rows():
        if n_patients < FEWEST_PATIENTS:
            return Refusal(
                "too_few_patients",
                f"{group} has {n_patients} patients with values; a course needs at least {FEWEST_PATIENTS}.",
                "Join groups or widen the selection." if len(groups) > 1 else "Widen the selection.",
            )
    return None


def _draw_curve(
    fit: MixedFit, spline: NaturalSpline | None, seen: pl.DataFrame, group: tuple[int, Sequence[str]], level: float
) -> pl.DataFrame:
    """Return the curve of one group over the months it was followed; ``seen`` holds its values."""
    number, groups = group
    last = np.sort(seen.group_by("patient").agg(pl.col("months").max())["months"].to_numpy())
    months = np.linspace(float(seen["months"].to_numpy().min()), float(last[-1]), N_CURVE_POINTS)
    fixed = _design(months, np.full(N_CURVE_POINTS, number), len(groups), spline)
    average = predict_average(fit, fixed, np.column_stack([np.ones(N_CURVE_POINTS), months]))
    z = compute_normal_quantile(level)
    return pl.DataFrame({
        "group": [groups[number]] * N_CURVE_POINTS,
        "months": months,
        "mean": average.mean,
        "low": average.mean - z * average.mean_error,
        "high": average.mean + z * average.mean_error,
        "person_low": average.mean - z * average.value_error,
        "person_high": average.mean + z * average.value_error,
        "spread": np.sqrt(average.value_error**2 - average.mean_error**2),
        "n_patients": len(last) - np.searchsorted(last, months - ROUNDING),
    })  # fmt: skip


def _compare_groups(fit: MixedFit, n_groups: int, n_terms: int) -> tuple[TestResult, ...]:
    """Test by Wald whether the other groups' curves have another shape, and whether they differ at all."""
    others = np.arange(n_terms, n_groups * n_terms)
    method = describe_method("Wald test", MIXED_MODEL)
    tests: list[TestResult] = []
    for name, rows in (("Group by time", others[others % n_terms != 0]), ("Group, and group by time", others)):
        if len(rows) == 0:
            continue
        effects = fit.coefficients[rows]
        solved = solve_positive(fit.covariance[np.ix_(rows, rows)], effects)
        if solved is not None:
            statistic = float(effects @ solved)
            tests.append(
                TestResult(name, statistic, len(rows), compute_chi_squared_p(statistic, len(rows)), method)
            )  # fmt: skip
    return tuple(tests)
