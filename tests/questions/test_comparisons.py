"""Restricted means, subgroups and sensitivity analyses."""

from __future__ import annotations

import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.results import Refusal, TestResult
from tests.questions.conftest import HandMadeStudy

MONTH = 30.4375
EXACT = 1e-9


def ask(study: HandMadeStudy, kind: str, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind=kind, **options))


def means_of(given: Answer | Refusal) -> MeanSurvivalResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, MeanSurvivalResult)
    return given.result


@pytest.fixture
def arms(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Forty people an arm; PRRT triples the time of women and changes nothing in men."""
    for place in range(80):
        is_prrt, is_woman = place % 2 == 1, place % 4 < 2
        days = (30 + 13 * (place // 4)) * (3 if is_prrt and is_woman else 1)
        by_hand.line(
            place, treatment="PRRT" if is_prrt else "SSA", sex="F" if is_woman else "M", age_years=45.0 + place % 9
        )
        by_hand.time(place, days, happened=place % 8 != 0)
        by_hand.time(place, days + 20, happened=place % 8 != 0, rule_set="ema")
    return by_hand


def test_without_censoring_the_mean_is_the_mean_of_what_was_lived(by_hand: HandMadeStudy) -> None:
    """Days 100, 200, … 500 up to a horizon of 10 months (304 days): (100 + 200 + 300 + 304 + 304) / 5."""
    for place in range(5):
        by_hand.line(place).time(place, 100 * (place + 1), happened=True)
    result = means_of(ask(by_hand, "comparison", by="none", horizon_months=10))
    (mean,) = result.means.means
    assert mean[1].value == pytest.approx((100 + 200 + 300 + 304 + 304) / 5, rel=EXACT)
    assert result.tests == ()


def test_the_horizon_ends_where_ten_are_still_followed_in_every_group(arms: HandMadeStudy) -> None:
    result = means_of(ask(arms, "comparison"))
    assert result.means.days == sorted((30 + 13 * (place // 4) for place in range(0, 80, 2)), reverse=True)[9]


def test_tests_can_be_stratified_and_lines_without_a_stratum_are_left_out(arms: HandMadeStudy) -> None:
    plain, stratified = ask(arms, "comparison"), ask(arms, "comparison", strata=("sex",))
    arms.line(95, sex=None).time(95, 100, happened=True)
    fewer = ask(arms, "comparison", strata=("sex",))
    first, second, third = (means_of(given).tests[0][1] for given in (plain, stratified, fewer))
    assert isinstance(first, TestResult)
    assert isinstance(second, TestResult)
    assert second.statistic != first.statistic
    assert dict(second.method.options)["strata"] == "2"
    assert third == second
    assert isinstance(fewer, Answer)
    assert fewer.flow[-1].reason == "sex not known"


def test_a_horizon_beyond_follow_up_is_refused(arms: HandMadeStudy) -> None:
    for place in (90, 91):
        arms.line(place).time(place, 500, happened=False)
    given = ask(arms, "comparison", horizon_months=60)
    assert isinstance(given, Refusal)
    assert given.code == "horizon_beyond_follow_up"


def test_a_group_too_small_to_compare_is_left_out_with_a_reason(arms: HandMadeStudy) -> None:
    arms.line(99, treatment="targeted").time(99, 10, happened=True)
    given = ask(arms, "comparison")
    assert [label for label, _ in means_of(given).means.means] == ["SSA", "PRRT"]
    assert isinstance(given, Answer)
    assert given.flow[-1].reason.startswith("targeted")


def test_pairs_are_corrected_when_there_are_three_groups(arms: HandMadeStudy) -> None:
    for place in range(100, 110):
        arms.line(place, treatment="targeted").time(place, 3 * place, happened=True)
    result = means_of(ask(arms, "comparison"))
    assert len(result.pairs) == 3
    assert all(
        pair.p_adjusted is not None and isinstance(pair.test, TestResult) and pair.p_adjusted >= pair.test.p_value
        for pair in result.pairs
    )


def test_the_planted_interaction_is_found_and_no_other(arms: HandMadeStudy) -> None:
    given = ask(arms, "subgroups", subgroups=("sex", "age_years"))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SubgroupsResult)
    tests = dict(given.result.interactions)
    sex, age = tests["sex"], tests["age_years"]
    assert isinstance(sex, TestResult)
    assert isinstance(age, TestResult)
    assert sex.p_value < 0.05 < age.p_value
    ratios = {row.level: row.term.ratio.value for row in given.result.rows if isinstance(row.term, ModelTerm)}
    assert set(ratios) == {"everybody", "F", "M"}
    assert ratios["F"] is not None
    assert ratios["M"] is not None
    assert ratios["F"] < 0.6 < ratios["M"]


def test_a_subgroup_with_too_few_is_a_row_that_says_so(arms: HandMadeStudy) -> None:
    for place, row in enumerate(arms.rows["lines"]):
        row["grade"] = "G3" if place < 8 else "G2"
    given = ask(arms, "subgroups", subgroups=("grade",))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SubgroupsResult)
    small = next(row for row in given.result.rows if row.level == "G3")
    assert isinstance(small.term, Refusal)


def test_subgroups_need_two_groups_and_a_variable(arms: HandMadeStudy) -> None:
    none = ask(arms, "subgroups")
    one = ask(arms, "subgroups", subgroups=("sex",), selection=Selection(treatments=("PRRT",)))
    assert isinstance(none, Refusal)
    assert isinstance(one, Refusal)
    assert (none.code, one.code) == ("no_subgroups", "not_two_groups")


def test_rule_sets_and_models_stand_side_by_side_in_the_order_asked(arms: HandMadeStudy) -> None:
    given = ask(
        arms,
        "sensitivity",
        rule_sets=("default", "ema", "fda"),
        models=("unadjusted", "cox", "weibull"),
        covariates=("sex",),
    )
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SensitivityResult)
    rows = given.result.rows
    assert [(row.rule_set, row.model) for row in rows] == [
        (rule_set, model) for rule_set in ("default", "ema", "fda") for model in ("unadjusted", "cox", "weibull")
    ]
    assert [isinstance(row.term, Refusal) for row in rows] == [False] * 6 + [True] * 3
    assert [row.ratio for row in rows[:3]] == ["hazard ratio", "hazard ratio", "time ratio"]


def test_a_sensitivity_answer_with_nothing_to_give_is_a_refusal(arms: HandMadeStudy) -> None:
    assert isinstance(ask(arms, "sensitivity", rule_sets=("fda",)), Refusal)
    assert isinstance(ask(arms, "sensitivity", by="none"), Refusal)
    assert isinstance(ask(arms, "sensitivity", endpoints=("OS",), rule_sets=("ema",)), Refusal)
