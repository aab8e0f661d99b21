"""Outcome by marker response known at a landmark: pencil-checked, and blind to everything after the landmark."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.results import Refusal
from analytics.tables.survival_results import HazardRatio, SurvivalResult
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import followed, measured

LANDMARK = 100


@pytest.fixture
def ten_lines(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Five responded by day 90, five had not; every one is followed beyond day 100 and has the event."""
    for place, days in enumerate((200, 300, 400, 500, 600)):
        followed(by_hand, place, days, (90, 4.0))
    for place, days in enumerate((150, 180, 210, 240, 270)):
        followed(by_hand, 10 + place, days, (90, 9.0))
    return by_hand


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="landmark", landmark_days=LANDMARK, **options))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, SurvivalResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SurvivalResult)
    return given, given.result


def removed(given: Answer) -> dict[str, int]:
    return {step.reason: step.n_lines_removed for step in given.flow if step.n_lines_removed}


def test_the_clock_starts_again_at_the_landmark(ten_lines: HandMadeStudy) -> None:
    """Of five, the third event is the median: day 400 is day 300 after the landmark, day 210 is day 110."""
    given, result = answered(ten_lines)
    assert result.landmark_days == LANDMARK
    assert [(group.group, group.median.value) for group in result.groups] == [
        ("not responded", 110),
        ("responded", 300),
    ]
    assert sorted(given.subjects["days"]) == [50, 80, 100, 110, 140, 170, 200, 300, 400, 500]
    assert given.subjects["clock_start_date"].unique().to_list() == [START + timedelta(days=LANDMARK)]


def test_responders_are_compared_with_the_others(ten_lines: HandMadeStudy) -> None:
    """Log-rank by hand: the risk sets have 5 of 10, 5/9, 5/8 (day 100, one of them), 4/7, 4/6, 4/5 responders, then
    only responders are left."""
    _, result = answered(ten_lines)
    shares = (5 / 10, 5 / 9, 5 / 8, 4 / 7, 4 / 6, 4 / 5)
    excess = 1 - sum(shares)
    variance = sum(share * (1 - share) for share in shares)
    assert result.test is not None
    assert not isinstance(result.test, Refusal)
    assert math.isclose(result.test.statistic, excess**2 / variance, rel_tol=1e-9)
    (ratio,) = result.hazard_ratios
    assert isinstance(ratio, HazardRatio)
    assert (ratio.group, ratio.reference) == ("responded", "not responded")


def test_who_ended_by_the_landmark_is_left_out_and_counted(ten_lines: HandMadeStudy) -> None:
    followed(ten_lines, 20, LANDMARK, (50, 4.0))
    followed(ten_lines, 21, LANDMARK, (50, 4.0), happened=False)
    followed(ten_lines, 22, LANDMARK + 1, (50, 4.0), happened=False)
    given, result = answered(ten_lines)
    assert removed(given) == {"event by day 100": 1, "follow-up ended by day 100": 1}
    assert {group.group: group.n_lines for group in result.groups} == {"not responded": 5, "responded": 6}
    assert given.summary[0].startswith("From day 100 on: 11 lines. Left out: 1 with an event and 1 no longer followed")


def test_what_cannot_be_judged_by_the_landmark_is_left_out_with_its_reason(ten_lines: HandMadeStudy) -> None:
    followed(ten_lines, 20, 400, (150, 4.0))
    ten_lines.line(21, treatment="PRRT").time(21, 400, happened=True, start_date=START)
    given, result = answered(ten_lines)
    unknown = "CGA response not known by day 100"
    assert removed(given) == {f"{unknown}: no baseline value": 1, f"{unknown}: no value after the start": 1}
    assert sum(group.n_lines for group in result.groups) == 10


@pytest.mark.parametrize(("day", "group"), [(100, "responded"), (101, "not responded")])
def test_a_fall_of_the_landmark_day_counts_and_a_later_one_does_not(
    day: int, group: str, ten_lines: HandMadeStudy
) -> None:
    followed(ten_lines, 20, 400, (50, 9.0), (day, 4.0))
    given, _ = answered(ten_lines)
    assert given.subjects.filter(pid=20)["group"].to_list() == [group]


def test_nothing_after_the_landmark_changes_who_is_in_which_group(ten_lines: HandMadeStudy) -> None:
    """Later values, even unassessable or beyond a limit, must not move anybody; only the values by day 100 speak."""
    before, _ = answered(ten_lines)
    for pid in (*range(5), *range(10, 15)):
        late = {"pid": pid, "line_no": 1, "analyte": "CGA", "days": 120, "date": START + timedelta(days=119)}
        bounds = {"day_low": 0.0, "day_high": math.inf if pid % 2 else 1.0, "is_assessable": pid % 3 == 0}
        ten_lines.rows["marker_values"].append(late | bounds | {"ppi": "yes", "egfr_low": "no"})
    ten_lines.rows["marker_values"].sort(key=lambda row: (row["pid"], row["days"]))
    after, _ = answered(ten_lines)
    assert after.subjects.select("pid", "group").equals(before.subjects.select("pid", "group"))


def test_response_that_only_survival_allowed_is_no_benefit(by_hand: HandMadeStudy) -> None:
    """Everybody alike but for the day the fall is seen: by day 100 the naive responders are no group at all."""
    for place in range(10):
        days = 110 + 20 * place
        followed(by_hand, place, days, (50, 9.0), *(((200, 4.0),) if days > 200 else ()))
    given = ask(by_hand)
    assert isinstance(given, Refusal)
    assert given.code == "one_group"


def test_the_naive_comparison_is_refused_and_names_the_command(ten_lines: HandMadeStudy) -> None:
    for by in ("response", "cga_response", "marker_response"):
        given = answer(ten_lines.build(), Question(kind="survival", by=by))
        assert isinstance(given, Refusal)
        assert "lutetia ask landmark" in given.remedy


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"by": "grade"}, "groups_are_response"),
        ({"reference": "SSA"}, "unknown_group"),
        ({"endpoint": "DOR"}, "clock_not_from_start"),
        ({"endpoint": "FPS"}, "unknown_endpoint"),
        ({"analyte": "XYZ"}, "unknown_analyte"),
        ({"response_rule": "HALF"}, "unknown_rule"),
    ],
)
def test_what_a_landmark_cannot_do_is_refused(options: dict[str, str], code: str, ten_lines: HandMadeStudy) -> None:
    given = ask(ten_lines, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_lines_of_one_person_are_clustered(ten_lines: HandMadeStudy) -> None:
    ten_lines.line(0, line_no=2).time(0, 250, happened=True, line_no=2, start_date=START)
    measured(ten_lines, 0, (60, 9.0), line_no=2)
    _, result = answered(ten_lines)
    assert result.n_patients_in_several_groups == 1
    assert isinstance(result.hazard_ratios[0], HazardRatio)
    assert result.hazard_ratios[0].is_robust


def test_the_flow_ends_at_the_lines_of_the_curves(ten_lines: HandMadeStudy) -> None:
    followed(ten_lines, 20, 90, (50, 4.0))
    given, result = answered(ten_lines)
    at_start = np.array([group.curve.n_risk[0] for group in result.groups])
    assert given.flow[-1].n_lines == at_start.sum() == given.subjects.height == 10
    assert given.subjects.select(pl.col("days").min()).item() > 0
