"""Firth's penalty: by hand, finite where events separate, and near the plain estimate where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.firth import estimate_firth_model
from analytics.estimation.observations import check_observations
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Refusal

BY_GRID = 2e-5  # the grid's own step


def penalised_by_hand(b):
    """Six deaths in order, x = 1 1 1 0 0 0: the likelihood and the information written out."""
    x = np.array([1, 1, 1, 0, 0, 0])
    value, information = 0.0, 0.0
    for first in range(6):
        weight = np.exp(b * x[first:])
        mean = weight @ x[first:] / weight.sum()
        value += b * x[first] - np.log(weight.sum())
        information += mean * (1 - mean)
    return value + np.log(information) / 2


@pytest.fixture
def separated():
    observations = check_observations([1, 2, 3, 4, 5, 6], np.ones(6, dtype=bool))
    return observations, np.array([[1.0], [1], [1], [0], [0], [0]])


def test_a_separated_group_has_a_finite_ratio_found_by_grid_too(separated):
    result = estimate_firth_model(*separated, ["group"])
    assert isinstance(result, RegressionResult)
    (term,) = result.terms
    grid = np.arange(-1, 8, 1e-5)
    values = np.array([penalised_by_hand(b) for b in grid[::100]])
    near = grid[::100][values.argmax()]
    fine = np.arange(near - 2e-3, near + 2e-3, 1e-5)
    fine_values = np.array([penalised_by_hand(b) for b in fine])
    assert term.coefficient == pytest.approx(fine[fine_values.argmax()], abs=BY_GRID)
    assert result.log_likelihood == pytest.approx(fine_values.max(), abs=1e-8)
    fall = fine_values.max() - penalised_by_hand(np.log(term.ratio.low))
    assert fall == pytest.approx(1.920729, abs=1e-5)  # half the 95 % point of chi-squared on 1 df
    assert term.ratio.high is None or penalised_by_hand(np.log(term.ratio.high)) == pytest.approx(
        fine_values.max() - 1.920729, abs=1e-5
    )


def test_the_plain_model_refuses_the_same_data_and_points_here():
    days = np.concatenate([np.arange(1, 11), np.arange(101, 111)])
    observations = check_observations(days, np.ones(20, dtype=bool))
    x = np.repeat([1.0, 0.0], 10)[:, None]
    refusal = estimate_cox_model(observations, x, ["group"])
    assert isinstance(refusal, Refusal) and "Firth" in refusal.remedy
    assert isinstance(estimate_firth_model(observations, x, ["group"]), RegressionResult)


def test_with_many_events_the_penalty_is_small(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    x = lung.select("age", "sex").to_numpy()
    plain, penalised = (
        estimate(observations, x, ["age", "sex"]) for estimate in (estimate_cox_model, estimate_firth_model)
    )
    for one, two in zip(plain.terms, penalised.terms, strict=True):
        assert two.coefficient == pytest.approx(one.coefficient, abs=0.05 * one.std_error)
        assert two.ratio.low == pytest.approx(one.ratio.low, rel=0.01)
    assert penalised.tests[0].statistic == pytest.approx(plain.tests[1].statistic, rel=0.03)


def test_turning_a_group_round_turns_the_ratio(separated):
    observations, x = separated
    (one,) = estimate_firth_model(observations, x, ["group"]).terms
    (two,) = estimate_firth_model(observations, 1 - x, ["group"]).terms
    assert one.coefficient == pytest.approx(-two.coefficient, abs=1e-7)


def test_what_has_no_answer_is_refused(separated):
    observations, x = separated
    assert estimate_firth_model(observations, np.ones((6, 1)), ["dose"]).code == "redundant_covariate"
    twice = check_observations([1, 2, 3, 4, 5, 6], np.ones(6, dtype=bool), cluster=list("aabbcc"))
    assert estimate_firth_model(twice, x, ["group"]).code == "not_independent"
    nobody = check_observations([1, 2, 3, 4, 5, 6], np.zeros(6, dtype=bool))
    assert estimate_firth_model(nobody, x, ["group"]).code == "no_events"
