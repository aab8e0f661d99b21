"""Adjusted curves: by hand without covariates, R's mean of curves, and against a counterfactual truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config

from analytics.estimation.accelerated_failure import estimate_accelerated_failure
from analytics.estimation.adjusted_survival import (
    CoxData,
    estimate_adjusted_survival,
    estimate_standardised_survival,
)
from analytics.estimation.cox_survival import estimate_cox_survival
from analytics.estimation.intervals import intervals_of
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import estimate_survival
from analytics.tables.hazard_results import ModelledCurve, ParametricResult
from analytics.tables.results import Refusal

RECORDED = Path(__file__).parents[1] / "truth" / "adjusted_survival.json"
REPEATS = 300
AT_LEAST = 0.94
AS_R = 1e-9
AFT_AS_R = 1e-5
SAME_FIT = 1e-9  # two ways to the same maximum of one likelihood

R_COX = (
    (0.842480116923, 0.626422280824, 0.337446105142, 0.231847750610),
    (0.905608082059, 0.761151182268, 0.524876838898, 0.416789978850),
)
R_WEIBULL = (
    (0.83500024909689, 0.63599154528655, 0.36701747197489, 0.21969638262340, 0.00203723214548),
    (0.8962031505182, 0.7592985260216, 0.5426353501659, 0.3959829710833, 0.0208873936809),
)


def in_group(x, column, value):
    placed = np.array(x, dtype=float)
    placed[:, column] = value
    return placed


def curves_of(data, sets, days, n_replicates=0, seed=1):
    curves = estimate_adjusted_survival(data, sets, np.asarray(days, dtype=float), seed, n_replicates)
    assert not isinstance(curves, Refusal), curves
    return curves


@pytest.fixture
def lung(data):
    table = data("lung").drop_nulls("ph.ecog")
    observations = check_observations(table["time"], table["happened"].cast(bool))
    return observations, table.select("sex", "age", "ph.ecog").to_numpy().astype(float)


def test_without_covariates_it_is_the_curve_of_the_model(lung):
    observations, x = lung
    sex = x[:, :1]
    days = [100.0, 365.0]
    (men, women) = curves_of(CoxData(observations, sex, ["sex"]), [in_group(sex, 0, 1), in_group(sex, 0, 2)], days)
    for value, curve in ((1.0, men), (2.0, women)):
        own = estimate_cox_survival(observations, sex, ["sex"], [value])
        assert isinstance(own, ModelledCurve)
        at = np.searchsorted(own.days, days, side="right") - 1
        np.testing.assert_allclose(curve.survival, own.survival[at], rtol=SAME_FIT)


def test_it_is_r_s_mean_of_everybody_s_curves(lung):
    """R: n <- lung; n$sex <- 1; rowMeans(summary(survfit(coxph(Surv(time, happened) ~ sex + age + ph.ecog, lung), n),
    times = c(100, 200, 365, 500))$surv), and the same for 2."""
    observations, x = lung
    data = CoxData(observations, x, ["sex", "age", "ph.ecog"])
    curves = curves_of(data, [in_group(x, 0, 1), in_group(x, 0, 2)], [100, 200, 365, 500])
    np.testing.assert_allclose([curve.survival for curve in curves], R_COX, rtol=AS_R)


def test_a_parametric_model_s_is_r_s_too(lung):
    """R: mean(1 - psurvreg(t, predict(f, n, type = "lp"), f$scale)), f <- survreg(Surv(time, happened) ~ sex + age)."""
    observations, x = lung
    fit = estimate_accelerated_failure(intervals_of(observations), x[:, :2], ["sex", "age"], "weibull")
    assert isinstance(fit, ParametricResult)
    sets = [in_group(x[:, :2], 0, value) for value in (1, 2)]
    curves = estimate_standardised_survival(fit, sets, np.array([100.0, 200, 365, 500, 1500]))
    np.testing.assert_allclose([curve.survival for curve in curves], R_WEIBULL, rtol=AFT_AS_R)
    assert curves[0].is_extrapolated.tolist() == [False, False, False, False, True]
    assert (curves[0].low < curves[0].survival).all()
    assert (curves[0].survival < curves[0].high).all()


def test_each_stratum_keeps_its_baseline(lung):
    """With strata of the sexes and no covariate that differs, men's part is men's curve and women's is women's."""
    observations, x = lung
    strata = (x[:, 0] == 2).astype(np.int64)
    data = CoxData(observations, x[:, 1:2], ["age"], strata)
    (curve,) = curves_of(data, [x[:, 1:2]], [200.0])
    parts = []
    for code in (0, 1):
        rows = strata == code
        for age in x[rows, 1]:
            own = estimate_cox_survival(observations, x[:, 1:2], ["age"], [age], strata, str(code))
            assert isinstance(own, ModelledCurve)
            parts.append(own.survival[np.searchsorted(own.days, 200, side="right") - 1])
    assert curve.survival[0] == pytest.approx(np.mean(parts), rel=SAME_FIT)


def test_limits_are_near_those_of_the_curve_and_the_same_on_every_backend(lung):
    observations, x = lung
    data, sets = CoxData(observations, x[:, :1], ["sex"]), [in_group(x[:, :1], 0, 1)]
    (curve,) = curves_of(data, sets, [200.0, 365.0], 200)
    own = estimate_cox_survival(observations, x[:, :1], ["sex"], [1.0], interval="plain")
    assert isinstance(own, ModelledCurve)
    at = np.searchsorted(own.days, [200, 365], side="right") - 1
    np.testing.assert_allclose(curve.low, own.low[at], atol=0.02)
    np.testing.assert_allclose(curve.high, own.high[at], atol=0.02)
    with parallel_config(backend="threading", n_jobs=2):
        (spread,) = curves_of(data, sets, [200.0, 365.0], 200)
    np.testing.assert_array_equal(curve.low, spread.low)


def test_a_covariate_that_decides_treatment_and_outcome_is_taken_out():
    """Treatment halves the hazard and goes to the worse half more often; the truth is the mean over everybody."""
    stream = np.random.default_rng(3)
    n = 6000
    worse = stream.random(n) < 0.5
    treated = stream.random(n) < np.where(worse, 0.8, 0.2)
    rate = np.exp(1.2 * worse - np.log(2) * treated) / 600
    event, end = stream.exponential(1 / rate), stream.uniform(300, 1500, n)
    observations = check_observations(np.ceil(np.minimum(event, end)), event <= end)
    x = np.column_stack([treated, worse]).astype(float)
    curves = curves_of(CoxData(observations, x, ["treated", "worse"]), [in_group(x, 0, 0), in_group(x, 0, 1)], [365.0])
    truth = [
        np.mean(np.exp(-365 * np.exp(1.2 * worse) / 600)),
        np.mean(np.exp(-365 * np.exp(1.2 * worse - np.log(2)) / 600)),
    ]
    assert [curve.survival[0] for curve in curves] == pytest.approx(truth, abs=0.02)
    naive = [estimate_survival(observations.take(treated == group)) for group in (False, True)]
    differences = [curve.survival[np.searchsorted(curve.time, 365)] for curve in naive]
    assert differences[1] - differences[0] < (truth[1] - truth[0]) / 2


def test_without_a_fit_there_is_a_refusal():
    observations = check_observations([1, 2, 3, 4], np.array([True, True, False, False]))
    x = np.array([[1.0], [1], [0], [0]])
    assert isinstance(estimate_adjusted_survival(CoxData(observations, x, ["x"]), [x], np.array([2.0]), 1, 10), Refusal)


def judge(stream, n=150):
    """Whether the limits of one study hold the survival at a year that everybody would have had under treatment."""
    worse = stream.random(n) < 0.5
    treated = stream.random(n) < np.where(worse, 0.7, 0.3)
    rate = np.exp(0.8 * worse - 0.5 * treated) / 600
    event, end = stream.exponential(1 / rate), stream.uniform(300, 1500, n)
    observations = check_observations(np.ceil(np.minimum(event, end)), event <= end)
    x = np.column_stack([treated, worse]).astype(float)
    (curve,) = curves_of(CoxData(observations, x, ["treated", "worse"]), [in_group(x, 0, 1)], [365.0], 200)
    truth = np.mean([np.exp(-365 * np.exp(0.8 * half - 0.5) / 600) for half in (0, 1)])
    return curve.low[0] <= truth <= curve.high[0]


@pytest.mark.slow
def test_limits_hold_the_truth():
    stream = np.random.default_rng(1982)
    assert np.mean([judge(stream) for _ in range(REPEATS)]) >= AT_LEAST


def test_the_recorded_run_held_the_truth():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert recorded["repeats"] == REPEATS
    assert recorded["survival_at_a_year"] >= AT_LEAST
