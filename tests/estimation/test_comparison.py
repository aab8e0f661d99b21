"""Tests between groups: by hand, against R, and what must be refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.estimation.comparison import compare_survival
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
