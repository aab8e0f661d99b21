"""Late entry, weights, strata and several rows a person together: R gives the same, and so does every way to say it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.observations import Observations, check_observations
from analytics.estimation.survival import estimate_survival
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Refusal

AS_R = 1e-7
CURVE_AS_R = 1e-9
SAME_FIT = 1e-8  # two ways to the same maximum of one likelihood

# R: h$w <- 1 + (h$id %% 3) / 2; coxph(Surv(start, stop, event) ~ age + transplant + strata(surgery) + cluster(id), h,
#    weights = w, ties = ties): coef, sqrt(diag(var)), loglik[2]
R_COX = {
    "efron": (0.022703533154771, 0.143097347236323, 0.014039859223832, 0.339296467824127, -445.862705464497),
    "breslow": (0.022748160903883, 0.139894663406035, 0.014019715848869, 0.337748032473672, -446.159684587373),
}
# R: summary(survfit(Surv(start, stop, event) ~ 1, h, weights = w, cluster = id, robust = TRUE, conf.type = "log-log"),
#    times = c(300, 1000, 3000)): surv, std.err, lower, upper
R_CURVE = (
    (0.779129177187430, 0.487416213979252, 0.369938570126521),
    (0.042395908161070, 0.051735343762208, 0.050685027228942),
    (0.682058172123245, 0.382926765130007, 0.271795450577053),
    (0.849771020610779, 0.583910927660786, 0.468093256058974),
)


@pytest.fixture
def heart(data):
    table = data("heart")
    observations = check_observations(
        table["stop"],
        table["event"] == 1,
        entry=table["start"],
        weights=1 + (table["id"].to_numpy() % 3) / 2,
        cluster=table["id"],
    )
    return observations, table.select("age", "transplant").to_numpy(), table["surgery"].to_numpy()


def fitted(*given, **options) -> RegressionResult:
    model = estimate_cox_model(*given, **options)
    assert isinstance(model, RegressionResult), model
    return model


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_model_is_r_s(heart, ties):
    observations, x, strata = heart
    model = fitted(observations, x, ["age", "transplant"], strata, ties=ties)
    values = [*(term.coefficient for term in model.terms), *(term.std_error for term in model.terms)]
    np.testing.assert_allclose([*values, model.log_likelihood], R_COX[ties], rtol=AS_R)
    assert dict(model.method.options) == {
        "entry": "late: at risk from the day of entry",
        "errors": "robust, clustered by patient",
        "weights": "each line counts with its own",
    }


def test_the_curve_is_r_s(heart):
    observations, _, _ = heart
    curve = estimate_survival(observations)
    at = np.searchsorted(curve.time, [300, 1000, 3000], side="right") - 1
    error = curve.std_error_log * curve.survival
    np.testing.assert_allclose((curve.survival[at], error[at], curve.low[at], curve.high[at]), R_CURVE, rtol=CURVE_AS_R)


rows = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 5), st.sampled_from([0.5, 1.0, 2.5]), st.booleans()),
    min_size=30,
    max_size=60,
)


def observe(table) -> tuple[Observations, np.ndarray, np.ndarray]:
    days, happened, entry, weights, first = (np.array(column) for column in zip(*table, strict=True))
    observations = check_observations(
        days + entry, happened, entry=entry, weights=weights, cluster=np.arange(len(days)) // 2
    )
    x = np.column_stack([np.sin(np.arange(len(days)) * 1.7), np.arange(len(days)) % 3 == 0]).astype(float)
    return observations, x, first.astype(np.int64)


@settings(max_examples=30, deadline=None)
@given(rows, st.integers(0, 10_000))
def test_the_order_of_rows_is_nothing(table, seed):
    observations, x, strata = observe(table)
    order = np.random.default_rng(seed).permutation(len(table))
    one = estimate_cox_model(observations, x, ["a", "b"], strata)
    other = estimate_cox_model(observations.take(order), x[order], ["a", "b"], strata[order])
    if isinstance(one, Refusal):
        assert one == other
        return
    assert isinstance(other, RegressionResult)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=SAME_FIT)
    np.testing.assert_allclose(
        [term.coefficient for term in one.terms], [term.coefficient for term in other.terms], rtol=1e-6, atol=SAME_FIT
    )


@settings(max_examples=30, deadline=None)
@given(rows, st.sampled_from([0.25, 4.0]))
def test_the_unit_of_the_weights_is_nothing(table, factor):
    observations, x, strata = observe(table)
    scaled = Observations(
        observations.days,
        observations.happened,
        observations.entry,
        factor * observations.weights,
        observations.cluster,
    )
    one, other = (estimate_cox_model(given, x, ["a", "b"], strata) for given in (observations, scaled))
    if isinstance(one, Refusal) or isinstance(other, Refusal):
        assert isinstance(one, Refusal) == isinstance(other, Refusal)
        return
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=SAME_FIT)


@settings(max_examples=30, deadline=None)
@given(rows)
def test_doubling_everybody_and_their_clusters_changes_no_robust_error(table):
    """The same people twice under their own codes: twice the score and twice the information."""
    observations, x, strata = observe(table)
    twice = observations.take(np.tile(np.arange(len(table)), 2))
    one = estimate_cox_model(observations, x, ["a", "b"], strata, ties="breslow")
    other = estimate_cox_model(twice, np.tile(x, (2, 1)), ["a", "b"], np.tile(strata, 2), ties="breslow")
    if isinstance(one, RegressionResult) and isinstance(other, RegressionResult):
        np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=SAME_FIT)
