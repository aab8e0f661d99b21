"""Landmark analysis: by hand and against R."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.errors import RefusedError
from analytics.estimation.growth import estimate_growth
from analytics.estimation.landmark import estimate_landmark_model, estimate_landmark_survival, restart_at_landmark
from analytics.estimation.observations import check_observations
from analytics.tables.results import Refusal

AS_R = 1e-9
NEVER = np.nan


def people(data):
    """Stanford's heart patients, one line each; tenths of days. The transplant is the response."""
    return (
        data("heart")
        .group_by("id", maintain_order=True)
        .agg(
            days=pl.col("stop").max(),
            happened=pl.col("event").max() == 1,
            transplant=pl.col("start").filter(pl.col("transplant") == 1).min(),
        )
    )


def test_who_is_kept_and_why_the_others_are_not():
    """Landmark on day 90.

    line       days  event  first value  kept
    0            90  yes             30  no: had the event by then
    1            60  no              30  no: follow-up ended
    2            91  yes             30  yes, one day on the new clock
    3           200  no             120  no: nothing to classify by
    4           200  no           never  no: nothing to classify by
    5           300  yes             90  yes
    """
    observations = check_observations([90, 60, 91, 200, 200, 300], [True, False, True, False, False, True])
    sample = restart_at_landmark(observations, 90, [30, 30, 30, 120, NEVER, 90])
    assert sample.rows.tolist() == [2, 5]
    assert sample.observations.days.tolist() == [1, 210]
    assert [count for _, count in sample.exclusions] == [1, 1, 2]
    assert sum(count for _, count in sample.exclusions) + len(sample.rows) == 6


def test_a_line_observed_late_enters_late_on_the_new_clock():
    observations = check_observations([200, 200], [True, True], entry=[50, 120])
    assert restart_at_landmark(observations, 90).observations.entry.tolist() == [0, 30]


def test_a_response_after_the_landmark_is_not_known_at_it():
    observations = check_observations([400] * 12, [True, False] * 6)
    response = [30, 30, 30, 30, 30, 30, 120, 120, 120, NEVER, NEVER, NEVER]
    result = estimate_landmark_survival(observations, 90, response, [30] * 12, endpoint="PFS", rule_set="default")
    assert {group.group: group.n_lines for group in result.survival.groups} == {"responded": 6, "not responded": 6}
    assert result.survival.methods[0].options == (("landmark_days", "90"),)


def test_agrees_with_r_on_the_heart_patients(data, from_r):
    table = people(data)
    observations = check_observations(table["days"].to_numpy(), table["happened"].to_numpy())
    result = estimate_landmark_survival(
        observations, 300, table["transplant"].cast(float).fill_null(NEVER).to_numpy(), np.zeros(table.height),
        endpoint="death", rule_set="heart",
    )  # fmt: skip
    counts = from_r("marker_outcome", "landmark_counts")
    assert dict(result.exclusions)["event by the landmark"] == counts["events"]
    assert dict(result.exclusions)["follow-up ended by the landmark"] == counts["censored"]
    assert result.survival.test.statistic == pytest.approx(from_r("marker_outcome", "landmark_log_rank"), rel=AS_R)
    ratio = result.survival.hazard_ratios[0]
    assert np.log(ratio.ratio.value) == pytest.approx(from_r("marker_outcome", "landmark_hazard"), rel=AS_R)
    assert ratio.reference == "not responded"


def test_growth_until_the_landmark_tells_what_comes_after():
    """Hazard rises with growth; 400 lines measured on days 1, 61, 122 and 180, the landmark on day 180."""
    stream = np.random.default_rng(9)
    n, visits = 400, np.array([1, 61, 122, 180])
    slope = stream.normal(0, 0.05, n)
    days = np.ceil(stream.exponential(700 * np.exp(-8 * slope)))
    observations = check_observations(np.minimum(days, 1500), days <= 1500)
    line, day = np.repeat(np.arange(n), 4), np.tile(visits, n)
    seen = day <= days[line]
    value = np.exp(slope[line] * day / 30.4375 + stream.normal(0, 0.05, 4 * n))
    growth = estimate_growth(n, line[seen], day[seen], value[seen])["log_slope"].cast(float).fill_null(NEVER)
    result = estimate_landmark_model(observations, 180, growth.to_numpy()[:, None], ["growth (log per month)"])
    term = result.model.terms[0]
    assert abs(term.coefficient - 8) < 3 * term.std_error + 8 * 0.1  # noise of the slopes draws it towards 0
    assert term.p_value < 1e-4
    assert sum(count for _, count in result.exclusions) + result.n_kept == n
    with pytest.raises(RefusedError, match="shape"):
        estimate_landmark_model(observations, 180, growth.to_numpy(), ["growth"])
    assert estimate_landmark_model(observations, 1500, growth.to_numpy()[:, None], ["growth"]).code == "nobody_left"


def test_when_nobody_is_left_the_answer_says_so():
    observations = check_observations([50, 60], [True, True])
    result = estimate_landmark_survival(observations, 90, [30, 30], [30, 30], endpoint="PFS", rule_set="default")
    assert isinstance(result.survival, Refusal)
    assert result.n_kept == 0


def test_when_all_have_responded_there_is_one_curve_and_no_comparison():
    observations = check_observations([150, 160], [True, True])
    result = estimate_landmark_survival(observations, 90, [30, 30], [30, 30], endpoint="PFS", rule_set="default")
    assert [group.group for group in result.survival.groups] == ["responded"]
    assert result.survival.hazard_ratios == ()


def test_what_cannot_be_is_refused():
    observations = check_observations([150, 160], [True, True], entry=[0, 5])
    with pytest.raises(RefusedError, match="day -1"):
        restart_at_landmark(observations, -1)
    with pytest.raises(RefusedError, match="assessed_day"):
        restart_at_landmark(observations, 90, [1.0])
    with pytest.raises(RefusedError, match="after their start"):
        estimate_landmark_survival(observations, 90, [1, 1], [1, 1], endpoint="PFS", rule_set="default")
