"""Do 95 % intervals hold the truth 95 times in a hundred? Slow runs, with the last one recorded beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.estimation.censored_mixed_model import fit_censored_mixed_model
from analytics.estimation.growth import estimate_growth
from analytics.estimation.mixed_model import check_mixed_data, fit_mixed_model
from analytics.estimation.mixed_model_prediction import predict_patient_effects, predict_values
from analytics.estimation.proportion_comparison import compare_proportions

RECORDED = Path(__file__).parents[1] / "truth" / "model_coverage.json"
MARGIN = 0.015
MARGIN_OF_300 = 0.038  # three standard errors of a share of 300
REPEATS = {"mixed slope": 2000, "next value": 2000, "censored slope": 300, "growth": 2000, "difference": 2000}
DIFFERENCE = 0.15  # of group and time, per year


def simulate(stream, n_patients=80, visits=6):
    patient = np.repeat(np.arange(n_patients), visits)
    years = np.tile(np.arange(visits) / 2, n_patients)
    group = (patient % 2).astype(float)
    own = stream.multivariate_normal([0, 0], [[0.8, -0.1], [-0.1, 0.1]], n_patients)
    fixed = np.column_stack([np.ones_like(years), years, group, group * years])
    mean = fixed @ np.array([1, 0.1, 0, DIFFERENCE]) + own[patient, 0] + own[patient, 1] * years
    return mean + stream.normal(0, 0.3, len(years)), fixed, patient, years


def as_data(outcome, fixed, patient):
    return check_mixed_data(outcome, fixed, fixed[:, :2], patient, list("abcd"), list("ab"))


def holds(fit):
    return abs(fit.coefficients[3] - DIFFERENCE) < 1.959964 * np.sqrt(fit.covariance[3, 3])


def cover_mixed_slope(stream):
    outcome, fixed, patient, _ = simulate(stream)
    return holds(fit_mixed_model(as_data(outcome, fixed, patient)))


def cover_next_value(stream):
    """Share of patients whose last value, not shown to the model, lies in its interval."""
    outcome, fixed, patient, years = simulate(stream)
    seen = years < years.max()
    data = as_data(outcome[seen], fixed[seen], patient[seen])
    fit = fit_mixed_model(data)
    known = predict_values(fit, predict_patient_effects(data, fit), fixed[~seen], fixed[~seen][:, :2], patient[~seen])
    return np.mean(np.abs(outcome[~seen] - known.mean) < 1.959964 * known.value_error)


def cover_censored_slope(stream):
    outcome, fixed, patient, _ = simulate(stream)
    limit = np.quantile(outcome, 0.2)
    data = as_data(np.maximum(outcome, limit), fixed, patient)
    return holds(fit_censored_mixed_model(data, np.where(outcome < limit, -1, 0)))


def cover_growth(stream):
    day = np.array([0, 80, 170, 260, 350])
    value = np.exp(0.05 * day / 30.4375 + stream.normal(0, 0.4, 5))
    row = estimate_growth(1, np.zeros(5), day, value).row(0, named=True)
    return row["growth_pct_per_month_low"] < 100 * np.expm1(0.05) < row["growth_pct_per_month_high"]


def cover_difference(stream):
    result = compare_proportions("A", (int(stream.binomial(30, 0.4)), 30), "B", (int(stream.binomial(40, 0.2)), 40))
    return result.difference.low < 0.2 < result.difference.high


COVERS = {
    "mixed slope": cover_mixed_slope,
    "next value": cover_next_value,
    "censored slope": cover_censored_slope,
    "growth": cover_growth,
    "difference": cover_difference,
}


def measure(name):
    stream = np.random.default_rng(2026)
    return float(np.mean([COVERS[name](stream) for _ in range(REPEATS[name])]))


def margin(name):
    return MARGIN if REPEATS[name] == 2000 else MARGIN_OF_300


@pytest.mark.slow
@pytest.mark.parametrize("name", COVERS)
def test_intervals_hold_their_level(name):
    assert abs(measure(name) - 0.95) <= margin(name)


def test_the_recorded_run_held_its_level():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert recorded["repeats"] == REPEATS
    assert set(recorded["coverage"]) == set(COVERS)
    for name, share in recorded["coverage"].items():
        assert abs(share - 0.95) <= margin(name), name
