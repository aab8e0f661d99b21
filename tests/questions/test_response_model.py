"""On what response depends: odds by hand, separation, several lines, ordered and repeated response."""

from __future__ import annotations

import math

import pytest

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from tests.questions.conftest import HandMadeStudy
from tests.questions.marked_lines import measured

SOLVED = 1e-6
LENIENT = Settings(min_events_per_parameter=1)


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(LENIENT), Question(kind="response_model", **options))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, ModelResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given, given.result


@pytest.fixture
def two_arms(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Of 40 under SSA 10 respond, of 40 under PRRT 20."""
    for pid in range(80):
        responds = pid < 10 or 40 <= pid < 60
        by_hand.line(pid, treatment="SSA" if pid < 40 else "PRRT", age_years=50 + pid % 20)
        by_hand.response(pid, "responder" if responds else "non_responder")
    return by_hand


def test_the_odds_ratio_by_hand(two_arms: HandMadeStudy) -> None:
    """Odds 20/20 against 10/30: ratio 3; the error of its logarithm is √(1/20 + 1/20 + 1/10 + 1/30)."""
    given, result = answered(two_arms)
    (term,) = result.fit.terms
    assert term.coefficient == pytest.approx(math.log(3), abs=SOLVED)
    assert term.std_error == pytest.approx(math.sqrt(1 / 20 + 1 / 20 + 1 / 10 + 1 / 30), abs=SOLVED)
    assert result.ratio == "odds ratio"
    assert (result.n_lines, result.n_events) == (80, 30)
    assert given.summary[0].startswith("Logistic regression of CGA response, rule ELECT50")
    assert "30 responses, 1 parameter (30 responses each)" in given.summary[0]
    assert any("further from 1 than the ratio of two shares" in note for note in given.notes)


def test_who_cannot_be_judged_is_left_out_with_the_reason(two_arms: HandMadeStudy) -> None:
    two_arms.line(90).response(90, "not_evaluable", reason="no baseline value")
    two_arms.line(91)
    given, result = answered(two_arms)
    assert result.n_lines == 80
    removed = {step.reason: step.n_lines_removed for step in given.flow if step.reason}
    assert removed == {"no baseline value": 1, "no CGA value around this line": 1}


def test_without_a_single_responder_in_a_group_firth_keeps_the_ratio_finite(two_arms: HandMadeStudy) -> None:
    for row in two_arms.rows["marker_responses"][:10]:
        row["status"] = "non_responder"
    given, result = answered(two_arms)
    (term,) = result.fit.terms
    assert term.ratio.value is not None
    assert math.isfinite(term.ratio.value)
    assert "Firth" in result.fit.method.name
    assert any(note.startswith("Firth's penalty") for note in given.notes)


def test_firth_can_be_asked_for(two_arms: HandMadeStudy) -> None:
    """In a table of four counts the penalty adds a half to each: odds (20.5/20.5) / (10.5/30.5)."""
    _, result = answered(two_arms, model="firth")
    assert result.fit.terms[0].coefficient == pytest.approx(math.log(30.5 / 10.5), abs=1e-5)


def test_several_lines_of_a_person_are_a_cluster_and_a_plain_model_of_them_is_refused(two_arms: HandMadeStudy) -> None:
    once = answered(two_arms)[1]
    for pid in range(80):
        two_arms.line(pid, line_no=2, treatment="SSA" if pid < 40 else "PRRT", age_years=60)
        two_arms.response(pid, two_arms.rows["marker_responses"][pid]["status"], line_no=2)
    given, twice = answered(two_arms)
    assert "estimating equations" in twice.fit.method.name
    assert twice.fit.terms[0].coefficient == pytest.approx(once.fit.terms[0].coefficient, abs=1e-4)
    assert twice.fit.terms[0].std_error == pytest.approx(once.fit.terms[0].std_error, rel=0.02)
    assert (twice.n_lines, twice.n_patients) == (160, 80)
    assert any("clustered by patient" in note for note in given.notes)
    plain = ask(two_arms, model="logistic")
    assert isinstance(plain, Refusal)
    assert plain.code == "several_lines"


def test_repeated_response_judges_every_value_by_itself(by_hand: HandMadeStudy) -> None:
    """Under SSA a third of the values has fallen by half, each time of other people; under PRRT half of them."""
    for pid in range(60):
        by_hand.line(pid, treatment="SSA" if pid < 30 else "PRRT")
        part = 3 if pid < 30 else 2
        values = ((day, 4.0 if (pid + visit) % part == 0 else 8.0) for visit, day in enumerate((50, 100, 150, 200)))
        measured(by_hand, pid, *values, series="a")
    given, result = answered(by_hand, model="gee")
    odds = (1 / 1) / (1 / 2)
    assert result.fit.terms[0].coefficient == pytest.approx(math.log(odds), abs=1e-4)
    assert given.subjects.height == 240
    assert (result.n_lines, result.n_events) == (60, 100)
    assert any("not of ever responding" in note for note in given.notes)


def test_ordered_best_response_has_one_odds_ratio(by_hand: HandMadeStudy) -> None:
    best = ("PD", "SD", "SD", "PR", "SD", "PR", "PR", "CR")
    for pid in range(160):
        is_prrt = pid % 2 == 1
        by_hand.line(pid, treatment="PRRT" if is_prrt else "SSA")
        response = best[(pid // 2) % 5 + (3 if is_prrt and pid % 4 == 3 else 0)]
        row = {"pid": pid, "line_no": 1, "source": "given", "best_response": response}
        by_hand.rows["best_responses"].append(row)
    by_hand.line(200)
    given, result = answered(by_hand, model="ordinal")
    (term,) = result.fit.terms
    assert term.ratio.value is not None
    assert term.ratio.value > 1
    assert result.endpoint == "a better best RECIST response"
    assert given.flow[-1].reason == "no assessed scan after the start"
    assert any("PD < SD < PR < CR" in note for note in given.notes)


def test_a_spline_of_age_and_its_bend(two_arms: HandMadeStudy) -> None:
    _, result = answered(two_arms, covariates=("age_years",))
    assert [curve.variable for curve in result.curves] == ["age_years"]
    assert {test.name for test in result.variable_tests} == {"age_years", "age_years: bend"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "weibull"}, "unknown_model"),
        ({"by": "none"}, "no_covariates"),
        ({"by": "best_response"}, "groups_after_time_zero"),
        ({"strata": ("grade",)}, "no_strata"),
        ({"response_rule": "X"}, "unknown_rule"),
    ],
)
def test_refusals(options: dict[str, object], code: str, two_arms: HandMadeStudy) -> None:
    given = ask(two_arms, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_the_safe_form_needs_responders_and_others_in_every_level(two_arms: HandMadeStudy) -> None:
    given, _ = answered(two_arms)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ModelResult)
    assert safe.result.fit.terms[0].ratio.value == 3.0
    for row in two_arms.rows["marker_responses"][:8]:
        row["status"] = "non_responder"
    few, _ = answered(two_arms)
    assert isinstance(make_safe(few, 5), Refusal)
