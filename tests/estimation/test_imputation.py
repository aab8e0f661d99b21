"""Missing covariates: Rubin's rules by hand, and a Cox model whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import RefusedError
from analytics.estimation.imputation import describe_missing, estimate_imputed_cox_model, pool_estimates
from analytics.estimation.observations import check_observations
from analytics.tables.results import Refusal

TRUTH = 0.8  # log hazard ratio of a standard deviation of x


def simulate(n=500, seed=2):
    """Hazard by x; x is missing more often in those who lived long, and z stands for it."""
    stream = np.random.default_rng(seed)
    x = stream.normal(size=n)
    z = 0.8 * x + 0.6 * stream.normal(size=n)
    time = stream.exponential(np.exp(-TRUTH * x)) * 700
    days = np.ceil(np.minimum(time, 900))
    gone = stream.random(n) < np.where(days > 400, 0.6, 0.15)
    return check_observations(days, time <= 900), np.column_stack([np.where(gone, np.nan, x), z])


def test_rubins_rules_by_hand():
    """Estimates 1, 2 and 3 with variance 0.5: total 0.5 + (1 + 1/3)·1, degrees of freedom 2·(1 + 0.5/(4/3))²."""
    result = pool_estimates(np.array([[1.0], [2], [3]]), np.full((3, 1, 1), 0.5), ["x"], "log hazard ratio")
    assert result.coefficients[0].estimate.value == pytest.approx(2)
    assert result.covariance.item() == pytest.approx(0.5 + 4 / 3)
    assert result.degrees_of_freedom.item() == pytest.approx(2 * (1 + 0.5 / (4 / 3)) ** 2)
    assert 0 < result.missing_share.item() < 1


def test_where_nothing_is_missing_nothing_is_added():
    same = np.tile([[1.0, -1.0]], (4, 1))
    result = pool_estimates(same, np.tile(np.eye(2) * 0.25, (4, 1, 1)), ["x", "z"], "log hazard ratio")
    assert result.missing_share.tolist() == [0, 0]
    assert result.coefficients[0].estimate.high == pytest.approx(1 + 1.959964 * 0.5, rel=1e-6)


def test_missing_values_are_counted():
    table = describe_missing([[1.0, np.nan], [np.nan, np.nan], [3.0, 1.0]], ["ki67", "sstr"])
    assert table["n_missing"].to_list() == [1, 2]
    assert table["missing_share"].to_list() == pytest.approx([1 / 3, 2 / 3])


def test_the_imputed_model_finds_the_truth_and_uses_everybody():
    observations, x = simulate()
    result = estimate_imputed_cox_model(observations, x[:, :1], ["x"], np.random.default_rng(1), n_imputations=5)
    with_z = estimate_imputed_cox_model(observations, x, ["x", "z"], np.random.default_rng(1), n_imputations=5)
    assert result.n_complete == result.complete.n_lines == int((~np.isnan(x[:, 0])).sum())
    assert result.missing["n_missing"].to_list() == [500 - result.n_complete]
    for answer in (result, with_z):
        pooled = answer.pooled.coefficients[0]
        assert abs(pooled.estimate.value - TRUTH) < 3 * pooled.std_error
        assert answer.pooled.missing_share[0] > 0
    # Values are missing by how long a line lasted, so leaving lines out bends the answer.
    assert abs(with_z.pooled.coefficients[0].estimate.value - TRUTH) < abs(with_z.complete.terms[0].coefficient - TRUTH)


def test_one_seed_gives_one_answer():
    observations, x = simulate(200)
    once, again = (
        estimate_imputed_cox_model(observations, x, ["x", "z"], np.random.default_rng(7), n_imputations=2).pooled
        for _ in range(2)
    )
    assert once.coefficients == again.coefficients


def test_what_cannot_be_imputed_is_refused():
    observations, x = simulate(100)
    mostly = np.where(np.arange(100) < 70, np.nan, x[:, 1])[:, None]
    result = estimate_imputed_cox_model(observations, mostly, ["sstr"], np.random.default_rng(1), n_imputations=2)
    assert isinstance(result.pooled, Refusal)
    assert result.pooled.code == "mostly_missing"
    nobody = np.column_stack([np.where(np.arange(100) < 50, np.nan, 1.0), np.where(np.arange(100) < 50, 1.0, np.nan)])
    none = estimate_imputed_cox_model(observations, nobody, ["a", "b"], np.random.default_rng(1), n_imputations=2)
    assert none.complete.code == "nobody_left"
    with pytest.raises(RefusedError, match="shape"):
        describe_missing([[1.0, np.inf]], ["a", "b"])
    with pytest.raises(RefusedError, match="rows for"):
        estimate_imputed_cox_model(observations, x[:50], ["x", "z"], np.random.default_rng(1))
    with pytest.raises(RefusedError, match="at least two"):
        pool_estimates(np.ones((1, 1)), np.ones((1, 1, 1)), ["x"], "log hazard ratio")
