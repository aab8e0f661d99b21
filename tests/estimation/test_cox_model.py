"""Cox regression for people: terms, tests, proportionality, splines and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import RefusedError
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.observations import check_observations
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.proportionality import compare_effects_over_time
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.splines import NaturalSpline, place_knots
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Refusal

AS_R = 1e-9

LUNG = ["age", "sex", "ph.ecog"]


def observed(table, stop="time", happened="happened", **columns):
    return check_observations(
        table[stop], table[happened].cast(bool), **{key: table[name] for key, name in columns.items()}
    )


@pytest.mark.parametrize(
    ("entry", "name", "covariates", "options", "scale"),
    [
        ("zph_lung", "lung", LUNG, {}, "km"),
        ("zph_lung_identity", "lung", LUNG, {}, "identity"),
        ("zph_lung_log", "lung", LUNG, {}, "log"),
        ("zph_lung_rank", "lung", LUNG, {}, "rank"),
        ("zph_veteran", "veteran", ["karno", "age", "trt"], {"happened": "status"}, "km"),
        ("zph_heart", "heart", ["age", "surgery", "transplant"],
         {"stop": "stop", "happened": "event", "entry": "start"}, "km"),
        ("zph_strata", "lung", ["age", "ph.ecog"], {"strata": "sex"}, "km"),
        ("zph_weights", "lung", ["age", "sex"], {"weights": "w"}, "km"),
    ],
)  # fmt: skip
def test_proportionality_tests_are_r_s(entry, name, covariates, options, scale, from_r, data, agree):
    table = data(name).drop_nulls(covariates)
    strata = options.pop("strata", None)
    observations = observed(table, **options)
    stratum = None if strata is None else table[strata].to_numpy() - 1
    x = table.select(covariates).to_numpy().astype(float)
    model = PartialLikelihood(x, observed_risk_sets(observations, stratum), observations.weights)
    state = maximise_partial_likelihood(model, covariates).state
    result = compare_effects_over_time(observations, model, state, covariates, scale)
    values = from_r("cox_model", entry)
    agree([test.statistic for test in result.tests], values["statistic"], AS_R)
    agree([test.p_value for test in result.tests], values["p_value"], AS_R)
    assert [test.degrees_of_freedom for test in result.tests] == values["df"]
    if entry == "zph_lung":
        agree(result.scaled, from_r("cox_model", "zph_scaled"), 1e-7)


def test_a_model_s_terms_and_tests_are_r_s(from_r, data, agree):
    lung = data("lung")
    result = estimate_cox_model(observed(lung), lung.select("age", "sex").to_numpy(), ["age", "sex"])
    assert isinstance(result, RegressionResult)
    wald, ratio = result.tests
    values = from_r("cox_model", "tests")
    agree([ratio.statistic, ratio.degrees_of_freedom, ratio.p_value], values["logtest"], AS_R)
    assert wald.statistic == pytest.approx(values["waldtest"][0], abs=0.005)  # R rounds it to two decimals


def test_a_person_s_pieces_need_no_robust_errors_and_a_person_s_lines_do(data):
    heart = data("heart")
    x = heart.select("age", "transplant").to_numpy()
    pieces = observed(heart, "stop", "event", entry="start", cluster="id")
    assert not estimate_cox_model(pieces, x, ["age", "transplant"]).is_robust
    lung = data("lung")
    lines = observed(lung, cluster="person")
    model = estimate_cox_model(lines, lung.select("age", "sex").to_numpy(), ["age", "sex"])
    assert model.is_robust
    assert [test.name for test in model.tests] == ["Wald test"]


def test_a_spline_of_age_is_r_s(from_r, data, agree):
    lung = data("lung")
    spline = place_knots(lung["age"].to_numpy(), 3)
    agree(spline.basis(lung["age"].to_numpy()), from_r("cox_model", "ns_age"), AS_R)
    x = np.column_stack([spline.basis(lung["age"].to_numpy()), lung["sex"].to_numpy()])
    result = estimate_cox_model(observed(lung), x, ["age 1", "age 2", "age 3", "sex"])
    values = from_r("cox_model", "spline_model")
    agree([term.coefficient for term in result.terms], values["coefficients"], AS_R)
    agree(result.covariance, values["variance"], AS_R)


def test_a_spline_is_straight_beyond_its_boundary(from_r, agree):
    spline = NaturalSpline(np.array([56.0, 70.0]), (39.0, 82.0))
    agree(spline.basis([10, 39, 50, 82, 95]), from_r("cox_model", "ns_outside"), AS_R)
    far = spline.basis([90, 100, 110])
    np.testing.assert_allclose(far[2] - far[1], far[1] - far[0], atol=1e-12)


def test_too_few_values_for_a_spline_are_refused():
    with pytest.raises(RefusedError, match="2 distinct values"):
        place_knots([1, 1, 1, 2, 2, 2], 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_and_infinite_covariates_are_errors(bad):
    observations = check_observations(np.arange(1, 21), np.ones(20, dtype=bool))
    x = np.random.default_rng(1).normal(size=(20, 1))
    x[3] = bad
    with pytest.raises(RefusedError, match="missing or infinite in 1 of 20 lines"):
        estimate_cox_model(observations, x, ["age"])


def test_a_wrong_shape_is_an_error():
    observations = check_observations([1, 2], np.ones(2, dtype=bool))
    with pytest.raises(RefusedError, match="shape"):
        estimate_cox_model(observations, [[1.0], [2.0]], ["a", "b"])


@pytest.mark.parametrize(
    ("n_events", "n_columns", "code"),
    [(0, 1, "no_events"), (9, 2, "too_few_events_per_parameter"), (20, 0, "no_covariates")],
)
def test_models_without_enough_events_are_refused(n_events, n_columns, code):
    observations = check_observations(np.arange(1, 31), np.arange(30) < n_events)
    x = np.random.default_rng(1).normal(size=(30, n_columns))
    refusal = estimate_cox_model(observations, x, [f"x{j}" for j in range(n_columns)])
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.remedy
