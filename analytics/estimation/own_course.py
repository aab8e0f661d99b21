"""One person's own curve: what a mixed model of others foretells of somebody with these values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimation.censored_mixed_model import fit_censored_mixed_model, predict_censored_effects
from analytics.estimation.mixed_model import MixedData, MixedFit, check_mixed_data
from analytics.estimation.mixed_model_prediction import predict_patient_effects, predict_values
from analytics.estimation.observations import finite_numbers, label_codes
from analytics.estimation.splines import NaturalSpline, place_knots
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.tables.results import FloatArray, IntArray, Refusal

FEWEST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class PopulationCourse:
    """A mixed model of n values of m people under one treatment, ready to foretell somebody's own curve.

    ``data`` and ``beyond`` (n,) are those of the fit; ``last_month`` is the last month anybody was measured.
    """

    fit: MixedFit
    spline: NaturalSpline
    data: MixedData
    beyond: IntArray
    last_month: float


def fit_population_course(values: pl.DataFrame, n_curve: int = 3) -> PopulationCourse | Refusal:
    """Fit the course of one group, people differing in level and slope.

    Parameters
    ----------
    values
        One row a value: ``patient``, ``months``, ``value`` (ln × ULN, or the limit it lies beyond) and ``beyond``, as
        in `estimate_marker_course`.
    n_curve
        Parameters of the natural spline in time.

    References
    ----------
    Laird NM, Ware JH. Biometrics 1982;38:963-974. doi:10.2307/2529876
    """
    n_people = values["patient"].n_unique()
    if n_people < FEWEST_PEOPLE:
        return Refusal(
            "too_few_patients",
            f"{n_people} people with values are too few to learn from; at least {FEWEST_PEOPLE} are needed.",
            "Look at the values themselves.",
        )
    months = finite_numbers("months", values["months"].to_numpy())
    spline = place_knots(months, n_curve)
    codes = label_codes(values["patient"].to_numpy())[1]
    data = _make_data(spline, months, values["value"].to_numpy(), codes)
    beyond = values["beyond"].to_numpy().astype(np.int64)
    fit = fit_censored_mixed_model(data, beyond)
    return fit if isinstance(fit, Refusal) else PopulationCourse(fit, spline, data, beyond, float(months.max()))


def predict_own_course(
    population: PopulationCourse, own: pl.DataFrame, months: FloatArray, level: float = 0.95
) -> pl.DataFrame:
    """Predict the curve of a person with the values ``own`` (``months``, ``value``, ``beyond``), at ``months`` (k,).

    Returns
    -------
    polars.DataFrame
        ``months``, ``fitted`` and the limits of one further value of this person, ``value_low`` and ``value_high``; on
        the scale of the values. With few values the curve lies near that of the others.
    """
    seen = population.data
    person = int(seen.patient.max()) + 1
    mine = _make_data(population.spline, own["months"].to_numpy(), own["value"].to_numpy(), np.full(own.height, person))
    everybody = MixedData(
        np.concatenate([seen.outcome, mine.outcome]), np.concatenate([seen.fixed, mine.fixed]),
        np.concatenate([seen.random, mine.random]), np.concatenate([seen.patient, np.full(own.height, person)]),
        (*seen.labels, person), seen.fixed_names, seen.random_names,
    )  # fmt: skip
    beyond = np.concatenate([population.beyond, own["beyond"].to_numpy().astype(np.int64)])
    fit = population.fit
    predict = (
        predict_censored_effects(everybody, beyond, fit) if beyond.any() else predict_patient_effects(everybody, fit)
    )
    fixed, random = _make_columns(population.spline, months)
    told = predict_values(fit, predict, fixed, random, np.full(len(months), person))
    half = compute_normal_quantile(level) * told.value_error
    return pl.DataFrame(
        {"months": months, "fitted": told.mean, "value_low": told.mean - half, "value_high": told.mean + half}
    )


def _make_columns(spline: NaturalSpline, months: FloatArray) -> tuple[FloatArray, FloatArray]:
    one = np.ones(len(months))
    return np.column_stack([one, spline.basis(months)]), np.column_stack([one, months])


def _make_data(spline: NaturalSpline, months: FloatArray, values: FloatArray, patient: IntArray) -> MixedData:
    fixed, random = _make_columns(spline, months)
    names = ["intercept", *(f"time {part}" for part in range(1, spline.n_columns + 1))]
    return check_mixed_data(values, fixed, random, patient, names, ["intercept", "months"])
