"""Tests between groups: by hand, against R, and what must be refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import survdiff

from analytics.estimation.comparison import compare_pairs, compare_survival
from analytics.estimation.observations import check_observations
from analytics.tables.results import Refusal

EXACT = 1e-12
AS_R = 1e-9


def test_log_rank_by_hand():
    # day   at risk A, B   events A, B   expected A    variance
    #  1        3, 3           1, 0         3/6          1/4
    #  2        2, 3           1, 0         2/5          6/25
    #  3        1, 3           0, 1         1/4          3/16
    #  4        1, 2           0, 1         1/3          2/9
    observations = check_observations([1, 2, 5, 3, 4, 6], [True, True, False, True, True, False])
    result = compare_survival(observations, list("AAABBB"))
    excess = 2 - (1 / 2 + 2 / 5 + 1 / 4 + 1 / 3)
    variance = 1 / 4 + 6 / 25 + 3 / 16 + 2 / 9
    assert result.statistic == pytest.approx(excess**2 / variance, abs=EXACT)
    assert result.degrees_of_freedom == 1


@pytest.mark.parametrize(("entry", "weighting"), [("lung_sex", "log-rank"), ("lung_sex_peto", "peto")])
def test_lung_by_sex_is_r_s(entry, weighting, from_r, data, agree):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    result = compare_survival(observations, lung["sex"], weighting=weighting)
    values = from_r("comparison", entry)
    agree([result.statistic, result.p_value], [values["statistic"], values["p_value"]], AS_R)


@pytest.mark.parametrize(("entry", "weighting"), [("ties_three", "log-rank"), ("ties_three_peto", "peto")])
def test_three_groups_with_heavy_ties_are_r_s(entry, weighting, from_r, data, agree):
    ties = data("ties")
    result = compare_survival(
        check_observations(ties["time"], ties["happened"].cast(bool)), ties["g"], weighting=weighting
    )
    values = from_r("comparison", entry)
    assert result.degrees_of_freedom == 2
    agree([result.statistic, result.p_value], [values["statistic"], values["p_value"]], AS_R)


def test_strata_are_r_s(from_r, data, agree):
    lung = data("lung").drop_nulls("inst")
    result = compare_survival(
        check_observations(lung["time"], lung["happened"].cast(bool)), lung["sex"], strata=lung["inst"]
    )
    values = from_r("comparison", "lung_strata")
    agree([result.statistic, result.p_value], [values["statistic"], values["p_value"]], AS_R)


def test_people_in_several_groups_get_r_s_robust_score_test(from_r, data, agree):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool), cluster=lung["person"])
    result = compare_survival(observations, lung["sex"])
    assert result.name == "Robust score test"
    agree(result.statistic, from_r("comparison", "lung_persons")["statistic"], AS_R)


def test_robust_score_test_with_late_entry_and_ties_is_r_s(from_r, data, agree):
    ties = data("ties")
    observations = check_observations(
        ties["time"], ties["happened"].cast(bool), entry=ties["entry"], cluster=np.arange(120) // 2
    )
    agree(
        compare_survival(observations, ties["g"]).statistic,
        from_r("comparison", "ties_persons")["statistic"],
        AS_R,
    )


def test_one_line_a_person_keeps_the_log_rank():
    observations = check_observations([1, 2, 3, 4], np.array([True] * 4), cluster=list("wxyz"))
    assert compare_survival(observations, list("aabb")).name == "Log-rank test"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.booleans(), st.booleans()), min_size=4, max_size=40))
def test_names_of_groups_are_nothing(rows):
    days, happened, group = (np.array(column) for column in zip(*rows, strict=True))
    observations = check_observations(days, happened)
    one = compare_survival(observations, np.where(group, "a", "b"))
    two = compare_survival(observations, np.where(group, "y", "z"))
    if isinstance(one, Refusal):
        assert isinstance(two, Refusal)
    else:
        assert one.statistic == pytest.approx(two.statistic, abs=EXACT, rel=AS_R)
        assert 0 <= one.p_value <= 1


@pytest.mark.parametrize(("weighting", "name"), [("tarone-ware", "tw"), ("gehan-breslow", "gb"), ("log-rank", None)])
def test_weighted_tests_are_statsmodels_with_late_entry(weighting, name, data):
    ties = data("ties")
    theirs, _ = survdiff(
        ties["time"].to_numpy(), ties["happened"].to_numpy(), ties["g"].to_numpy(), weight_type=name,
        entry=ties["entry"].to_numpy(),
    )  # fmt: skip
    observations = check_observations(ties["time"], ties["happened"].cast(bool), entry=ties["entry"])
    ours = compare_survival(observations, ties["g"], weighting=weighting)
    assert ours.statistic == pytest.approx(theirs, rel=AS_R)


@pytest.mark.parametrize("weighting", ["log-rank", "peto", "tarone-ware", "late"])
def test_a_second_stratum_of_the_same_people_doubles_the_statistic(weighting, data):
    ties = data("ties")
    columns = {"entry": ties["entry"].to_numpy()}
    once = check_observations(ties["time"], ties["happened"].cast(bool), **columns)
    twice = check_observations(
        np.tile(ties["time"], 2), np.tile(ties["happened"].cast(bool), 2), np.tile(columns["entry"], 2)
    )
    one = compare_survival(once, ties["g"], weighting=weighting)
    two = compare_survival(twice, np.tile(ties["g"], 2), strata=np.repeat(["x", "y"], ties.height), weighting=weighting)
    assert two.statistic == pytest.approx(2 * one.statistic, rel=AS_R)


def test_late_weights_by_hand():
    # Weights 1 − S(t−) of both groups together: day 1: 0, day 2: 1/4, day 3: 1/2, day 4: nobody of A is left.
    observations = check_observations([1, 3, 2, 4], np.ones(4, dtype=bool))
    result = compare_survival(observations, list("AABB"), weighting="late")
    # day 2: one of A, two of B, the event in B: A expected 1/3; day 3: one of each, the event in A: expected 1/2
    excess = 1 / 4 * (0 - 1 / 3) + 1 / 2 * (1 - 1 / 2)
    variance = 1 / 16 * 2 / 9 + 1 / 4 * 1 / 4
    assert result.statistic == pytest.approx(excess**2 / variance, abs=EXACT)


@pytest.mark.parametrize("weighting", ["peto", "tarone-ware", "gehan-breslow", "middle", "late"])
def test_a_late_difference_is_a_test_with_a_source(weighting, data):
    lung = data("lung")
    result = compare_survival(
        check_observations(lung["time"], lung["happened"].cast(bool)), lung["sex"], weighting=weighting
    )
    assert "doi:" in result.method.citation
    assert 0 < result.p_value < 0.2


def test_pairs_are_corrected_by_holm(data):
    ties = data("ties")
    observations = check_observations(ties["time"], ties["happened"].cast(bool))
    pairs = compare_pairs(observations, ties["g"])
    assert [(pair.reference, pair.group) for pair in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    raw = sorted(pair.test.p_value for pair in pairs)
    by_hand = np.minimum(np.maximum.accumulate([3 * raw[0], 2 * raw[1], raw[2]]), 1)
    assert sorted(pair.p_adjusted for pair in pairs) == pytest.approx(by_hand.tolist(), rel=EXACT)


def test_a_tiny_p_value_is_not_zero():
    days = np.concatenate([np.arange(1, 101), np.arange(1001, 1101)])
    result = compare_survival(check_observations(days, np.ones(200, dtype=bool)), np.repeat(["early", "late"], 100))
    assert 0 < result.p_value < 1e-20


@pytest.mark.parametrize(
    ("days", "happened", "group", "code"),
    [
        ([1, 2, 3], [True, True, False], ["a", "a", "a"], "one_group"),
        ([1, 2, 3], [False, False, False], ["a", "a", "b"], "no_events"),
        ([1, 1, 5, 6], [False, False, True, True], ["a", "a", "b", "b"], "not_comparable"),
    ],
)
def test_what_cannot_be_compared_is_refused(days, happened, group, code):
    refusal = compare_survival(check_observations(days, happened), group)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.sentence and refusal.remedy
    doubled = check_observations(days * 2, happened * 2, cluster=list(range(len(days))) * 2)
    robust = compare_survival(doubled, group * 2)
    assert isinstance(robust, Refusal)
    assert robust.code == code
