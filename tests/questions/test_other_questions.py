"""Cohort, response, trajectory and endpoints: counts add up and nobody disappears."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.errors import UsageError
from analytics.questions.ask import QUESTIONS, answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.cohort_results import CohortResult, EndpointsResult, TrajectoryResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal
from tests.questions.conftest import HandMadeStudy


def test_cohort_counts_the_missing_as_a_category_of_their_own(two_groups: HandMadeStudy) -> None:
    two_groups.line(50, treatment="PRRT", grade="G2", ki67_pct=3.0)
    given = answer(two_groups.build(), Question(kind="cohort"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, CohortResult)
    table = given.result.characteristics.filter(group="PRRT", characteristic="Grade")
    assert dict(table.select("category", "n").rows()) == {"G2": 1, "not recorded": 7}
    ki67 = given.result.characteristics.filter(group="PRRT", characteristic="Ki-67 (%)")
    assert dict(ki67.select("category", "n").rows()) == {"3 to < 10": 1, "not recorded": 7}


def test_every_characteristic_adds_up_to_the_group(two_groups: HandMadeStudy) -> None:
    given = answer(two_groups.build(), Question(kind="cohort"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, CohortResult)
    sums = given.result.characteristics.group_by("characteristic", "group").agg(pl.col("n").sum())
    assert set(sums["n"]) == {7}


def test_response_counts_the_not_evaluable_beside_the_evaluable(by_hand: HandMadeStudy) -> None:
    by_hand.line(1).response(1, "responder", is_confirmed=True, best_change_pct=-60.0)
    by_hand.line(2).response(2, "non_responder", best_change_pct=-10.0)
    by_hand.line(3).response(3, "not_evaluable", reason="no baseline")
    by_hand.line(4)
    given = answer(by_hand.build(), Question(kind="response"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, ResponseResult)
    (group,) = given.result.groups
    assert (group.n_all, group.n_evaluable, group.n_not_evaluable, group.n_responders) == (4, 2, 2, 1)
    assert group.share_of_evaluable.value == 0.5
    assert group.share_of_all.value == 0.25
    assert ("SSA", "no CGA value around this line", 1) in given.result.not_evaluable_reasons


def test_trajectory_takes_one_value_a_line_and_window_and_hides_small_windows(by_hand: HandMadeStudy) -> None:
    for place in range(5):
        by_hand.line(place).value(place, 0, 2.0 + place).value(place, -30, 100.0).value(place, 91, 1.0)
    by_hand.line(9).value(9, 183, 5.0)
    given = answer(by_hand.build(), Question(kind="trajectory"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, TrajectoryResult)
    bands = {row["window"]: row for row in given.result.bands.iter_rows(named=True)}
    assert bands["baseline"]["median"] == 4.0
    assert bands["month 3"]["n_lines"] == 5
    assert bands["month 6"]["n_lines"] == 1
    assert bands["month 6"]["median"] is None


def test_endpoints_events_censored_and_excluded_add_up(two_groups: HandMadeStudy) -> None:
    two_groups.line(99).time(99, None, None, reason="no start date")
    given = answer(two_groups.build(), Question(kind="endpoints", by="none"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, EndpointsResult)
    by_status = dict(given.result.counts.group_by("status").agg(pl.col("n_lines").sum()).rows())
    assert by_status == {"event": 12, "censored": 2, "excluded": 1}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_question_refuses_an_empty_study_in_words(kind: str, by_hand: HandMadeStudy) -> None:
    given = answer(by_hand.build(), Question(kind=kind))
    assert isinstance(given, Refusal)
    assert given.sentence
    assert given.remedy


def test_an_unknown_question_names_the_known_ones(by_hand: HandMadeStudy) -> None:
    given = answer(by_hand.build(), Question(kind="surival"))
    assert isinstance(given, Refusal)
    assert "survival" in given.remedy


def test_a_date_that_is_not_one_is_a_usage_error(two_groups: HandMadeStudy) -> None:
    selection = Selection(started_from="31.12.2020")
    with pytest.raises(UsageError, match="not a date"):
        answer(two_groups.build(), Question(kind="cohort", selection=selection))
