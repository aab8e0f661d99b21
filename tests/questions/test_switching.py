"""Outcome before and after the marker response: nobody is a responder before the day of response."""

from __future__ import annotations

import math

import pytest

from analytics.catalogue.settings import Settings
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.results import Refusal, TestResult
from analytics.tables.survival_results import HazardRatio, SurvivalResult
from tests.questions.conftest import HandMadeStudy
from tests.questions.marked_lines import day_of, followed, measured


def responding(study: HandMadeStudy, pid: int, days: int, response_day: int, *, happened: bool = True) -> None:
    followed(study, pid, days, (response_day, 4.0), happened=happened)
    study.response(pid, "responder", response_date=day_of(response_day))


@pytest.fixture
def four_lines(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Two never respond (events on days 10 and 30); two respond on days 5 and 15 (events on days 20 and 40)."""
    followed(by_hand, 0, 10)
    followed(by_hand, 1, 30)
    responding(by_hand, 2, 20, 5)
    responding(by_hand, 3, 40, 15)
    return by_hand


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    settings = Settings(min_group_patients=1, min_group_events=2, min_events_per_parameter=1)
    return answer(study.build(settings), Question(kind="switching", **({"landmark_days": 0} | options)))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, SurvivalResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SurvivalResult)
    return given, given.result


def test_curves_by_hand(four_lines: HandMadeStudy) -> None:
    """Not responded: 3 at risk on day 10 (2 left on day 5), 1 on day 30. Responded: 2 on day 20, 1 on day 40."""
    _, result = answered(four_lines)
    steps = {
        group.group: [
            (int(day), int(at_risk), float(survival))
            for day, at_risk, events, survival in zip(
                group.curve.time, group.curve.n_risk, group.curve.n_event, group.curve.survival, strict=True
            )
            if events
        ]
        for group in result.groups
    }
    assert steps["not responded"] == [(10, 3, pytest.approx(2 / 3)), (30, 1, 0)]
    assert steps["responded"] == [(20, 2, pytest.approx(1 / 2)), (40, 1, 0)]
    assert {group.group: (group.n_lines, group.n_events) for group in result.groups} == {
        "not responded": (4, 2),
        "responded": (2, 2),
    }
    assert result.n_patients_in_several_groups == 2


def test_mantel_byar_by_hand(by_hand: HandMadeStudy) -> None:
    """Of those followed on the days of events: 1 of 5 has responded on day 10, 2 of 4 on day 20, 1 of 3 on day 30, then
    everybody; the responders have the events of days 20, 40 and 50."""
    followed(by_hand, 0, 10)
    followed(by_hand, 1, 30)
    responding(by_hand, 2, 20, 5)
    responding(by_hand, 3, 40, 15)
    responding(by_hand, 4, 50, 39)
    _, result = answered(by_hand)
    test = result.test
    assert isinstance(test, TestResult)
    assert test.name == "Mantel–Byar test"
    shares = (1 / 5, 2 / 4, 1 / 3, 2 / 2, 1 / 1)
    seen = (0, 1, 0, 1, 1)
    variance = sum(share * (1 - share) for share in shares)
    assert math.isclose(test.statistic, (sum(seen) - sum(shares)) ** 2 / variance, rel_tol=1e-9)


def test_the_hazard_ratio_solves_its_score_equation(four_lines: HandMadeStudy) -> None:
    """Responded among those followed: 1 of 4 on day 10, 2 of 3 on day 20, 1 of 2 on day 30, 1 of 1 on day 40."""
    _, result = answered(four_lines)
    (ratio,) = result.hazard_ratios
    assert isinstance(ratio, HazardRatio), ratio
    assert (ratio.group, ratio.reference) == ("responded", "not responded")
    value = ratio.ratio.value
    assert value is not None
    expected = value / (value + 3) + 2 * value / (2 * value + 1) + value / (value + 1) + 1
    assert math.isclose(expected, 2, rel_tol=1e-6)


def test_a_response_on_the_day_of_the_event_explains_nothing(four_lines: HandMadeStudy) -> None:
    _, before = answered(four_lines)
    responding(four_lines, 9, 25, 25)
    _, after = answered(four_lines)
    assert after.groups[1].n_lines == before.groups[1].n_lines
    assert after.groups[0].n_events == before.groups[0].n_events + 1


def test_who_dies_before_a_second_value_stays_in(four_lines: HandMadeStudy) -> None:
    """Leaving out who has no later value would give the others their survival."""
    followed(four_lines, 9, 3)
    _, result = answered(four_lines)
    assert result.groups[0].n_lines == 5


def test_who_had_no_baseline_is_left_out_and_counted(four_lines: HandMadeStudy) -> None:
    four_lines.line(9).time(9, 25, happened=True)
    given, _ = answered(four_lines)
    assert {step.reason: step.n_lines_removed for step in given.flow if step.n_lines_removed} == {
        "no CGA baseline to respond from": 1
    }
    assert given.summary[0] == (
        "From day 0 on: 4 lines, 0 responded by then and 2 later. Left out: 0 with an event and 0 no longer followed "
        "by then, 1 without a baseline to respond from."
    )


def test_a_rule_of_raised_baselines_leaves_out_the_normal_ones(four_lines: HandMadeStudy) -> None:
    for row in four_lines.rows["marker_values"]:
        row["compared_uln"] = 20.0 if row["pid"] == 0 else 1.0
    for row in four_lines.rows["marker_responses"]:
        row["rule_id"] = "CLAR_OR"
    given, _ = answered(four_lines, response_rule="CLAR_OR")
    assert 0 not in given.subjects["pid"]


def test_from_a_landmark_everything_counts_from_it(four_lines: HandMadeStudy) -> None:
    given, result = answered(four_lines, landmark_days=12)
    assert result.landmark_days == 12
    times = {group.group: group.curve.time[group.curve.n_event > 0].tolist() for group in result.groups}
    assert times == {"not responded": [18], "responded": [8, 28]}
    assert given.flow[-1].n_lines == 3
    assert any(note.startswith("Landmark day 12") for note in given.notes)


def test_too_few_events_give_curves_and_no_ratio(four_lines: HandMadeStudy) -> None:
    given = answer(four_lines.build(), Question(kind="switching", landmark_days=0))
    assert isinstance(given, Answer)
    assert isinstance(given.result, SurvivalResult)
    assert [type(item) for item in given.result.hazard_ratios] == [Refusal]
    assert isinstance(given.result.test, Refusal)


def test_nobody_who_switches_is_a_refusal(four_lines: HandMadeStudy) -> None:
    given = ask(four_lines, landmark_days=16)
    assert isinstance(given, Refusal)
    assert given.code == "nobody_switched"


def test_several_lines_of_a_person_are_clustered(four_lines: HandMadeStudy) -> None:
    four_lines.line(2, line_no=2).time(2, 35, happened=True, line_no=2)
    measured(four_lines, 2, line_no=2)
    _, result = answered(four_lines)
    (ratio,) = result.hazard_ratios
    assert isinstance(ratio, HazardRatio)
    assert ratio.is_robust
