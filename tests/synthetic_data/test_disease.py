"""The latent course: when a line fails, and a tumour that passes through that moment."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.catalogue.calendar import DAYS_PER_MONTH
from synthetic_data.chance import Chance
from synthetic_data.disease import (
    NEW_LESION,
    TARGET_GROWTH,
    compute_log_volume,
    compute_progression_log_hazard,
    simulate_course,
    simulate_death,
    simulate_progression,
)
from synthetic_data.patients import simulate_people, take_people
from synthetic_data.scenarios import read_scenario

SCENARIO = read_scenario("mixed-hospital-registry")
CODES = SCENARIO.words("treatments.codes")
MANY = np.arange(1, 20_001)
PEOPLE = simulate_people(SCENARIO, Chance(2), MANY)


def _all_on(code: str) -> np.ndarray:
    return np.full(len(MANY), CODES.index(code))


def test_volume_by_hand():
    # half responds at 0.01 a day, half grows at 0.001: after 100 days 0.5 e^-1 + 0.5 e^0.1 = 0.736523
    half, shrink, growth, days = (np.array([value]) for value in (0.5, 0.01, 0.001, 100.0))
    assert compute_log_volume(half, shrink, growth, days)[0] == pytest.approx(np.log(0.7365251796), abs=1e-9)
    assert compute_log_volume(half, shrink, growth, np.zeros(1))[0] == 0.0


def test_the_diameter_stands_a_fifth_above_its_nadir_at_progression():
    course = simulate_course(SCENARIO, Chance(2), PEOPLE, _all_on("PRRT"), 1)
    chosen = np.flatnonzero((course.cause == TARGET_GROWTH) & (course.progression < 3_000))
    steps = np.linspace(0, 1, 2_001)[:, None]
    parts = (course.responding[chosen], course.shrink[chosen], course.growth[chosen])
    path = compute_log_volume(*parts, steps * course.progression[chosen]) / 3
    ratio = np.exp(path[-1] - path.min(axis=0))
    assert len(chosen) > 5_000
    assert ratio == pytest.approx(1.2, rel=1e-4)  # the nadir is looked for on a grid of 2,000 steps


def test_no_tumour_grows_faster_than_its_grade_allows():
    """A volume doubles in 80 days at the least at Ki-67 5 %, in 40 at 20 %; who fails sooner has a new lesion."""
    course = simulate_course(SCENARIO, Chance(2), PEOPLE, _all_on("SSA"), 4)
    doubling = np.log(2) / course.growth
    assert (doubling > 0.999 * 80 * np.sqrt(5 / PEOPLE.ki67)).all()  # bisection stops just short of the bound
    at_once = course.progression < 20
    assert at_once.sum() > 100
    assert (course.cause[at_once] != TARGET_GROWTH).all()


def test_where_a_new_lesion_is_the_progression_the_targets_grow_later():
    course = simulate_course(SCENARIO, Chance(2), PEOPLE, _all_on("SSA"), 1)
    new = np.flatnonzero((course.cause == NEW_LESION) & (course.progression > 60))
    at = compute_log_volume(course.responding[new], course.shrink[new], course.growth[new], course.progression[new])
    assert (np.exp(at / 3) < 1.2).all()


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_progression_is_weibull_given_the_covariates(quantile: float):
    days = simulate_progression(SCENARIO, Chance(2), PEOPLE, _all_on("SSA"), 0)
    log_hazard = compute_progression_log_hazard(SCENARIO, PEOPLE, _all_on("SSA"), 0)
    shape, scale = SCENARIO.number("disease.shape"), SCENARIO.number("disease.scale_months") * DAYS_PER_MONTH
    standard = days / scale * np.exp(log_hazard / shape)
    expected = (-np.log(1 - quantile)) ** (1 / shape)
    share = (standard <= expected).mean()
    assert abs(share - quantile) < 4 * np.sqrt(quantile * (1 - quantile) / len(MANY))  # four standard errors


def test_one_chance_is_shared_by_both_treatments_so_effects_are_exact():
    ssa, prrt = (simulate_progression(SCENARIO, Chance(2), PEOPLE, _all_on(code), 1) for code in ("SSA", "PRRT"))
    receptor = SCENARIO.number("disease.receptor_effect") * (PEOPLE.krenning - 3)
    effect = SCENARIO.numbers("treatments.log_hazard_ratio")[CODES.index("PRRT")] + receptor
    assert np.log(prrt / ssa) == pytest.approx(-effect / SCENARIO.number("disease.shape"), abs=1e-9)


def test_deaths_have_a_clock_of_their_own():
    days = simulate_death(SCENARIO, Chance(2), PEOPLE, _all_on("SSA"), 0)
    mild = simulate_death(SCENARIO, Chance(2), PEOPLE, _all_on("PRRT"), 0)
    effect = SCENARIO.numbers("treatments.log_hazard_ratio")[CODES.index("PRRT")]  # receptors act on growth alone
    slower = SCENARIO.number("death.treatment_effect") * effect
    assert np.log(mild / days) == pytest.approx(-slower, abs=1e-9)  # one chance under both treatments
    progression = simulate_progression(SCENARIO, Chance(2), PEOPLE, _all_on("SSA"), 0)
    flat = np.flatnonzero(np.abs(PEOPLE.severity + PEOPLE.frailty) < 0.05)  # nothing shared but chance
    ranks = [np.argsort(np.argsort(values[flat])) for values in (days, progression)]
    assert abs(np.corrcoef(*ranks)[0, 1]) < 4 / np.sqrt(len(flat))


def test_a_subset_of_patients_has_the_same_course():
    rows = np.array([3, 70, 999])
    whole = simulate_course(SCENARIO, Chance(2), PEOPLE, _all_on("PRRT"), 2)
    some = simulate_course(SCENARIO, Chance(2), take_people(PEOPLE, rows), _all_on("PRRT")[rows], 2)
    assert np.array_equal(whole.progression[rows], some.progression)
    assert np.array_equal(whole.growth[rows], some.growth)
