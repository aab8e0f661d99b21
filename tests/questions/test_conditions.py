"""Conditions: only lines with this at their start, from the command line, a protocol or a notebook."""

from __future__ import annotations

import pytest

from analytics.errors import UsageError
from analytics.questions.conditions import describe_condition
from analytics.questions.groups import GROUPINGS
from analytics.questions.question import Selection
from analytics.questions.selection import Selected, select_lines
from tests.questions.conftest import HandMadeStudy


def selected(study: HandMadeStudy, *conditions: str) -> Selected:
    return select_lines(study.build(), Selection(where=conditions), GROUPINGS["treatment"])


@pytest.fixture
def three(by_hand: HandMadeStudy) -> HandMadeStudy:
    for pid, (ki67, netpet, egfr) in enumerate([(2.0, "P1", 60.0), (20.0, "P5", 59.9), (None, None, None)], 1):
        by_hand.line(pid, ki67_pct=ki67)
        by_hand.rows["line_baselines"].append({"pid": pid, "line_no": 1, "netpet": netpet, "egfr": egfr})
    return by_hand


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("ki67_pct<20", [1]),
        ("ki67_pct <= 20", [1, 2]),
        ("ki67_pct>=20", [2]),
        ("egfr>=60", [1]),
        ("netpet=P5", [2]),
        ("netpet!=P5", [1]),
    ],
)
def test_a_line_stays_when_the_condition_surely_holds(three: HandMadeStudy, condition: str, left: list[int]):
    """A line in which it was not recorded goes, and is counted."""
    found = selected(three, condition)
    assert found.lines["pid"].to_list() == left
    step = found.flow[-1]
    assert step.n_lines_removed == 3 - len(left)
    assert step.reason == f"not {describe_condition(condition)}, or not recorded"


def test_several_conditions_hold_together_and_say_their_unit(three: HandMadeStudy):
    found = selected(three, "ki67_pct>=2", "egfr<60")
    assert found.lines["pid"].to_list() == [2]
    assert found.flow[-1].label == "egfr < 60 mL/min/1.73m2"


@pytest.mark.parametrize("condition", ["netpet", "netpet<P5", "best_response=PR", "egfr>=high"])
def test_what_is_no_condition_is_said(three: HandMadeStudy, condition: str):
    with pytest.raises(UsageError):
        selected(three, condition)


def test_growth_before_the_line_can_be_asked(three: HandMadeStudy):
    for pid, rate in ((1, 4.2), (2, 0.5)):
        three.rows["growth_rates"].append({"pid": pid, "line_no": 1, "period": "before", "rate_pct": rate})
    three.rows["growth_rates"].append({"pid": 2, "line_no": 1, "period": "month_3", "rate_pct": 9.0})
    assert selected(three, "growth_before_pct>=4").lines["pid"].to_list() == [1]
    assert selected(three).lines.height == 3
