"""Weights that make two groups alike: by hand, by law, as R's glm gives them, and what they cannot do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.balancing_weights import BalancingWeights, estimate_balancing_weights
from analytics.tables.results import Refusal

EXACT = 1e-9  # two ways to the same maximum of one likelihood
AS_R = 1e-7  # glm stops at a relative change of 1e-8 of the deviance
GROUPS = ("PRRT", "SSA")
R_WEIGHTS = (0.827109901728568, 1.160954576857693, 1.155571709849587, 0.807051723609112, 0.703262384546389)
FEW = Settings(min_events_per_parameter=1.0)


def weigh(is_first, x, kind="inverse", names=("x",)) -> BalancingWeights:
    found = estimate_balancing_weights(np.asarray(is_first), GROUPS, x, names, kind, FEW)
    assert isinstance(found, BalancingWeights), found
    return found


def test_one_yes_or_no_covariate_by_hand():
    # Among those with x = 1 three of four are in PRRT, with x = 0 one of four: chances 3/4 and 1/4.
    # PRRT: 3 × 4/3 and 1 × 4, mean (4 + 4)/4 = 2, so 2/3 three times and 2 once; SSA the mirror image.
    x = np.array([1, 1, 1, 0, 1, 0, 0, 0.0])[:, None]
    is_first = np.array([True] * 4 + [False] * 4)
    found = weigh(is_first, x)
    np.testing.assert_allclose(found.weights, [2 / 3, 2 / 3, 2 / 3, 2, 2, 2 / 3, 2 / 3, 2 / 3], rtol=EXACT)
    (row,) = found.weighting.balance
    assert row.before == pytest.approx((3 / 4 - 1 / 4) / np.sqrt((3 / 4 * 1 / 4) * 4 / 3))
    assert row.after == pytest.approx(0, abs=EXACT)
    # Kish: (Σw)² / Σw² = 16 / (3 · 4/9 + 4) = 3
    assert [size for _, _, size in found.weighting.effective_sizes] == pytest.approx([3, 3])


def test_overlap_weights_are_the_chance_of_the_other_group_by_hand():
    x = np.array([1, 1, 1, 0, 1, 0, 0, 0.0])[:, None]
    is_first = np.array([True] * 4 + [False] * 4)
    # PRRT: 1/4 three times and 3/4 once, mean 3/8
    np.testing.assert_allclose(weigh(is_first, x, "overlap").weights[:4], [2 / 3, 2 / 3, 2 / 3, 2], rtol=EXACT)


def test_the_chance_is_that_of_r_s_glm(data):
    """R: p <- fitted(glm(hormon ~ age + nodes + meno, binomial, gbsg)); the first five of ifelse(hormon, 1/p, 1/(1-p))
    divided by the mean of their group."""
    gbsg = data("gbsg")
    x = gbsg.select("age", "nodes", "meno").to_numpy()
    found = weigh(gbsg["hormon"].to_numpy() == 1, x, names=("age", "nodes", "meno"))
    np.testing.assert_allclose(found.weights[:5], R_WEIGHTS, rtol=AS_R)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_overlap_weights_make_every_mean_equal(seed, p):
    stream = np.random.default_rng(seed)
    x = stream.normal(size=(120, p))
    is_first = stream.random(120) < 1 / (1 + np.exp(-0.7 * x[:, 0]))
    found = weigh(is_first, x, "overlap", [f"x{j}" for j in range(p)])
    for row in found.weighting.balance:
        assert abs(row.after) < 1e-7
    for part in (is_first, ~is_first):
        assert found.weights[part].mean() == pytest.approx(1)


REFUSED = [
    (np.r_[np.arange(20), np.arange(20) + 100.0], "groups_apart"),
    (np.ones(40), "redundant_covariate"),
]


@pytest.mark.parametrize(("x", "code"), REFUSED, ids=["told apart", "constant"])
def test_what_weights_cannot_do_is_refused(x, code):
    found = estimate_balancing_weights(np.arange(40) < 20, GROUPS, x[:, None], ["x"], "inverse", FEW)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert found.remedy


def test_too_few_people_for_the_covariates_and_nothing_to_balance():
    few = estimate_balancing_weights(np.arange(12) < 4, GROUPS, np.ones((12, 1)), ["x"])
    assert isinstance(few, Refusal)
    assert few.code == "too_few_events_per_parameter"
    nothing = estimate_balancing_weights(np.arange(12) < 6, GROUPS, np.ones((12, 0)), [])
    assert isinstance(nothing, Refusal)
    assert nothing.code == "nothing_to_balance"


def test_a_missing_covariate_is_an_error():
    with pytest.raises(RefusedError, match="missing or infinite"):
        estimate_balancing_weights(np.arange(4) < 2, GROUPS, [[1.0], [np.nan], [2.0], [3.0]], ["x"])
