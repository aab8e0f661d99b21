"""Wald tests of several coefficients, curves of continuous variables, effects over time."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.catalogue.settings import Settings
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.effect_curve import estimate_effect_curve
from analytics.estimation.effects_over_time import smooth_effects_over_time
from analytics.estimation.influential_lines import estimate_influence
from analytics.estimation.observations import Observations, check_observations
from analytics.estimation.splines import place_knots
from analytics.estimation.wald_test import bend_contrasts, compare_with_none
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import FloatArray, Refusal

FOUR_EVENTS_EACH = Settings(min_events_per_parameter=4.0)
SAME_FIT = 1e-6  # two parametrisations of one model, each stopped at a relative change of 1e-12
EXACT = 1e-9
R_STOPS = 1e-8  # coxph stops at a relative change of its likelihood of 1e-9
ONE_STEP = 0.1  # influence is the first Newton step of the change, the rest is of its square


@pytest.fixture
def people() -> tuple[Observations, FloatArray, FloatArray]:
    """Four hundred people whose hazard rises with the square of a marker; a group without effect."""
    stream = np.random.default_rng(20261120)
    marker = stream.normal(size=400)
    group = (np.arange(400) % 2).astype(np.float64)
    time = stream.exponential(600 * np.exp(-0.5 * marker**2))
    censored = stream.uniform(100, 1500, size=400)
    days = np.ceil(np.minimum(time, censored)).astype(np.int64)
    return check_observations(days, time <= censored), marker, group


def fit(observations: Observations, columns: FloatArray) -> RegressionResult:
    made = estimate_cox_model(observations, columns, [f"column {j}" for j in range(columns.shape[1])])
    assert isinstance(made, RegressionResult)
    return made


def test_one_coefficient_is_the_square_of_its_z(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    observations, marker, group = people
    model = fit(observations, np.column_stack([group, marker]))
    term = model.terms[1]
    test = compare_with_none(model, [1], "marker")
    assert test.statistic == pytest.approx((term.coefficient / term.std_error) ** 2, rel=EXACT)
    assert test.p_value == pytest.approx(term.p_value, rel=EXACT)


def test_all_coefficients_are_the_test_of_the_model(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    observations, marker, group = people
    model = fit(observations, np.column_stack([group, marker]))
    whole = next(test for test in model.tests if test.name == "Wald test")
    assert compare_with_none(model, [0, 1], "all").statistic == pytest.approx(whole.statistic, rel=EXACT)


def test_the_bend_is_what_a_straight_line_leaves(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    """The same curve as a straight line and two columns of the basis: the test of these two is that of the bend."""
    observations, marker, group = people
    spline = place_knots(marker, 3)
    basis = spline.basis(marker)
    curved = fit(observations, np.column_stack([group, basis]))
    bend = compare_with_none(curved, [1, 2, 3], "bend", bend_contrasts(spline, marker))
    split = fit(observations, np.column_stack([group, marker, basis[:, :2]]))
    assert bend.degrees_of_freedom == 2
    assert bend.statistic == pytest.approx(compare_with_none(split, [2, 3], "bend").statistic, rel=SAME_FIT)
    assert bend.p_value < 0.001


def test_contrasts_vanish_on_a_straight_line() -> None:
    x = np.linspace(-2, 5, 200)
    spline = place_knots(x, 4)
    columns = np.column_stack([np.ones(200), spline.basis(x)])
    straight = np.linalg.lstsq(columns, 3 * x - 1, rcond=None)[0][1:]
    assert bend_contrasts(spline, x) @ straight == pytest.approx(np.zeros(3), abs=EXACT)


def test_a_straight_curve_and_its_limits_by_hand(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    observations, marker, group = people
    model = fit(observations, np.column_stack([group, marker]))
    term = model.terms[1]
    ratio, low, high = estimate_effect_curve(model, [1], np.array([0.0, 2.0, 1.0]), 1.0)
    assert ratio == pytest.approx(np.exp(term.coefficient * np.array([-1.0, 1.0, 0.0])), rel=EXACT)
    half = 1.959963984540054 * term.std_error
    assert low[1] == pytest.approx(np.exp(term.coefficient - half), rel=EXACT)
    assert high[0] == pytest.approx(np.exp(-term.coefficient + half), rel=EXACT)
    assert (low[2], high[2]) == (1.0, 1.0)


def test_the_spline_finds_the_valley_of_the_truth(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    observations, marker, group = people
    spline = place_knots(marker, 3)
    model = fit(observations, np.column_stack([group, spline.basis(marker)]))
    ratio, _, _ = estimate_effect_curve(model, [1, 2, 3], np.array([-1.5, 0.0, 1.5]), 0.0, spline)
    assert ratio[1] == 1.0
    assert min(ratio[0], ratio[2]) > 1.5


def test_an_effect_that_ends_is_seen_to_end() -> None:
    """A group with twice the hazard for a year and none more after: the curve falls from above to about nothing."""
    stream = np.random.default_rng(7)
    group = (np.arange(3000) % 2).astype(np.float64)
    early = stream.exponential(365 / np.where(group == 1, 2.0, 1.0))
    time = np.where(early < 365, early, 365 + stream.exponential(365, size=3000))
    days = np.ceil(np.minimum(time, 1500)).astype(np.int64)
    model = fit(check_observations(days, time <= 1500), group[:, None])
    (curve,) = smooth_effects_over_time(model)
    assert curve.value[curve.days < 100].mean() > np.log(1.5)
    assert abs(curve.value[(curve.days > 600) & (curve.days < 1000)].mean()) < 0.2
    assert (curve.low < curve.value).all()


def test_influence_is_what_leaving_a_line_out_changes(people: tuple[Observations, FloatArray, FloatArray]) -> None:
    observations, marker, group = people
    columns = np.column_stack([group, marker])
    model = fit(observations, columns)
    errors = np.array([term.std_error for term in model.terms])
    influence = estimate_influence(observations, columns, ["group", "marker"])
    assert not isinstance(influence, Refusal)
    most = int(np.abs(influence[:, 1]).argmax())
    others = np.arange(400) != most
    without = fit(observations.take(others), columns[others])
    moved = (model.terms[1].coefficient - without.terms[1].coefficient) / errors[1]
    assert influence[most, 1] == pytest.approx(moved, rel=ONE_STEP)
    assert influence.sum(axis=0) == pytest.approx(np.zeros(2), abs=SAME_FIT)


def test_influence_equals_r() -> None:
    """R 4.2.2, survival 3.5-3: ``residuals(coxph(Surv(time, status) ~ x + g), "dfbetas")``, rows 1, 2, 9 and 10."""
    days = [5, 8, 8, 12, 20, 20, 33, 40, 41, 60]
    happened = np.array([1, 1, 1, 0, 1, 1, 0, 1, 1, 1]) == 1
    columns = np.column_stack([[1.0, 0, 2, 1, 3, 0, 1, 2, 0, 1], [0.0, 1, 0, 1, 0, 1, 0, 1, 0, 1]])
    influence = estimate_influence(check_observations(days, happened), columns, ["x", "g"], settings=FOUR_EVENTS_EACH)
    assert not isinstance(influence, Refusal)
    expected = np.array(
        [
            [-0.1066000938555, -0.2480287429972],
            [-0.4356915768342, 0.3672393792876],
            [0.4457684270322, 0.2650694818082],
            [-0.0343372052209, -0.5220378938240],
        ]
    )
    assert influence[[0, 1, 8, 9]] == pytest.approx(expected, abs=R_STOPS)


def test_events_on_too_few_days_carry_no_curve() -> None:
    group = np.array([0.0, 1.0] * 20)
    days = np.where(np.arange(40) % 4 < 2, 100, 200)
    model = fit(check_observations(days, np.ones(40, dtype=bool)), group[:, None] + np.arange(40)[:, None] % 3)
    assert smooth_effects_over_time(model) == ()
