"""Restricted mean survival: by hand, against R, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimation.observations import check_observations
from analytics.estimation.restricted_mean import estimate_restricted_means
from analytics.tables.results import Refusal
from analytics.tables.survival_results import RestrictedMeanResult

EXACT = 1e-12
AS_R = 1e-9


def observed(table, days="time", happened="happened", **columns):
    return check_observations(
        table[days], table[happened].cast(bool), **{key: table[name] for key, name in columns.items()}
    )


def test_area_by_hand():
    # A: 1 until day 2, 3/4 until 4, 1/2 until 6;  B: 1 until day 5, 1/2 until 6
    observations = check_observations([2, 4, 9, 9, 5, 8], np.array([True, True, False, False, True, True]))
    result = estimate_restricted_means(observations, list("AAAABB"), 6)
    assert isinstance(result, RestrictedMeanResult)
    values = {name: estimate.value for name, estimate in result.means}
    assert values == pytest.approx({"A": 2 + 2 * 3 / 4 + 2 / 2, "B": 5.5}, abs=EXACT)
    (contrast,) = result.contrasts
    assert contrast.difference.value == pytest.approx(1.0, abs=EXACT)
    assert contrast.ratio.value == pytest.approx(5.5 / 4.5, abs=EXACT)


@pytest.mark.parametrize(
    ("entry", "name", "days", "happened", "group", "horizon"),
    [
        ("lung_365", "lung", "time", "happened", "sex", 365),
        ("lung_965", "lung", "time", "happened", "sex", 965),
        ("gbsg_1825", "gbsg", "rfstime", "status", "hormon", 1825),
    ],
)
def test_means_and_errors_are_r_s(entry, name, days, happened, group, horizon, data, from_r, agree):
    table = data(name)
    result = estimate_restricted_means(observed(table, days, happened), table[group], horizon)
    values = from_r("restricted_mean", entry)
    agree([estimate.value for _, estimate in result.means], values["mean"], AS_R)
    z = 1.959963984540054
    agree([(estimate.high - estimate.value) / z for _, estimate in result.means], values["std_error"], AS_R)


def test_difference_and_ratio_are_r_s(data):
    # survRM2 1.0.4: rmst2(lung$time, lung$status == 2, lung$sex == 2, tau = 365)$unadjusted.result
    lung = data("lung")
    (contrast,) = estimate_restricted_means(observed(lung), lung["sex"], 365).contrasts
    difference, ratio = contrast.difference, contrast.ratio
    printed = [
        [55.9703243399798, 26.6529363773313, 85.2877123026282, 0.000182706461311161],
        [1.2317658940987, 1.10334339056206, 1.37513600103398, 0.000206761222503221],
    ]
    found = [
        [difference.value, difference.low, difference.high, contrast.p_difference],
        [ratio.value, ratio.low, ratio.high, contrast.p_ratio],
    ]
    np.testing.assert_allclose(found, printed, rtol=AS_R)


def test_people_in_both_groups_lower_or_raise_the_error_of_the_difference(data):
    lung = data("lung")
    plain = estimate_restricted_means(observed(lung), lung["sex"], 365).contrasts[0].difference
    twice = check_observations(
        np.tile(lung["time"], 2), np.tile(lung["happened"].cast(bool), 2), cluster=np.tile(np.arange(228), 2)
    )
    same = estimate_restricted_means(twice, np.repeat(["x", "y"], 228), 365).contrasts[0].difference
    assert plain.high - plain.low > 0
    # The same people in both groups: the difference is 0 and certain.
    assert same.value == pytest.approx(0, abs=EXACT)
    assert same.high - same.low == pytest.approx(0, abs=AS_R)


def test_a_horizon_beyond_follow_up_is_refused(data):
    lung = data("lung")
    refusal = estimate_restricted_means(observed(lung), lung["sex"], 2000)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "horizon_beyond_follow_up"
    assert "1022 days" in refusal.sentence


def test_nobody_alive_at_the_end_allows_any_horizon():
    observations = check_observations([2, 3, 4, 5], np.ones(4, dtype=bool))
    result = estimate_restricted_means(observations, list("AABB"), 10)
    assert dict(result.means)["A"].value == pytest.approx(2.5, abs=EXACT)
