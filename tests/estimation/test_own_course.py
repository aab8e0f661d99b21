"""One person's own curve from a model of others: equal to the prediction inside the model, drawn to them when alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimation.mixed_model_prediction import predict_patient_effects, predict_values
from analytics.estimation.own_course import fit_population_course, predict_own_course
from analytics.tables.results import Refusal

SAME = 1e-9
MONTHS = np.array([0.0, 3.0, 6.0, 12.0, 18.0, 24.0])


def simulate(n_people: int, seed: int = 5) -> pl.DataFrame:
    """People from 1 on the logarithm, falling by 0.03 a month, each with a level, a slope and scatter of its own."""
    stream = np.random.default_rng(seed)
    level, slope = stream.normal(1.0, 0.8, n_people), stream.normal(-0.03, 0.02, n_people)
    value = level[:, None] + slope[:, None] * MONTHS + stream.normal(0, 0.3, (n_people, len(MONTHS)))
    return pl.DataFrame({
        "patient": np.repeat(np.arange(n_people), len(MONTHS)), "months": np.tile(MONTHS, n_people),
        "value": value.ravel(), "beyond": np.zeros(value.size, dtype=np.int64),
    })  # fmt: skip


@pytest.fixture(scope="module")
def values() -> pl.DataFrame:
    return simulate(60)


def test_somebody_of_the_model_is_predicted_as_inside_it(values: pl.DataFrame) -> None:
    population = fit_population_course(values, n_curve=2)
    assert not isinstance(population, Refusal)
    told = predict_own_course(population, values.filter(patient=7), MONTHS)
    data = population.data
    inside = predict_values(
        population.fit, predict_patient_effects(data, population.fit), data.fixed, data.random, data.patient
    )
    rows = np.flatnonzero(data.patient == 7)
    assert told["fitted"].to_numpy() == pytest.approx(inside.mean[rows], abs=SAME)
    half = (told["value_high"] - told["value_low"]).to_numpy() / 2
    assert half == pytest.approx(1.959963984540054 * inside.value_error[rows], abs=1e-7)


def test_one_value_is_drawn_towards_the_others_and_many_are_not(values: pl.DataFrame) -> None:
    population = fit_population_course(values)
    assert not isinstance(population, Refusal)
    others = float(population.fit.coefficients[0])

    def level_of(n: int) -> float:
        months = np.linspace(0, 24, n)
        own = pl.DataFrame({"months": months, "value": np.full(n, 4.0), "beyond": np.zeros(n, dtype=np.int64)})
        return float(predict_own_course(population, own, np.array([0.0]))["fitted"][0])

    assert others < level_of(1) < level_of(24) < 4.0
    assert level_of(24) > 3.7


def test_nineteen_of_twenty_later_values_lie_in_the_range(values: pl.DataFrame) -> None:
    """The last value of 400 new people, foretold from the ones before; the share has an error of 1.1 %."""
    population = fit_population_course(values)
    assert not isinstance(population, Refusal)
    new = simulate(400, seed=6)
    inside = 0
    for person in new.partition_by("patient", maintain_order=True):
        told = predict_own_course(population, person[:-1], np.array([24.0]))
        inside += bool(told["value_low"][0] <= person["value"][-1] <= told["value_high"][0])
    assert inside / 400 == pytest.approx(0.95, abs=0.035)


def test_a_value_below_a_limit_lowers_the_curve_less_than_a_value_there(values: pl.DataFrame) -> None:
    population = fit_population_course(values)
    assert not isinstance(population, Refusal)

    def at_start(value: float, beyond: int) -> float:
        own = pl.DataFrame({"months": [0.0, 6.0], "value": [2.0, value], "beyond": [0, beyond]})
        return float(predict_own_course(population, own, np.array([6.0]))["fitted"][0])

    known, bound, far = at_start(1.5, 0), at_start(1.5, -1), at_start(40.0, -1)
    assert bound < known < far


def test_few_people_teach_nothing(values: pl.DataFrame) -> None:
    refusal = fit_population_course(values.filter(pl.col("patient") < 19))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too_few_patients"
