"""Values that change during follow-up: episodes by hand, models and curves against R."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import RefusedError
from analytics.estimation.episodes import check_changes, compute_running_slopes, split_episodes
from analytics.estimation.observations import check_observations
from analytics.estimation.time_dependent import (
    compare_switching,
    estimate_switching_survival,
    estimate_time_dependent_model,
    split_by_response,
)
from analytics.tables.results import Refusal

AS_R = 1e-9
LIMITING_TIES = 1e-6  # R's test with ties broken apart, ours with the ties of the table
NEVER = np.nan


def rows(episodes):
    observed = episodes.observations
    return list(
        zip(
            episodes.line.tolist(), observed.entry.tolist(), observed.days.tolist(), observed.happened.tolist(),
            episodes.value.tolist(), strict=True,
        )
    )  # fmt: skip


def heart(data):
    table = (
        data("heart")
        .group_by("id", maintain_order=True)
        .agg(
            days=pl.col("stop").max(),
            happened=pl.col("event").max() == 1,
            age=pl.col("age").first(),
            transplant=pl.col("start").filter(pl.col("transplant") == 1).min(),
        )
    )
    observations = check_observations(table["days"].to_numpy(), table["happened"].to_numpy())
    return observations, table["transplant"].cast(float).fill_null(NEVER).to_numpy(), table["age"].to_numpy()


# ---- a pencil --------------------------------------------------------------------------------------------------


def test_follow_up_is_cut_where_the_value_changes():
    """Event on day 100; values on days 30 and 60, one known from the start."""
    observations = check_observations([100], [True])
    episodes = split_episodes(observations, check_changes(1, [0, 0], [30, 60], [5.0, 7.0]), [2.0])
    assert rows(episodes) == [(0, 0, 30, False, 2.0), (0, 30, 60, False, 5.0), (0, 60, 100, True, 7.0)]


def test_a_value_of_the_day_of_the_event_does_not_explain_it():
    observations = check_observations([100], [True])
    episodes = split_episodes(observations, check_changes(1, [0], [100], [9.0]), [2.0])
    assert rows(episodes) == [(0, 0, 100, True, 2.0)]


def test_until_a_first_value_nothing_is_known_and_that_is_counted():
    observations = check_observations([100, 50], [True, True])
    episodes = split_episodes(observations, check_changes(2, [0, 1], [30, 50], [5.0, 6.0]))
    assert rows(episodes) == [(0, 30, 100, True, 5.0)]
    assert (episodes.n_never_known, episodes.n_unknown_days) == (1, 30 + 50)


def test_the_last_value_before_entry_holds_at_entry():
    observations = check_observations([100], [True], entry=[40])
    episodes = split_episodes(observations, check_changes(1, [0, 0, 0], [-10, 30, 60], [1.0, 5.0, 7.0]))
    assert rows(episodes) == [(0, 40, 60, False, 5.0), (0, 60, 100, True, 7.0)]


def test_persons_stay_together():
    observations = check_observations([100, 80], [True, False], cluster=["a", "a"])
    episodes = split_by_response(observations, [20, NEVER])
    assert episodes.observations.cluster.tolist() == [0, 0, 0]
    assert not episodes.has_one_line_a_person


def test_slopes_use_what_was_known_by_then():
    """Values 0, 2 and 1 a month apart: no slope, 2 a month, then the least-squares slope 0.5."""
    changes = check_changes(2, [0, 0, 0, 1], [0, 30, 60, 5], [0.0, 2.0, 1.0, 4.0])
    per_month = compute_running_slopes(changes) * 30 / 30.4375
    np.testing.assert_allclose(per_month, [np.nan, 2.0, 0.5, np.nan])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 400)), unique=True, max_size=30), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_episodes_cover_follow_up_once_and_keep_every_event(pairs, seed):
    stream = np.random.default_rng(seed)
    observations = check_observations(stream.integers(1, 300, 4), stream.random(4) < 0.5)
    line, day = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    episodes = split_episodes(observations, check_changes(4, line, day, stream.normal(size=len(pairs))), np.zeros(4))
    length = episodes.observations.days - episodes.observations.entry
    assert (length > 0).all()
    assert np.bincount(episodes.line, length, 4).tolist() == observations.days.tolist()
    assert np.bincount(episodes.line, episodes.observations.happened, 4).tolist() == observations.happened.tolist()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_running_slopes_are_least_squares_on_the_past(lines, seed):
    stream = np.random.default_rng(seed)
    day = stream.permutation(1000)[: len(lines)]
    changes = check_changes(5, lines, day, stream.normal(3, 1, len(lines)))
    for i, slope in enumerate(compute_running_slopes(changes)):
        past = (changes.line == changes.line[i]) & (np.arange(len(lines)) <= i)
        if past.sum() < 2:
            assert np.isnan(slope)
        else:
            line = np.polynomial.Polynomial.fit(changes.day[past] / 30.4375, changes.value[past], 1).convert()
            assert slope == pytest.approx(line.coef[1] if len(line.coef) > 1 else 0.0, rel=1e-6, abs=1e-8)


# ---- R ---------------------------------------------------------------------------------------------------------


def test_the_rows_are_those_of_rs_heart_data(data):
    observations, transplant, _ = heart(data)
    table = data("heart")
    episodes = split_by_response(observations, transplant)
    assert [row[1:] for row in rows(episodes)] == [
        (row["start"], row["stop"], bool(row["event"]), float(row["transplant"])) for row in table.to_dicts()
    ]


def test_the_model_is_rs(data, from_r):
    observations, transplant, age = heart(data)
    result = estimate_time_dependent_model(
        split_by_response(observations, transplant), "transplant", age[:, None], ["age"]
    )  # fmt: skip
    r = from_r("marker_outcome", "time_dependent")
    assert [term.coefficient for term in result.model.terms] == pytest.approx(r["coefficients"], rel=AS_R)
    np.testing.assert_allclose(result.model.covariance, r["variance"], rtol=AS_R)
    assert result.model.log_likelihood == pytest.approx(r["log_likelihood"], rel=AS_R)
    assert (result.n_lines, result.model.n_patients, result.n_rows) == (103, 103, 172)
    assert not result.model.is_robust


def test_errors_are_robust_where_a_person_has_several_lines(data):
    observations, transplant, _ = heart(data)
    paired = replace(observations, cluster=np.arange(103) // 2)
    result = estimate_time_dependent_model(split_by_response(paired, transplant), "transplant")
    assert result.model.is_robust
    assert result.model.n_patients == 52
    assert compare_switching(split_by_response(paired, transplant)).name == "Robust score test"


def test_the_curves_are_rs(data, from_r):
    observations, transplant, _ = heart(data)
    result = estimate_switching_survival(observations, transplant)
    r = from_r("marker_outcome", "simon_makuch")
    first = r["strata"][0]
    for curve, part in zip(result.curves, (slice(0, first), slice(first, None)), strict=True):
        known = dict(zip(r["time"][part], r["survival"][part], strict=True))
        ours = dict(zip(curve.time.tolist(), curve.survival.tolist(), strict=True))
        assert [ours[time] for time in known] == pytest.approx(list(known.values()), rel=AS_R)
    assert result.n_switched == 69


def test_the_test_is_the_score_test_of_a_switching_covariate(data, from_r):
    observations, transplant, _ = heart(data)
    # R's call moves each patient by a fraction of a day, so that no two die together.
    apart = check_observations(observations.days * 1000 + np.arange(1, 104), observations.happened)
    statistic = compare_switching(split_by_response(apart, transplant * 1000 + np.arange(1, 104))).statistic
    assert statistic == pytest.approx(from_r("marker_outcome", "mantel_byar"), rel=LIMITING_TIES)


# ---- refusals --------------------------------------------------------------------------------------------------


def test_a_curve_that_hangs_on_one_early_responder_is_refused():
    """The first responder dies alone on day 20; four more respond later."""
    observations = check_observations([20, 200, 200, 200, 200, 150], [True, False, True, False, True, True])
    result = estimate_switching_survival(observations, [10, 60, 60, 70, 80, NEVER])
    assert isinstance(result.curves[1], Refusal)
    assert result.curves[1].code == "curve_ended_early"
    later = estimate_switching_survival(observations, [10, 60, 60, 70, 80, NEVER], landmark_days=90)
    assert later.curves[1].n_risk[0] == 4


def test_nobody_and_nothing_are_said():
    observations = check_observations([20, 30], [True, True])
    assert estimate_switching_survival(observations, [10, NEVER], 50).code == "nobody_left"
    alone = estimate_switching_survival(observations, [NEVER, NEVER])
    assert alone.curves[1].code == "nobody_left"
    assert alone.test.code == "not_comparable"
    nothing = split_episodes(observations, check_changes(2, [], [], []))
    assert estimate_time_dependent_model(nothing, "CgA").code == "no_values"


def test_what_cannot_be_is_refused():
    observations = check_observations([20, 30], [True, True])
    with pytest.raises(RefusedError, match="two values on one day"):
        check_changes(1, [0, 0], [5, 5], [1.0, 2.0])
    with pytest.raises(RefusedError, match="no line"):
        check_changes(1, [1], [5], [1.0])
    with pytest.raises(RefusedError, match="differ in length"):
        check_changes(1, [0], [5, 6], [1.0])
    with pytest.raises(RefusedError, match="initial"):
        split_episodes(observations, check_changes(2, [0], [5], [1.0]), [1.0])
    with pytest.raises(RefusedError, match="response_day"):
        split_by_response(observations, [1.0])
