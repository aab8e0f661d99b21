"""The partial-likelihood kernel: by hand, against R, against the libraries where they are right, and by law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxTimeVaryingFitter
from statsmodels.duration.hazard_regression import PHReg

from analytics.estimation.partial_likelihood import (
    PartialFit,
    PartialLikelihood,
    compute_state,
    maximise_partial_likelihood,
)
from analytics.estimation.partial_residuals import (
    compute_influence,
    compute_martingale_residuals,
    compute_robust_score_statistic,
    compute_sandwich,
    compute_schoenfeld_residuals,
    compute_score_residuals,
)
from analytics.estimation.risk_sets import compute_risk_sets
from analytics.tables.results import Refusal

AS_R = 1e-9
R_STOPS_EARLY = 1e-7  # R's own last Newton step leaves its residuals this far from the maximum


@dataclass
class Model:
    data: PartialLikelihood
    fit: PartialFit
    cluster: np.ndarray | None


def codes(labels):
    return np.unique(labels, return_inverse=True)[1]


def fit(
    table, covariates, stop="time", happened="happened", start=None, strata=(), weights=None, cluster=None, ties="efron"
):
    table = table.drop_nulls([*covariates, *strata, *([cluster] if cluster else [])])
    x = table.select(covariates).to_numpy().astype(float)
    w = None if weights is None else table[weights].to_numpy()
    stratum = codes([str(row) for row in table.select(strata).rows()]) if strata else None
    entry = None if start is None else table[start].to_numpy().astype(float)
    sets = compute_risk_sets(
        table[stop].to_numpy().astype(float), table[happened].to_numpy().astype(bool), entry, stratum, w, ties
    )
    data = PartialLikelihood(x, sets, w)
    return Model(
        data,
        maximise_partial_likelihood(data, covariates),
        None if cluster is None else codes(table[cluster].to_numpy()),
    )


# ---- a pencil --------------------------------------------------------------------------------------------------


def two_tied(ties):
    """Four people, x = 1 0 1 0; the first two die together on day 1, the third on day 2, the fourth lives."""
    sets = compute_risk_sets(np.array([1.0, 1, 2, 3]), np.array([True, True, True, False]), ties=ties)
    return PartialLikelihood(np.array([[1.0], [0], [1], [0]]), sets)


@pytest.mark.parametrize(
    ("ties", "denominators"),
    [
        ("breslow", lambda r: [2 * r + 2, 2 * r + 2, r + 1]),
        ("efron", lambda r: [2 * r + 2, 2 * r + 2 - (r + 1) / 2, r + 1]),
    ],
)
def test_likelihood_with_a_tie_by_hand(ties, denominators):
    b = 0.3
    state = compute_state(two_tied(ties), np.array([b]))
    by_hand = 2 * b - np.log(denominators(np.exp(b))).sum()
    assert state.log_likelihood == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_score_and_information_are_the_slopes_of_the_likelihood(ties):
    data, b, step = two_tied(ties), 0.3, 1e-5
    up, here, down = (compute_state(data, np.array([b + d])) for d in (step, 0, -step))
    slope = (up.log_likelihood - down.log_likelihood) / (2 * step)
    bend = (up.score[0] - down.score[0]) / (2 * step)
    assert here.score[0] == pytest.approx(slope, abs=1e-8)
    assert here.information[0, 0] == pytest.approx(-bend, abs=1e-8)


# ---- R ---------------------------------------------------------------------------------------------------------

LUNG = ["age", "sex", "ph.ecog"]
MODELS = {
    "lung_efron": ("lung", {"covariates": LUNG}),
    "lung_breslow": ("lung", {"covariates": LUNG, "ties": "breslow"}),
    "lung_strata": ("lung", {"covariates": ["age", "ph.ecog"], "strata": ["sex"]}),
    "lung_weights": ("lung", {"covariates": ["age", "sex"], "weights": "w"}),
    "lung_weights_breslow": ("lung", {"covariates": ["age", "sex"], "weights": "w", "ties": "breslow"}),
    "heart_td": (
        "heart",
        {"covariates": ["age", "year", "surgery", "transplant"], "start": "start", "stop": "stop", "happened": "event"},
    ),
    "veteran_strata": (
        "veteran",
        {"covariates": ["karno", "age"], "strata": ["celltype", "trt"], "happened": "status"},
    ),
    "ties_entry": ("ties", {"covariates": ["x", "gB", "gC"], "start": "entry"}),
}


def prepare(table):
    if "g" in table.columns:
        return table.with_columns(gB=(table["g"] == "B").cast(int), gC=(table["g"] == "C").cast(int))
    return table


@pytest.mark.parametrize("entry", MODELS)
def test_models_and_residuals_are_r_s(entry, from_r, data, agree):
    name, options = MODELS[entry]
    model = fit(prepare(data(name)), **options)
    values = from_r("hazards", entry)
    state = model.fit.state
    agree(state.coefficients, values["coefficients"], AS_R)
    agree([model.fit.null.log_likelihood, state.log_likelihood], values["log_likelihood"], AS_R)
    scale = np.sqrt(np.outer(np.diag(model.fit.variance), np.diag(model.fit.variance)))
    agree(model.fit.variance / scale, np.array(values.get("model_variance", values["variance"])) / scale, AS_R)
    agree(compute_martingale_residuals(model.data, state), values["martingale"], AS_R)
    agree(compute_score_residuals(model.data, state), values["score"], R_STOPS_EARLY)
    agree(compute_schoenfeld_residuals(model.data, state), values["schoenfeld"], R_STOPS_EARLY)
    agree(compute_influence(model.data, state, model.fit.variance), values["dfbeta"], AS_R)


@pytest.mark.parametrize(
    ("entry", "name", "options"),
    [
        ("lung_weights", "lung", {"covariates": ["age", "sex"], "weights": "w"}),
        ("lung_weights_breslow", "lung", {"covariates": ["age", "sex"], "weights": "w", "ties": "breslow"}),
        ("lung_persons", "lung", {"covariates": ["age", "sex"], "cluster": "person"}),
        ("heart_persons", "heart", {"covariates": ["age", "transplant"], "start": "start", "stop": "stop",
                                    "happened": "event", "cluster": "id"}),
        ("bladder_ag", "bladder2", {"covariates": ["rx", "size", "number"], "start": "start", "stop": "stop",
                                    "happened": "event", "cluster": "id"}),
        ("bladder_pwp", "bladder2", {"covariates": ["rx", "size", "number"], "start": "start", "stop": "stop",
                                     "happened": "event", "cluster": "id", "strata": ["enum"]}),
    ],
)  # fmt: skip
def test_robust_errors_are_r_s(entry, name, options, from_r, data, agree):
    table = data(name)
    if "start" in options:
        table = table.filter(table[options["stop"]] > table[options["start"]])
    model = fit(table, **options)
    values = from_r("hazards", entry)
    agree(model.fit.state.coefficients, values["coefficients"], AS_R)
    robust = compute_sandwich(model.data, model.fit.state, model.fit.variance, model.cluster)
    scale = np.sqrt(np.outer(np.diag(robust), np.diag(robust)))
    agree(robust / scale, np.array(values["variance"]) / scale, R_STOPS_EARLY)
    null = compute_state(model.data, np.zeros(len(options["covariates"])))
    agree(compute_robust_score_statistic(model.data, null, model.cluster), values["robust_score"], AS_R)


# ---- libraries, where they are right -----------------------------------------------------------------------------


def test_statsmodels_agrees_without_weights_and_entry(data):
    lung = data("lung").drop_nulls(LUNG)
    theirs = PHReg(
        lung["time"].to_numpy(), lung.select(LUNG).to_numpy(), lung["happened"].to_numpy(), ties="efron"
    ).fit()
    ours = fit(lung, LUNG)
    np.testing.assert_allclose(ours.fit.state.coefficients, theirs.params, rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.fit.variance)), theirs.bse, rtol=1e-7)


def test_lifelines_agrees_on_time_dependent_covariates(data):
    heart = data("heart")
    columns = ["age", "year", "surgery", "transplant"]
    fitter = CoxTimeVaryingFitter()
    fitter.fit(
        pd.DataFrame(heart.to_dict(as_series=False)), id_col="id", event_col="event", start_col="start", stop_col="stop"
    )
    ours = fit(heart, columns, start="start", stop="stop", happened="event")
    np.testing.assert_allclose(ours.fit.state.coefficients, fitter.params_[columns], rtol=1e-6)


# ---- laws --------------------------------------------------------------------------------------------------------

rows = st.lists(
    st.tuples(st.integers(1, 15), st.booleans(), st.floats(-2, 2).map(lambda x: round(x, 2))), min_size=12, max_size=40
)


def arrays(table):
    days, happened, x = (np.array(column) for column in zip(*table, strict=True))
    return days.astype(float), happened, x.astype(float)[:, None]


@settings(max_examples=50, deadline=None)
@given(rows)
def test_doubled_rows_are_weights_of_two_under_breslow(table):
    days, happened, x = arrays(table)
    if not happened.any():
        return
    twos = np.full(len(days), 2.0)
    weighted = PartialLikelihood(x, compute_risk_sets(days, happened, weights=twos, ties="breslow"), twos)
    doubled = PartialLikelihood(
        np.tile(x, (2, 1)), compute_risk_sets(np.tile(days, 2), np.tile(happened, 2), ties="breslow")
    )
    one, two = maximise_partial_likelihood(weighted, ["x"]), maximise_partial_likelihood(doubled, ["x"])
    assert type(one) is type(two)
    if isinstance(one, PartialFit):
        np.testing.assert_allclose(one.state.coefficients, two.state.coefficients, atol=1e-7)
        np.testing.assert_allclose(one.variance, two.variance, rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(rows, st.integers(0, 14))
def test_a_row_cut_in_two_says_the_same(table, cut):
    days, happened, x = arrays(table)
    if not happened.any():
        return
    long = days > cut
    split = PartialLikelihood(
        np.concatenate([x, x[long]]),
        compute_risk_sets(
            np.concatenate([np.where(long, cut, days), days[long]]),
            np.concatenate([happened & ~long, happened[long]]),
            np.concatenate([np.zeros(len(days)), np.full(int(long.sum()), float(cut))]),
        ),
    )
    whole = PartialLikelihood(x, compute_risk_sets(days, happened))
    beta = np.array([0.4])
    one, two = compute_state(whole, beta), compute_state(split, beta)
    np.testing.assert_allclose(one.log_likelihood, two.log_likelihood, atol=1e-9)
    np.testing.assert_allclose(one.score, two.score, atol=1e-9)
    np.testing.assert_allclose(one.information, two.information, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(rows, st.integers(-3, 3), st.integers(1, 1000))
def test_shifting_and_scaling_a_covariate_scales_its_coefficient(table, shift, factor):
    days, happened, x = arrays(table)
    if not happened.any():
        return
    sets = compute_risk_sets(days, happened)
    one = maximise_partial_likelihood(PartialLikelihood(x, sets), ["x"])
    two = maximise_partial_likelihood(PartialLikelihood(x * factor + shift, sets), ["x"])
    assert type(one) is type(two)
    if isinstance(one, PartialFit):
        np.testing.assert_allclose(one.state.coefficients, two.state.coefficients * factor, atol=1e-7)


def test_martingale_and_score_residuals_sum_to_nothing(data):
    model = fit(data("lung"), LUNG)
    assert compute_martingale_residuals(model.data, model.fit.state).sum() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(compute_score_residuals(model.data, model.fit.state).sum(axis=0), 0, atol=1e-6)


# ---- what no number can be given for -------------------------------------------------------------------------------


def refuse(x, happened=None):
    n = len(x)
    happened = np.ones(n, dtype=bool) if happened is None else happened
    sets = compute_risk_sets(np.arange(1.0, n + 1), happened)
    return maximise_partial_likelihood(PartialLikelihood(np.asarray(x, dtype=float), sets), ["age", "dose"])


def test_a_constant_covariate_is_named():
    rng = np.random.default_rng(1)
    answer = refuse(np.column_stack([rng.normal(size=20), np.full(20, 7.0)]))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.remedy) == ("redundant_covariate", "Leave dose out.")


def test_a_collinear_covariate_is_named():
    x = np.random.default_rng(1).normal(size=20)
    answer = refuse(np.column_stack([x, 3 * x + 2]))
    assert isinstance(answer, Refusal)
    assert answer.remedy == "Leave dose out."


def test_a_covariate_that_varies_only_after_the_last_event_is_named():
    x = np.random.default_rng(1).normal(size=20)
    late = (np.arange(20) == 2).astype(float)
    happened = np.arange(20) >= 10
    answer = refuse(np.column_stack([x, late]), happened)
    assert isinstance(answer, Refusal)
    assert answer.remedy == "Leave dose out."


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_complete_separation_is_refused_on_any_scale(scale):
    x = np.random.default_rng(1).normal(size=20)
    group = (np.arange(20) < 10) * scale
    answer = refuse(np.column_stack([x, group]))
    assert isinstance(answer, Refusal)
    assert answer.code == "separated"
    assert "dose" in answer.sentence
