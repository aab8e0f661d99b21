"""Which end comes first, worked by hand."""

from __future__ import annotations

import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.competing_results import CompetingRisksResult
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Refusal, TestResult
from tests.questions.conftest import HandMadeStudy

EXACT = 1e-12  # a few additions of double precision


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="competing_risks", **options))


def result_of(given: Answer | Refusal) -> CompetingRisksResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, CompetingRisksResult)
    return given.result


@pytest.fixture
def two_arms(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Thirty people an arm; of each three one progresses, one dies and one is censored, later under PRRT."""
    for place in range(60):
        happened, reason = ((True, "progression"), (True, "death"), (False, "no event"))[place % 3]
        is_prrt = place % 2 == 1
        by_hand.line(place, treatment="PRRT" if is_prrt else "SSA", age_years=50.0 + place % 7)
        by_hand.time(place, 40 + 11 * place + 150 * is_prrt, happened, reason=reason)
    return by_hand


def test_four_people_by_hand(by_hand: HandMadeStudy) -> None:
    """Progression at 100 and 300, death at 200: 1/4 by day 100, and half of the half still there by day 300."""
    for pid, days, happened, reason in (
        (1, 100, True, "progression"),
        (2, 200, True, "death"),
        (3, 300, True, "progression"),
        (4, 400, False, "no event"),
    ):
        by_hand.line(pid).time(pid, days, happened, reason=reason)
    (group,) = result_of(ask(by_hand, by="none")).groups
    progression, death = group.curves
    assert progression.time.tolist() == [0, 100, 200, 300, 400]
    assert progression.incidence == pytest.approx([0, 0.25, 0.25, 0.5, 0.5], abs=EXACT)
    assert death.incidence == pytest.approx([0, 0, 0.25, 0.25, 0.25], abs=EXACT)
    assert progression.n_risk.tolist() == [4, 4, 3, 2, 1]


def test_the_causes_and_the_event_of_the_endpoint_that_comes_first_are_named(two_arms: HandMadeStudy) -> None:
    assert result_of(ask(two_arms)).causes == ("progression", "death")


def test_groups_are_compared_and_both_hazards_given(two_arms: HandMadeStudy) -> None:
    result = result_of(ask(two_arms))
    assert isinstance(result.test, TestResult)
    for model in (result.cause_specific, result.subdistribution):
        assert isinstance(model, RegressionResult)
        assert model.n_events == 20
        assert model.terms[0].name == "treatment: PRRT"


def test_a_person_with_two_lines_keeps_the_curves_and_loses_grays_test(two_arms: HandMadeStudy) -> None:
    two_arms.line(0, line_no=2, age_years=51.0).time(0, 500, happened=True, line_no=2, reason="death")
    given = ask(two_arms)
    assert isinstance(result_of(given).test, Refusal)
    assert isinstance(given, Answer)
    assert any("first line of each patient" in sentence for sentence in given.summary)
    assert isinstance(result_of(ask(two_arms, selection=Selection(choose="first_line"))).test, TestResult)


def test_an_endpoint_with_one_event_has_no_competitor(two_arms: HandMadeStudy) -> None:
    given = ask(two_arms, endpoint="OS")
    assert isinstance(given, Refusal)
    two_arms.time(0, 100, happened=True, endpoint="OS", reason="death")
    given = ask(two_arms, endpoint="OS")
    assert isinstance(given, Refusal)
    assert given.code == "one_cause"


def test_an_event_of_no_known_cause_is_refused(two_arms: HandMadeStudy) -> None:
    two_arms.line(99).time(99, 100, happened=True, reason="moved away")
    given = ask(two_arms)
    assert isinstance(given, Refusal)
    assert (given.code, "moved away" in given.sentence) == ("unknown_cause", True)


def test_too_few_events_refuse_the_ratios_and_keep_the_curves(by_hand: HandMadeStudy) -> None:
    for place in range(14):
        by_hand.line(place, treatment="PRRT" if place % 2 else "SSA")
        by_hand.time(place, 100 + place, happened=True, reason="death" if place < 13 else "progression")
    result = result_of(ask(by_hand))
    assert isinstance(result.cause_specific, Refusal)
    assert len(result.groups) == 2
