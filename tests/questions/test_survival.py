"""How long until progression: the answer names who is in, who is not, and why."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.results import Refusal
from analytics.tables.survival_results import HazardRatio, SurvivalResult
from tests.questions.conftest import START, HandMadeStudy


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="survival", **options))


def result_of(given: Answer | Refusal) -> SurvivalResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SurvivalResult)
    return given.result


def test_median_by_hand(two_groups: HandMadeStudy) -> None:
    """Seven people, no censoring before the fourth event: S falls to 3/7 at the fourth time."""
    groups = {group.group: group for group in result_of(ask(two_groups)).groups}
    assert groups["PRRT"].median.value == 400
    assert groups["SSA"].median.value == 200
    assert groups["PRRT"].n_events == 6


def test_prrt_is_compared_with_ssa_by_habit_of_the_field(two_groups: HandMadeStudy) -> None:
    (ratio,) = result_of(ask(two_groups)).hazard_ratios
    assert isinstance(ratio, HazardRatio)
    assert (ratio.group, ratio.reference) == ("PRRT", "SSA")
    assert ratio.ratio.value is not None
    assert ratio.ratio.value < 1


def test_too_few_events_refuse_the_hazard_ratio_and_keep_the_curve(by_hand: HandMadeStudy) -> None:
    for place in range(4):
        by_hand.line(place, treatment="PRRT").time(place, 100 + place, happened=True)
        by_hand.line(10 + place).time(10 + place, 50 + place, happened=True)
    result = result_of(ask(by_hand))
    assert [type(item) for item in result.hazard_ratios] == [Refusal]
    assert len(result.groups) == 2


def test_a_test_on_four_events_is_refused(by_hand: HandMadeStudy) -> None:
    for place in range(6):
        by_hand.line(place, treatment="PRRT").time(place, 100 + place, happened=place < 2)
        by_hand.line(10 + place).time(10 + place, 50 + place, happened=place < 2)
    test = result_of(ask(by_hand)).test
    assert isinstance(test, Refusal)
    assert test.sentence == "4 events in all; a test of the groups needs at least 5."


def test_excluded_lines_are_a_step_with_their_reason(two_groups: HandMadeStudy) -> None:
    two_groups.line(99).time(99, None, None, reason="no start date")
    given = ask(two_groups)
    assert isinstance(given, Answer)
    last = given.flow[-1]
    assert (last.reason, last.n_lines_removed, last.n_lines) == ("no start date", 1, 14)


def test_no_consent_is_in_no_analysis_and_is_counted(two_groups: HandMadeStudy) -> None:
    two_groups.line(99, consent_to_research="N").time(99, 10, happened=True)
    given = ask(two_groups)
    assert isinstance(given, Answer)
    assert 99 not in given.subjects["pid"]
    assert [step.reason for step in given.flow if step.n_lines_removed] == ["no consent to research"]


def test_merkel_cell_carcinoma_is_left_out_with_its_reason(two_groups: HandMadeStudy) -> None:
    two_groups.line(99, histology="Merkel_cell_carcinoma").time(99, 10, happened=True)
    given = ask(two_groups)
    assert isinstance(given, Answer)
    assert "Merkel cell carcinoma" in next(step.reason for step in given.flow if step.n_lines_removed)


def test_first_line_keeps_one_line_a_patient(two_groups: HandMadeStudy) -> None:
    two_groups.line(0, line_no=2).time(0, 30, happened=True, line_no=2)
    every = result_of(ask(two_groups))
    first = result_of(ask(two_groups, selection=Selection(choose="first_line")))
    assert every.n_patients_in_several_groups == 1
    assert first.n_patients_in_several_groups == 0
    assert sum(group.n_lines for group in first.groups) == 14


def test_decision_point_keeps_lines_started_after_progression_on_ssa(by_hand: HandMadeStudy) -> None:
    by_hand.line(1, 1, "SSA", stop_reason="progression").line(1, 2, "PRRT").time(1, 90, happened=True, line_no=2)
    by_hand.line(2, 1, "SSA", stop_reason="toxicity").line(2, 2, "PRRT").time(2, 80, happened=True, line_no=2)
    by_hand.line(3, 1, "PRRT").time(3, 70, happened=True)
    given = ask(by_hand, by="none", selection=Selection(choose="decision_point"))
    assert isinstance(given, Answer)
    assert given.subjects["pid"].to_list() == [1]


def test_a_group_formed_after_time_zero_is_refused_with_its_remedies(two_groups: HandMadeStudy) -> None:
    given = ask(two_groups, by="cga_response")
    assert isinstance(given, Refusal)
    assert given.code == "groups_after_time_zero"
    assert "landmark" in given.remedy.lower()


def test_an_unknown_endpoint_names_the_known_ones(two_groups: HandMadeStudy) -> None:
    given = ask(two_groups, endpoint="FPS")
    assert isinstance(given, Refusal)
    assert "PFS" in given.remedy


def test_an_empty_selection_is_a_refusal_never_an_empty_curve(two_groups: HandMadeStudy) -> None:
    given = ask(two_groups, selection=Selection(treatments=("interferon",)))
    assert isinstance(given, Refusal)
    assert given.code == "nobody_left"


def test_limits_are_symmetric_on_the_scale_asked_for(two_groups: HandMadeStudy) -> None:
    by_scale = {
        scale: result_of(ask(two_groups, interval=scale)).groups[0].curve for scale in ("log-log", "log", "plain")
    }
    # S = 6/7 with Greenwood's error of log S = √(1 / 42): plain limits are S ± 1.96 · S · error
    plain = by_scale["plain"]
    assert plain.low[1] == pytest.approx(6 / 7 * (1 - 1.959963985 / 42**0.5))
    assert by_scale["log"].low[1] == pytest.approx(6 / 7 * np.exp(-1.959963985 / 42**0.5))
    assert by_scale["log-log"].low[1] not in (plain.low[1], by_scale["log"].low[1])
    assert {curve.interval for curve in by_scale.values()} == {"log-log", "log", "plain"}


def test_quartiles_by_hand(two_groups: HandMadeStudy) -> None:
    """Of seven the second has the event on day 200 (5/7 ≤ 3/4) and the sixth on day 600 (1/7 ≤ 1/4)."""
    groups = {group.group: group for group in result_of(ask(two_groups)).groups}
    assert [(share, at.value) for share, at in groups["PRRT"].quartiles] == [(0.25, 200), (0.75, 600)]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"interval": "logit"}, "unknown_interval"),
        ({"rule_set": "mine"}, "rule_set_not_for_endpoint"),
        ({"endpoint": "FPS"}, "unknown_endpoint"),
    ],
)
def test_a_word_that_means_nothing_is_refused(two_groups: HandMadeStudy, options: dict[str, object], code: str) -> None:
    given = ask(two_groups, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_a_duration_of_response_is_exported_from_the_response_on():
    """ADT − STARTDT + 1 = AVAL: the rows of the answer carry the endpoint's own time zero, not that of the line."""
    responded = START + timedelta(days=84)
    study = HandMadeStudy().line(1)
    study.time(1, 169, True, endpoint="DOR", start_date=responded, end_date=responded + timedelta(days=168))
    given = ask(study, endpoint="DOR")
    assert isinstance(given, Answer)
    row = given.subjects.row(0, named=True)
    assert row["start_date"] == responded
    assert (row["end_date"] - row["start_date"]).days + 1 == row["days"] == 169
