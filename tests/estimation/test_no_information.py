"""A marker that says nothing: what finds an effect all the same, and what does not.

Event times are exponential; a line shows a response at an exponential time of its own, if it lasts that long. Response
and event have nothing to do with each other, yet those who lasted longer had more time to respond.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.estimation.hazards import estimate_hazard_ratios
from analytics.estimation.landmark import RESPONDED, estimate_landmark_survival
from analytics.estimation.observations import check_observations
from analytics.estimation.time_dependent import (
    compare_switching,
    estimate_switching_survival,
    estimate_time_dependent_model,
    split_by_response,
)

REPEATS = 2000
SIZE_MARGIN = 0.015  # about three standard errors of a 5 % share of 2,000
RECORDED = Path(__file__).parents[1] / "truth" / "no_information.json"
LANDMARK = 180


def simulate(stream, n=200):
    """Median event-free time 500 days, median time to response 250, end of the study after 1 to 4 years."""
    event = np.ceil(stream.exponential(500 / np.log(2), n))
    end = np.ceil(stream.uniform(365, 1461, n))
    response = np.ceil(stream.exponential(250 / np.log(2), n))
    days = np.minimum(event, end)
    return check_observations(days, event <= end), np.where(response < days, response, np.nan)


def judge(stream):
    """p values and, last, the naive log hazard ratio of one simulated study."""
    observations, response = simulate(stream)
    naive = estimate_hazard_ratios(observations, np.where(np.isnan(response), "never", RESPONDED), "never")[0]
    landmark = estimate_landmark_survival(
        observations, LANDMARK, response, np.ones(len(response)), endpoint="PFS", rule_set="default"
    ).survival
    episodes = split_by_response(observations, response)
    return {
        "naive": naive.p_value,
        "landmark log-rank": landmark.test.p_value,
        "landmark Cox": landmark.hazard_ratios[0].p_value,
        "time-dependent Cox": estimate_time_dependent_model(episodes, "response").model.terms[0].p_value,
        "Mantel–Byar": compare_switching(episodes).p_value,
        "naive log hazard ratio": float(np.log(naive.ratio.value)),
    }


def test_twenty_studies_show_the_trap_and_the_ways_round_it():
    stream = np.random.default_rng(20)
    studies = [judge(stream) for _ in range(20)]
    assert all(study["naive"] < 1e-4 and study["naive log hazard ratio"] < -0.5 for study in studies)
    for name in ("landmark log-rank", "landmark Cox", "time-dependent Cox", "Mantel–Byar"):
        # More than 4 of 20 at the 5 % level happen once in 400 times.
        assert sum(study[name] < 0.05 for study in studies) <= 4, name


def test_the_switching_curves_lie_on_one_another():
    """With 20,000 lines both Simon–Makuch curves follow the exponential they came from."""
    observations, response = simulate(np.random.default_rng(3), 20_000)
    result = estimate_switching_survival(observations, response, landmark_days=90)
    for curve in result.curves:
        at = np.searchsorted(curve.time, [180, 365, 730], side="right") - 1
        assert curve.survival[at] == pytest.approx(0.5 ** (np.array([180, 365, 730]) / 500), abs=0.03)


@pytest.mark.slow
def test_landmark_and_time_dependent_analyses_keep_their_size():
    stream = np.random.default_rng(1962)
    studies = [judge(stream) for _ in range(REPEATS)]
    rejected = {
        name: float(np.mean([study[name] < 0.05 for study in studies])) for name in studies[0] if "ratio" not in name
    }
    assert rejected.pop("naive") > 0.95
    for share in rejected.values():
        assert abs(share - 0.05) <= SIZE_MARGIN


def test_the_recorded_run_kept_its_size():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert recorded["repeats"] == REPEATS
    assert recorded["rejected"]["naive"] > 0.95
    sizes = {name: share for name, share in recorded["rejected"].items() if name != "naive"}
    assert set(sizes) == {"landmark log-rank", "landmark Cox", "time-dependent Cox", "Mantel–Byar"}
    assert all(abs(share - 0.05) <= SIZE_MARGIN for share in sizes.values())
