"""Odds of response: by hand, against R, and where no finite odds ratio exists."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import RefusedError
from analytics.estimation.logistic import estimate_logistic_model
from analytics.estimation.repeated_response import estimate_ordinal_model, estimate_repeated_response
from analytics.tables.results import Refusal

AS_R = 1e-6
BY_HAND = 1e-7  # both sides are closed forms; ours comes from a search
R_SEARCHES_WITHOUT_SLOPES = 1e-4  # its Firth values are found by Nelder–Mead
ANOTHER_CORRELATION = 1e-2  # geepack estimates the working correlation by another moment equation


def values(result):
    return np.array([coefficient.estimate.value for coefficient in result.coefficients])


def errors(result):
    return np.array([coefficient.std_error for coefficient in result.coefficients])


def cells(a, b, c, d):
    """Treated: a responders, b not; others: c responders, d not."""
    happened = np.repeat([True, False, True, False], [a, b, c, d])
    return happened, np.repeat([1.0, 1, 0, 0], [a, b, c, d])[:, None]


def separated():
    y = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1]).astype(bool)
    x = np.array([1, 2, 3, 4, 5, 6, 6.2, 6.1, 7, 8, 9, 10, 11, 12, 13])
    z = np.array([0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    return y, np.column_stack([x, z])


# ---- a pencil --------------------------------------------------------------------------------------------------


def test_one_yes_or_no_covariate_gives_the_cross_product_ratio():
    result = estimate_logistic_model(*cells(12, 8, 6, 14), ["treated"])
    assert values(result)[1] == pytest.approx(np.log(12 * 14 / (8 * 6)), rel=BY_HAND)
    assert errors(result)[1] == pytest.approx(np.sqrt(1 / 12 + 1 / 8 + 1 / 6 + 1 / 14), rel=BY_HAND)
    assert result.odds_ratios[1].value == pytest.approx(3.5, rel=BY_HAND)
    assert not result.is_penalised


def test_where_nobody_treated_fails_the_penalty_adds_half_a_person_to_each_cell():
    result = estimate_logistic_model(*cells(10, 0, 6, 14), ["treated"])
    assert result.is_penalised
    assert values(result)[1] == pytest.approx(np.log(10.5 * 14.5 / (0.5 * 6.5)), rel=BY_HAND)
    assert np.isfinite([result.coefficients[1].estimate.low, result.coefficients[1].estimate.high]).all()


# ---- R ---------------------------------------------------------------------------------------------------------


def test_agrees_with_glm(data, from_r, agree):
    frame, r = data("birthwt"), from_r("response_model", "logistic")
    names = ["age", "lwt", "smoke", "ht"]
    result = estimate_logistic_model(frame["low"].to_numpy() == 1, frame.select(names).to_numpy(), names)
    agree(values(result), r["coefficients"], AS_R)
    assert result.covariance == pytest.approx(np.array(r["covariance"]), rel=AS_R, abs=1e-9)
    assert result.log_likelihood == pytest.approx(r["log_likelihood"], rel=AS_R)


def test_agrees_with_the_penalised_likelihood_searched_in_r(data, from_r, agree):
    frame, r = data("birthwt"), from_r("response_model", "firth")
    result = estimate_logistic_model(
        frame["low"].to_numpy() == 1, frame.select("smoke", "ht").to_numpy(), ["smoke", "ht"], penalty="always"
    )
    agree(values(result), r["coefficients"], R_SEARCHES_WITHOUT_SLOPES)
    agree([c.p_value for c in result.coefficients[1:]], r["p_values"], R_SEARCHES_WITHOUT_SLOPES)
    limits = [(c.estimate.low, c.estimate.high) for c in result.coefficients[1:]]
    agree(limits, r["limits"], R_SEARCHES_WITHOUT_SLOPES)
    assert result.log_likelihood == pytest.approx(r["log_likelihood"], rel=AS_R)


def test_separated_data_get_the_penalised_estimate(from_r, agree):
    r = from_r("response_model", "separated")
    result = estimate_logistic_model(*separated(), ["x", "z"], penalty="always")
    agree(values(result)[1:], r["coefficients"][1:], R_SEARCHES_WITHOUT_SLOPES)
    agree([c.p_value for c in result.coefficients[1:]], r["p_values"], R_SEARCHES_WITHOUT_SLOPES)


@pytest.mark.parametrize("correlation", ["exchangeable", "independence"])
def test_repeated_response_agrees_with_geepack(correlation, data, from_r):
    frame = data("bacteria")
    r = from_r("response_model", "gee" if correlation == "exchangeable" else "gee_independence")
    result = estimate_repeated_response(
        frame["y"].to_numpy() == 1, frame.select("drug", "week").to_numpy(), ["drug", "week"],
        frame["person"].to_numpy(), correlation,
    )  # fmt: skip
    tolerance = AS_R if correlation == "independence" else ANOTHER_CORRELATION
    assert values(result) == pytest.approx(r["coefficients"], rel=tolerance)
    assert errors(result) == pytest.approx(r["errors"], rel=tolerance)
    assert (result.n_rows, result.n_patients) == (220, 50)


def test_ordinal_response_agrees_with_polr(data, from_r):
    frame, r = data("housing"), from_r("response_model", "ordinal")
    rows = np.repeat(np.arange(frame.height), frame["freq"].to_numpy())
    result = estimate_ordinal_model(
        frame["sat"].to_numpy()[rows], frame.select("infl", "cont").to_numpy()[rows], ["infl", "cont"]
    )
    assert values(result) == pytest.approx(r["coefficients"], rel=1e-4)
    assert errors(result) == pytest.approx(r["errors"], rel=1e-4)
    assert result.log_likelihood == pytest.approx(r["log_likelihood"], rel=AS_R)


# ---- refusals --------------------------------------------------------------------------------------------------


def test_too_few_responders_for_the_covariates():
    happened, x = cells(3, 10, 3, 10)
    answer = estimate_logistic_model(happened, np.column_stack([x, np.arange(26.0)]), ["treated", "age"])
    assert isinstance(answer, Refusal)
    assert answer.code == "too_few_events_per_parameter"


def test_all_responding_is_no_contrast():
    assert estimate_logistic_model(np.ones(20, dtype=bool), np.arange(20.0)[:, None], ["x"]).code == "no_contrast"
    assert estimate_ordinal_model(np.ones(20), np.arange(20.0)[:, None], ["x"]).code == "no_contrast"


def test_a_covariate_that_says_nothing_of_its_own():
    happened, x = cells(12, 8, 6, 14)
    assert estimate_logistic_model(happened, np.hstack([x, 2 * x]), ["a", "b"]).code == "redundant_covariate"
    assert estimate_logistic_model(happened, np.ones((40, 1)), ["a"]).code == "redundant_covariate"
    assert estimate_repeated_response(happened, np.ones((40, 1)), ["a"], np.arange(40)).code == "redundant_covariate"
    assert estimate_ordinal_model(happened.astype(int), np.ones((40, 1)), ["a"]).code == "redundant_covariate"


def test_repeated_response_refuses_few_persons_and_separation():
    happened, x = cells(12, 8, 6, 14)
    assert estimate_repeated_response(happened, x, ["a"], np.arange(40) // 4).code == "too_few_patients"
    happened, x = cells(20, 0, 6, 14)
    assert estimate_repeated_response(happened, x, ["a"], np.arange(40)).code == "separated"


def test_what_cannot_be_is_refused():
    with pytest.raises(RefusedError, match="truth values"):
        estimate_logistic_model([1, 0], [[1.0], [2.0]], ["x"])
    with pytest.raises(RefusedError, match="shape"):
        estimate_logistic_model([True, False], [[1.0]], ["x"])
    with pytest.raises(RefusedError, match="cluster"):
        estimate_repeated_response([True, False], [[1.0], [2.0]], ["x"], [1])
    with pytest.raises(RefusedError, match="wrong form"):
        estimate_ordinal_model([0.5, 1], [[1.0], [2.0]], ["x"])
