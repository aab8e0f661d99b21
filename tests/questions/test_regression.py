"""A regression says who is in, what each ratio is against, and refuses what the data cannot carry."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from analytics.tables.survival_results import HazardRatio, SurvivalResult
from tests.questions.conftest import START, HandMadeStudy

PEOPLE = 60
SAME_FIT = 1e-9  # two ways to the same maximum of one likelihood


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="regression", **options))


def model_of(given: Answer | Refusal) -> ModelResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given.result


@pytest.fixture
def cohort(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Sixty people: every second under PRRT, ages 40 to 69 in turn, grades in threes, every fifth censored."""
    for place in range(PEOPLE):
        by_hand.line(
            place,
            treatment="PRRT" if place % 2 else "SSA",
            age_years=40.0 + (7 * place) % 30,
            grade=("G1", "G2", "G3")[place % 3],
            prior_lines=place % 4,
            sex="F" if place % 4 < 2 else "M",
        ).time(place, 50 + (37 * place) % 997 + (place % 2) * 100, happened=place % 5 != 0)
    return by_hand


def test_with_the_group_alone_it_is_the_hazard_ratio_of_the_survival_answer(cohort: HandMadeStudy) -> None:
    (term,) = model_of(ask(cohort)).fit.terms
    survival = answer(cohort.build(), Question(kind="survival"))
    assert isinstance(survival, Answer)
    assert isinstance(survival.result, SurvivalResult)
    (ratio,) = survival.result.hazard_ratios
    assert isinstance(ratio, HazardRatio)
    assert term.ratio.value == pytest.approx(ratio.ratio.value, rel=SAME_FIT)
    assert term.ratio.high == pytest.approx(ratio.ratio.high, rel=SAME_FIT)


def test_a_continuous_variable_is_a_spline_unless_asked_to_be_straight(cohort: HandMadeStudy) -> None:
    curved = model_of(ask(cohort, covariates=("age_years",)))
    straight = model_of(ask(cohort, covariates=("age_years",), linear=("age_years",)))
    assert [column.kind for column in curved.columns] == ["level", "spline", "spline", "spline"]
    assert [column.kind for column in straight.columns] == ["level", "line"]
    assert {test.name for test in curved.variable_tests} == {"age_years", "age_years: bend"}


def test_the_curve_of_a_straight_line_is_the_ratio_to_the_power_of_the_distance(cohort: HandMadeStudy) -> None:
    model = model_of(ask(cohort, covariates=("age_years",), linear=("age_years",)))
    (curve,) = model.curves
    expected = np.exp(model.fit.terms[1].coefficient * (curve.value - curve.reference))
    assert curve.ratio == pytest.approx(expected, rel=SAME_FIT)


def test_levels_count_lines_and_events_with_the_usual_reference_first(cohort: HandMadeStudy) -> None:
    levels = [level for level in model_of(ask(cohort, covariates=("grade",))).levels if level.variable == "grade"]
    assert [(level.level, level.is_reference, level.n_lines, level.n_events) for level in levels] == [
        ("G1", True, 20, 16),
        ("G2", False, 20, 16),
        ("G3", False, 20, 16),
    ]


def test_the_reference_can_be_chosen(cohort: HandMadeStudy) -> None:
    (column,) = model_of(ask(cohort, reference="PRRT")).columns
    assert (column.level, column.reference) == ("SSA", "PRRT")


def test_missing_values_leave_in_a_step_and_are_counted_by_variable(cohort: HandMadeStudy) -> None:
    for place in (100, 101, 102):
        cohort.line(place, sex=None, age_years=None if place == 100 else 50.0).time(place, 300, happened=True)
    given = ask(cohort, covariates=("age_years", "sex"))
    model = model_of(given)
    assert isinstance(given, Answer)
    assert {item.variable: item.n_lines for item in model.missing} == {"treatment": 0, "age_years": 1, "sex": 3}
    assert [(step.label, step.n_lines_removed) for step in given.flow if step.n_lines_removed] == [
        ("age_years known", 1),
        ("sex known", 2),
    ]
    assert model.n_lines == PEOPLE
    assert any("age_years in 1 line, sex in 3 lines" in note for note in given.notes)


def test_a_level_too_rare_for_a_ratio_is_left_out_and_named(cohort: HandMadeStudy) -> None:
    for place in (100, 101):
        cohort.line(place, grade="NEC_small").time(place, 30, happened=True)
    given = ask(cohort, covariates=("grade",))
    assert isinstance(given, Answer)
    assert "NEC_small" not in {level.level for level in model_of(given).levels}
    assert any("too rare" in note and "NEC_small" in note for note in given.notes)


