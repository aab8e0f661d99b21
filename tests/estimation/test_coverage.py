"""Do 95 % limits hold the truth 95 times of 100, and 5 % tests err 5 times? Simulated where the truth is known.

Run with ``pytest -m slow``; the shares of the last recorded run stand in tests/truth/coverage.csv.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from analytics.estimation.accelerated_failure import estimate_accelerated_failure
from analytics.estimation.balancing_weights import estimate_balancing_weights
from analytics.estimation.comparison import compare_survival
from analytics.estimation.competing_risks import check_causes, estimate_cumulative_incidence, estimate_incidence_at
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.gray_test import compare_cumulative_incidence
from analytics.estimation.hazards import estimate_hazard_ratios
from analytics.estimation.intervals import intervals_of
from analytics.estimation.observations import check_observations
from analytics.estimation.restricted_mean import estimate_restricted_means
from analytics.estimation.subdistribution import estimate_subdistribution_model
from analytics.estimation.survival import estimate_landmark, estimate_quantile, estimate_survival

RECORDED = Path(__file__).parents[1] / "truth" / "coverage.csv"

pytestmark = pytest.mark.slow

REPEATS = 2000
PEOPLE = 150
MEAN_DAYS = 500.0
FOLLOW_UP = (300, 1500)


def draw(rng, n=PEOPLE, ratio=1.0, strength=None):
    """Exponential times in days of two groups; with ``strength`` everybody has two lines that share a frailty."""
    group = np.arange(n) % 2
    frailty = 1.0 if strength is None else np.repeat(rng.gamma(strength, 1 / strength, n // 2), 2)
    event = rng.exponential(MEAN_DAYS / (frailty * ratio**group))
    end = rng.uniform(*FOLLOW_UP, n)
    days = np.ceil(np.minimum(event, end)).astype(np.int64)
    person = np.arange(n) // 2 if strength is not None else None
    return check_observations(days, event <= end, cluster=person), group


def holds(estimate, truth):
    low, high = estimate.low, estimate.high
    return (low is None or low <= truth) and (high is None or truth <= high)


def survival_at_a_year(rng):
    landmark = estimate_landmark(estimate_survival(draw(rng)[0]), 365)
    return holds(landmark.survival, np.exp(-365 / MEAN_DAYS))


def median(rng):
    return holds(estimate_quantile(estimate_survival(draw(rng)[0])), MEAN_DAYS * np.log(2) + 0.5)


def hazard_ratio(rng):
    observations, group = draw(rng, ratio=0.6)
    (answer,) = estimate_hazard_ratios(observations, group)
    return holds(answer.ratio, 0.6)


def log_rank(rng):
    return compare_survival(*draw(rng)).p_value >= 0.05


def robust_score_with_two_lines_a_person(rng):
    return compare_survival(*draw(rng, strength=1.0)).p_value >= 0.05


def restricted_mean_difference(rng):
    observations, group = draw(rng, ratio=0.6)
    result = estimate_restricted_means(observations, group, 250)
    one, two = (mean * (1 - np.exp(-250 / mean)) for mean in (MEAN_DAYS, MEAN_DAYS / 0.6))
    return holds(result.contrasts[0].difference, two - one)


def draw_causes(rng):
    event, end = rng.exponential(MEAN_DAYS, PEOPLE), rng.uniform(*FOLLOW_UP, PEOPLE)
    cause = np.where(event <= end, 1 + (rng.random(PEOPLE) < 0.4), 0)
    observations = check_observations(np.ceil(np.minimum(event, end)), cause > 0)
    return observations, check_causes(observations, cause)


def cumulative_incidence_at_a_year(rng):
    observations, codes = draw_causes(rng)
    estimate = estimate_incidence_at(estimate_cumulative_incidence(observations, codes), 365)
    return holds(estimate, 0.6 * (1 - np.exp(-365 / MEAN_DAYS)))


def gray_test(rng):
    return compare_cumulative_incidence(*draw_causes(rng), np.arange(PEOPLE) % 2).p_value >= 0.05


def fine_gray_ratio(rng):
    x = (np.arange(PEOPLE) % 2).astype(float)[:, None]
    return holds(estimate_subdistribution_model(*draw_causes(rng), x, ["group"]).terms[0].ratio, 1.0)


def late_entry_survival_at_a_year(rng):
    """Half are followed from their start; with few at risk in the first days limits are too narrow (0.933)."""
    event, end = rng.exponential(MEAN_DAYS, 300), rng.uniform(*FOLLOW_UP, 300)
    entry = np.where(rng.random(300) < 0.5, 0, np.floor(rng.uniform(0, 250, 300)))
    days = np.ceil(np.minimum(event, end))
    seen = days > entry
    observations = check_observations(days[seen], (event <= end)[seen], entry=entry[seen])
    return holds(estimate_landmark(estimate_survival(observations), 365).survival, np.exp(-365 / MEAN_DAYS))


def proportional_hazards_test(rng):
    observations, group = draw(rng, ratio=0.6)
    model = estimate_cox_model(observations, group.astype(float)[:, None], ["group"])
    return model.proportionality.tests[-1].p_value >= 0.05


def peto_test(rng):
    return compare_survival(*draw(rng), weighting="peto").p_value >= 0.05


def late_test(rng):
    return compare_survival(*draw(rng), weighting="late").p_value >= 0.05


def weibull_time_ratio(rng):
    observations, group = draw(rng, ratio=0.6)
    fit = estimate_accelerated_failure(intervals_of(observations), group.astype(float)[:, None], ["group"])
    return holds(fit.terms[0].ratio, 1 / 0.6)


def overlap_weighted_ratio(rng):
    """Treatment does nothing and goes to the worse half more often; errors take the weights as known."""
    worse = rng.random(PEOPLE) < 0.5
    treated = rng.random(PEOPLE) < np.where(worse, 0.7, 0.3)
    event, end = rng.exponential(MEAN_DAYS / np.where(worse, 2.0, 1.0)), rng.uniform(*FOLLOW_UP, PEOPLE)
    found = estimate_balancing_weights(treated, ("A", "B"), worse.astype(float)[:, None], ["worse"])
    days = np.ceil(np.minimum(event, end))
    (answer,) = estimate_hazard_ratios(check_observations(days, event <= end, weights=found.weights), treated)
    return holds(answer.ratio, 1.0)


QUANTITIES = [
    survival_at_a_year, median, hazard_ratio, log_rank, robust_score_with_two_lines_a_person,
    restricted_mean_difference, cumulative_incidence_at_a_year, gray_test, fine_gray_ratio,
    late_entry_survival_at_a_year, proportional_hazards_test, peto_test, late_test, weibull_time_ratio,
    overlap_weighted_ratio,
]  # fmt: skip


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.__name__)
def test_ninety_five_of_a_hundred(quantity):
    rng = np.random.default_rng(20261120)
    share = np.mean([quantity(rng) for _ in range(REPEATS)])
    assert 0.935 <= share <= 0.965
    with RECORDED.open() as file:
        recorded = {row["quantity"]: float(row["share"]) for row in csv.DictReader(file)}
    assert share == pytest.approx(recorded[quantity.__name__], abs=1e-9)
