"""Hazard ratios between groups, their robust errors, and when they are refused."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.hazards import estimate_hazard_ratios
from analytics.estimation.observations import check_observations
from analytics.tables.results import Refusal
from analytics.tables.survival_results import HazardRatio

AS_R = 1e-9

LOW_BAR = Settings(min_group_patients=1, min_group_events=1, min_events_per_parameter=1.0)


def test_two_against_two_by_hand():
    # Deaths in the order A, B, A, B and nobody censored. With r the hazard ratio of B the partial likelihood is
    # 1/(2+2r) · r/(1+2r) · 1/(1+r) · 1; it is highest where 1/r − 2/(1+r) − 2/(1+2r) = 0, that is 4r² + r − 1 = 0.
    observations = check_observations([1, 2, 3, 4], np.ones(4, dtype=bool))
    (result,) = estimate_hazard_ratios(observations, list("ABAB"), settings=LOW_BAR)
    assert result.ratio.value == pytest.approx((-1 + 17**0.5) / 8, rel=1e-9)


def test_lung_with_persons_is_r_s(data):
    # coxph(Surv(time, happened) ~ sex + cluster(person), lung): robust se, exp(coef) and limits as printed by R
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool), cluster=lung["person"])
    (result,) = estimate_hazard_ratios(observations, lung["sex"], reference="1")
    assert result.is_robust
    assert (round(result.ratio.value, 4), round(result.ratio.low, 4), round(result.ratio.high, 4)) == (
        0.588,
        0.44,
        0.7859,
    )
    assert round(result.p_value, 6) == 0.000333


def test_the_reference_turned_turns_the_ratio(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    (one,) = estimate_hazard_ratios(observations, lung["sex"], reference="1")
    (two,) = estimate_hazard_ratios(observations, lung["sex"], reference="2")
    assert (one.group, one.reference, two.group, two.reference) == ("2", "1", "1", "2")
    assert one.ratio.value * two.ratio.value == pytest.approx(1, rel=AS_R)
    assert one.ratio.low * two.ratio.high == pytest.approx(1, rel=AS_R)
    assert not one.is_robust


def test_an_unknown_reference_is_an_error():
    observations = check_observations([1, 2], np.ones(2, dtype=bool))
    with pytest.raises(RefusedError, match="no group «C»"):
        estimate_hazard_ratios(observations, ["A", "B"], reference="C")


def groups_of(*sizes_and_events):
    days, happened, group = [], [], []
    for number, (size, events) in enumerate(sizes_and_events):
        days += list(range(1 + number, 1 + number + 2 * size, 2))
        happened += [index < events for index in range(size)]
        group += ["ABCDE"[number]] * size
    return check_observations(days, happened), group


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([(20, 10), (3, 3)], "too_few_patients"),
        ([(3, 3), (20, 10)], "too_few_patients"),
        ([(20, 10), (20, 4)], "too_few_events"),
        ([(20, 10), (20, 0)], "too_few_events"),
        ([(20, 0), (20, 0)], "no_events"),
        ([(20, 10)], "one_group"),
    ],
)
def test_small_groups_get_a_sentence_not_a_number(groups, code):
    (answer,) = estimate_hazard_ratios(*groups_of(*groups))
    assert isinstance(answer, Refusal)
    assert answer.code == code
    assert answer.remedy


def test_a_small_group_is_refused_alone():
    answers = estimate_hazard_ratios(*groups_of((20, 15), (2, 2), (20, 15)))
    assert [type(answer) for answer in answers] == [Refusal, HazardRatio]
    assert answers[0].sentence.startswith("B has 2 patients")


def test_patients_are_counted_not_lines():
    observations, group = groups_of((20, 10), (8, 8))
    persons = [*range(20), *(20 + number // 2 for number in range(8))]
    (answer,) = estimate_hazard_ratios(
        check_observations(observations.days, observations.happened, cluster=persons), group
    )
    assert isinstance(answer, Refusal)
    assert answer.sentence.startswith("B has 4 patients")


def test_few_events_a_parameter_are_noted_and_fewer_refused():
    strict = Settings(min_group_events=1, min_events_per_parameter=8.0)
    answers = estimate_hazard_ratios(*groups_of((10, 5), (10, 5), (10, 5)), settings=strict)
    assert {answer.code for answer in answers} == {"too_few_events_per_parameter"}
    noted = estimate_hazard_ratios(*groups_of((10, 5), (10, 5), (10, 5)))
    assert "15 events for 2 parameters" in dict(noted[0].method.options)["note"]
    assert "note" not in dict(estimate_hazard_ratios(*groups_of((20, 15), (20, 15)))[0].method.options)


def test_complete_separation_is_refused():
    days = np.concatenate([np.arange(1, 11), np.arange(101, 111)])
    (answer,) = estimate_hazard_ratios(
        check_observations(days, np.ones(20, dtype=bool)), np.repeat(["early", "late"], 10)
    )
    assert isinstance(answer, Refusal)
    assert answer.code == "separated"
    assert "Firth" in answer.remedy


def test_people_whose_lines_cancel_out_have_no_error_to_show():
    # The same persons with the same days in both groups: the ratio is 1 and its robust error 0.
    days, happened = np.tile(np.arange(1, 11), 2), np.ones(20, dtype=bool)
    observations = check_observations(days, happened, cluster=np.tile(np.arange(10), 2))
    (answer,) = estimate_hazard_ratios(observations, np.repeat(["A", "B"], 10))
    assert isinstance(answer, Refusal)
    assert answer.code == "no_variance"