def test_the_baseline_of_a_marker_asks_for_no_later_value(cohort: HandMadeStudy) -> None:
    """Two values of the last day before the start are one, their geometric mean; later ones do not count."""
    for place in range(PEOPLE):
        day = START - timedelta(days=5)
        for fold in (2.0, 8.0 * (1 + place % 7)):
            cohort.value(place, -5, fold)
            cohort.rows["marker_values"][-1] |= {"date": day, "is_baseline": True, "is_assessable": True}
        cohort.value(place, -30, 1000.0)
        cohort.rows["marker_values"][-1] |= {
            "date": START - timedelta(days=30), "is_baseline": True, "is_assessable": True
        }  # fmt: skip
        cohort.value(place, 90, 500.0)
    given = ask(cohort, covariates=("log2_cga_fold_uln",))
    assert isinstance(given, Answer)
    assert given.subjects["log2_cga_fold_uln"][0] == 2.0  # log2 of the root of 2 × 8


def test_strata_have_no_ratio(cohort: HandMadeStudy) -> None:
    model = model_of(ask(cohort, strata=("grade",)))
    assert [column.variable for column in model.columns] == ["treatment"]


@pytest.mark.parametrize("family", ["weibull", "log-normal", "log-logistic", "exponential", "spline"])
def test_parametric_models_say_of_what_their_ratios_are(cohort: HandMadeStudy, family: str) -> None:
    model = model_of(ask(cohort, model=family))
    assert model.ratio == ("hazard ratio" if family == "spline" else "time ratio")
    assert model.n_parameters > len(model.columns)


REFUSALS = [
    ({"covariates": ("n_cycles",)}, "covariate_after_time_zero"),
    ({"covariates": ("shoe_size",)}, "unknown_covariate"),
    ({"linear": ("age_years",)}, "unknown_covariate"),
    ({"by": "none"}, "no_covariates"),
    ({"by": "cga_response"}, "covariate_after_time_zero"),
    ({"strata": ("age_years",)}, "continuous_stratum"),
    ({"model": "gompertz"}, "unknown_model"),
    ({"model": "weibull", "strata": ("grade",)}, "no_strata"),
    ({"ties": "exact"}, "unknown_ties"),
    ({"rule_set": "mine"}, "rule_set_not_for_endpoint"),
    ({"rule_set": "fda", "endpoint": "OS"}, "rule_set_not_for_endpoint"),
    ({"endpoint": "FPS"}, "unknown_endpoint"),
    ({"reference": "radiotherapy"}, "unknown_group"),
    ({"covariates": ("hospital",)}, "nobody_left"),
    ({"covariates": ("age_years", "grade", "prior_lines", "sex"), "spline_df": 6}, "too_few_events_per_parameter"),
    ({"selection": Selection(treatments=("PRRT",))}, "one_level"),
]


@pytest.mark.parametrize(("options", "code"), REFUSALS, ids=[f"{code}:{options}" for options, code in REFUSALS])
def test_what_cannot_be_answered_is_a_refusal_with_a_remedy(
    cohort: HandMadeStudy, options: dict[str, object], code: str
) -> None:
    given = ask(cohort, **options)
    assert isinstance(given, Refusal), given
    assert given.code == code
    assert given.remedy


def test_separated_groups_are_refused_and_the_penalised_model_answers(by_hand: HandMadeStudy) -> None:
    """Everybody under SSA fails before anybody under PRRT: no finite ratio, but a penalised one with limits."""
    for place in range(30):
        by_hand.line(place, treatment="SSA" if place < 15 else "PRRT").time(place, 50 + 10 * place, happened=True)
    plain = ask(by_hand)
    assert isinstance(plain, Refusal)
    assert "Firth" in plain.remedy
    (term,) = model_of(ask(by_hand, model="firth")).fit.terms
    assert term.ratio.value is not None
    assert 0 < term.ratio.value < 0.2


def test_a_parametric_model_of_people_with_several_lines_is_refused(cohort: HandMadeStudy) -> None:
    cohort.line(1, line_no=2, age_years=50.0).time(1, 400, happened=True, line_no=2)
    given = ask(cohort, model="weibull")
    assert isinstance(given, Refusal)
    assert "first line" in given.remedy
    assert isinstance(ask(cohort, model="weibull", selection=Selection(choose="first_line")), Answer)


def test_a_constant_covariate_and_a_perfect_one_are_refused_in_words(cohort: HandMadeStudy) -> None:
    for row in cohort.rows["lines"]:
        row["ki67_pct"] = 5.0
        row["prior_lines"] = 3
    constant = ask(cohort, covariates=("prior_lines",))
    assert isinstance(constant, Refusal)
    assert constant.code == "redundant_covariate"
    alike = ask(cohort, covariates=("ki67_pct",))
    assert isinstance(alike, Refusal)
    assert alike.code == "too_few_values"
