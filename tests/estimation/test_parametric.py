"""Parametric models: known days and intervals between visits, against R, against lifelines, and by law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import WeibullAFTFitter

from analytics.errors import RefusedError
from analytics.estimation.accelerated_failure import accelerated_failure_of, estimate_accelerated_failure
from analytics.estimation.flexible_parametric import SplineHazard, estimate_flexible_parametric
from analytics.estimation.interval_likelihood import compute_log_likelihood
from analytics.estimation.intervals import Intervals, check_intervals, intervals_of
from analytics.estimation.modelled_survival import estimate_modelled_quantile, estimate_modelled_survival
from analytics.estimation.observations import check_observations
from analytics.tables.hazard_results import ParametricResult
from analytics.tables.results import Refusal

AS_R = 1e-8
ERRORS_AS_R = 1e-5  # our Hessian is a difference of exact gradients

FAMILIES = {
    "weibull": "weibull",
    "log-normal": "lognormal",
    "log-logistic": "loglogistic",
    "exponential": "exponential",
}
LUNG = ["age", "sex", "ph.ecog"]


@pytest.fixture
def lung(data):
    return data("lung").drop_nulls("ph.ecog")


def known(table, days="time", happened="happened"):
    return intervals_of(check_observations(table[days], table[happened].cast(bool)))


def visits(table):
    """Visits every 90 days: the event is seen at the next one."""
    low = 90 * ((table["time"].to_numpy() - 1) // 90)
    return check_intervals(low, np.where(table["happened"] == 1, low + 90.0, np.nan))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("entry", "observe"), [("lung", known), ("visits", visits)])
def test_families_are_r_s(family, entry, observe, lung, from_r, agree):
    result = estimate_accelerated_failure(observe(lung), lung.select(LUNG).to_numpy(), LUNG, family)
    assert isinstance(result, ParametricResult)
    values = from_r("parametric", f"{entry}_{FAMILIES[family]}")
    order = [1, 2, 3, 0]  # R puts the intercept first
    agree(result.parameters[:4], np.array(values["coefficients"])[order], AS_R)
    agree(result.log_likelihood, values["log_likelihood"], AS_R)
    order += [4] if family != "exponential" else []
    variance = np.array(values["variance"])[np.ix_(order, order)]
    scale = np.sqrt(np.outer(np.diag(variance), np.diag(variance)))
    agree(result.covariance / scale, variance / scale, ERRORS_AS_R)
    if family != "exponential":
        agree(np.exp(result.parameters[4]), values["scale"], AS_R)


def test_medians_and_their_errors_are_r_s(data, from_r, agree):
    lung = data("lung")
    result = estimate_accelerated_failure(known(lung), lung.select("age", "sex").to_numpy(), ["age", "sex"])
    values = from_r("parametric", "medians")
    medians = [estimate_modelled_quantile(result, x) for x in ([50, 1], [70, 2])]
    agree([np.log(median.value) for median in medians], values["fit"], AS_R)
    z = 1.959963984540054
    agree([np.log(median.high / median.value) / z for median in medians], values["se.fit"], ERRORS_AS_R)


def test_royston_parmar_is_flexsurv_s(data):
    # flexsurv 2.3.2: flexsurvspline(Surv(rfstime, status) ~ hormon + nodes, data = gbsg, k = 2, scale = "hazard")
    gbsg = data("gbsg")
    result = estimate_flexible_parametric(
        known(gbsg, "rfstime", "status"), gbsg.select("hormon", "nodes").to_numpy(), ["hormon", "nodes"], 2
    )
    assert result.knots == pytest.approx((4.27666611901606, 6.21926346982773, 6.77192371955111, 7.80628928926703))
    assert result.log_likelihood == pytest.approx(-2583.09728507166, abs=1e-7)
    hormon, nodes = result.terms
    # flexsurv's own optimiser stops about 1e-6 before the maximum.
    assert (hormon.coefficient, nodes.coefficient) == pytest.approx((-0.355164096774766, 0.0577553003834262), abs=1e-6)
    assert (hormon.std_error, nodes.std_error) == pytest.approx((0.125062690916581, 0.00665670012809972), rel=1e-5)


def test_a_spline_without_knots_is_a_weibull(lung):
    spline = estimate_flexible_parametric(known(lung), lung.select(LUNG).to_numpy(), LUNG, 0)
    weibull = estimate_accelerated_failure(known(lung), lung.select(LUNG).to_numpy(), LUNG)
    assert spline.log_likelihood == pytest.approx(weibull.log_likelihood, abs=1e-7)
    ratios = [-term.coefficient / np.exp(weibull.parameters[-1]) for term in weibull.terms]
    np.testing.assert_allclose([term.coefficient for term in spline.terms], ratios, rtol=1e-5)


def test_lifelines_agrees_on_the_weibull(lung):
    frame = pd.DataFrame(lung.select(*LUNG, "time", "happened").to_dict(as_series=False))
    theirs = WeibullAFTFitter().fit(frame, "time", "happened").params_["lambda_"]
    ours = estimate_accelerated_failure(known(lung), lung.select(LUNG).to_numpy(), LUNG)
    np.testing.assert_allclose([term.coefficient for term in ours.terms], theirs[LUNG], rtol=1e-3)


MODELS = [
    (accelerated_failure_of("weibull"), [0.2, 5.0, -0.3]),
    (accelerated_failure_of("log-normal"), [0.2, 5.0, -0.3]),
    (accelerated_failure_of("log-logistic"), [0.2, 5.0, -0.3]),
    (accelerated_failure_of("exponential"), [0.2, 5.0]),
    (SplineHazard((3.0, 4.5, 6.0)), [0.2, -5.0, 1.1, 0.3]),
]


@pytest.mark.parametrize(("model", "parameters"), MODELS)
def test_gradients_are_the_slopes_of_the_likelihood(model, parameters):
    intervals = Intervals(
        np.array([50.0, 80, 0, 20, 100]), np.array([50.0, np.inf, 30, 60, 100]), np.array([0.0, 10, 0, 0, 40])
    )
    x, at, step = np.array([[0.0], [1], [0.5], [-1], [2]]), np.array(parameters), 1e-6
    _, slope = compute_log_likelihood(model, intervals, x, at)
    for j in range(len(at)):
        up, down = (compute_log_likelihood(model, intervals, x, at + s * step * np.eye(len(at))[j])[0] for s in (1, -1))
        assert slope[j] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_narrow_interval_says_nearly_what_a_known_day_says(seed):
    rng = np.random.default_rng(seed)
    days = rng.integers(20, 500, 40).astype(float)
    exact = estimate_accelerated_failure(check_intervals(days, days), np.zeros((40, 0)), [], "log-normal")
    near = estimate_accelerated_failure(check_intervals(days - 0.01, days + 0.01), np.zeros((40, 0)), [], "log-normal")
    np.testing.assert_allclose(near.parameters, exact.parameters, atol=1e-5)


def test_an_exponential_forgets_how_long_somebody_waited_to_enter():
    # exponential rate = events / days under observation, entry or not
    observations = check_observations(
        [30, 50, 80, 90, 100, 120], np.array([True, True, True, True, True, False]), entry=[0, 10, 20, 0, 50, 60]
    )
    result = estimate_accelerated_failure(intervals_of(observations), np.zeros((6, 0)), [], "exponential")
    assert np.exp(-result.parameters[0]) == pytest.approx(5 / 330, rel=1e-8)


def test_curves_fall_hold_their_limits_and_mark_extrapolation(lung):
    result = estimate_flexible_parametric(known(lung), lung.select(LUNG).to_numpy(), LUNG, 2)
    curve = estimate_modelled_survival(result, [62, 1, 1], np.arange(1.0, 1500, 10))
    assert (np.diff(curve.survival) <= 0).all()
    assert ((curve.low <= curve.survival) & (curve.survival <= curve.high)).all()
    assert curve.is_extrapolated.tolist() == (curve.days > 1022).tolist()


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [([5, 3], [4, 6], "end before they begin"), ([-1, 3], [4, 6], "end before"), ([0, 3], [0, 6], "before day 0"),
     ([np.nan, 3], [4, 6], "missing"), ([1], [4, 6], "2 values")],
)  # fmt: skip
def test_impossible_intervals_are_errors(low, high, words):
    with pytest.raises(RefusedError, match=words):
        check_intervals(low, high)


def test_several_lines_a_person_are_refused(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool), cluster=lung["person"])
    with pytest.raises(RefusedError, match="one unweighted line a person"):
        intervals_of(observations)


@pytest.mark.parametrize("estimate", [estimate_accelerated_failure, estimate_flexible_parametric])
def test_what_has_no_answer_is_refused(estimate):
    nobody = check_intervals([10, 20, 30], [None, None, None])
    assert estimate(nobody, np.zeros((3, 0)), []).code == "no_events"
    few = check_intervals([10, 20, 30, 40], [10, 20, 30, None])
    assert estimate(few, np.arange(4.0)[:, None], ["age"]).code == "too_few_events_per_parameter"
    days = np.arange(10.0, 70)
    same = estimate(check_intervals(days, days), np.ones((60, 1)), ["dose"])
    assert isinstance(same, Refusal)
    assert (same.code, same.remedy) == ("redundant_covariate", "Leave dose out.")
    rng = np.random.default_rng(1).normal(size=60)
    twice = estimate(check_intervals(days, days), np.column_stack([rng, 2 * rng]), ["age", "years"])
    assert isinstance(twice, Refusal)
    assert twice.code == "no_maximum"
