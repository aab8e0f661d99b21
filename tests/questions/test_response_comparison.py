"""Response rates of two groups: difference and ratio by hand, and what makes their limits wrong is refused."""

from __future__ import annotations

import pytest

from analytics.export.aggregate_tables import response_comparison_table
from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.response_results import ProportionDifference, ResponseResult
from analytics.tables.results import Refusal
from tests.questions.conftest import HandMadeStudy


def respond(study: HandMadeStudy, first: int, treatment: str, responders: int, others: int) -> None:
    for place in range(responders + others):
        study.line(first + place, treatment=treatment)
        study.response(first + place, "responder" if place < responders else "non_responder")


@pytest.fixture
def newcombe(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Example (a) of Newcombe (1998): 56 of 70 against 48 of 80."""
    respond(by_hand, 0, "PRRT", 56, 14)
    respond(by_hand, 100, "SSA", 48, 32)
    return by_hand


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, ResponseResult]:
    given = answer(study.build(), Question(kind="response", **options))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ResponseResult)
    return given, given.result


def test_difference_and_ratio_against_the_usual_reference(newcombe: HandMadeStudy) -> None:
    """0.8 − 0.6 with the limits printed in table II, method 10, of the paper; 0.8 / 0.6."""
    given, result = answered(newcombe)
    (item,) = result.comparisons
    assert isinstance(item, ProportionDifference)
    assert (item.group, item.reference) == ("PRRT", "SSA")
    assert item.difference.value == pytest.approx(0.2)
    assert (round(item.difference.low or 0, 4), round(item.difference.high or 0, 4)) == (0.0524, 0.3339)
    assert item.ratio.value == pytest.approx(0.8 / 0.6)
    assert given.summary[-1].startswith("PRRT against SSA: +20.0 percentage points (+5.2 to +33.4), ratio 1.33")
    assert {"Difference of proportions", "Ratio of proportions"} <= {method.name for method in result.methods}


def test_the_comparison_leaves_as_a_table(newcombe: HandMadeStudy) -> None:
    _, result = answered(newcombe)
    (row,) = response_comparison_table(result).to_dicts()
    assert (row["group"], row["reference"]) == ("PRRT", "SSA")
    assert row["difference"] == pytest.approx(0.2)
    assert row["ratio"] == pytest.approx(4 / 3)
    assert row["ratio.low"] < row["ratio"] < row["ratio.high"]


def test_the_reference_can_be_chosen_and_must_exist(newcombe: HandMadeStudy) -> None:
    _, result = answered(newcombe, reference="PRRT")
    (item,) = result.comparisons
    assert isinstance(item, ProportionDifference)
    assert item.difference.value == pytest.approx(-0.2)
    given = answer(newcombe.build(), Question(kind="response", reference="surgery"))
    assert isinstance(given, Refusal)
    assert given.code == "unknown_group"


def test_somebody_with_two_lines_makes_the_comparison_refused(newcombe: HandMadeStudy) -> None:
    newcombe.line(0, line_no=2, treatment="SSA").response(0, "responder", line_no=2)
    _, result = answered(newcombe)
    (item,) = result.comparisons
    assert isinstance(item, Refusal)
    assert item.code == "several_lines"
    assert len(result.groups) == 2
    _, first = answered(newcombe, selection=Selection(choose="first_line"))
    assert isinstance(first.comparisons[0], ProportionDifference)


def test_a_small_group_is_not_compared(by_hand: HandMadeStudy) -> None:
    respond(by_hand, 0, "PRRT", 2, 2)
    respond(by_hand, 100, "SSA", 5, 5)
    _, result = answered(by_hand)
    (item,) = result.comparisons
    assert isinstance(item, Refusal)
    assert "PRRT has fewer than 5 evaluable lines" in item.sentence


def test_one_group_has_nothing_to_be_compared_with(newcombe: HandMadeStudy) -> None:
    assert answered(newcombe, by="none")[1].comparisons == ()


def test_at_the_safe_level_only_shown_counts_are_compared(by_hand: HandMadeStudy) -> None:
    """Of 20 SSA lines 3 responded: their count is withheld, so a difference would give it back."""
    respond(by_hand, 0, "PRRT", 10, 10)
    respond(by_hand, 100, "SSA", 3, 17)
    given, exact = answered(by_hand)
    assert isinstance(exact.comparisons[0], ProportionDifference)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ResponseResult)
    assert [type(item) for item in safe.result.comparisons] == [Refusal]
    assert "percentage points" not in " ".join(safe.summary)


def test_at_the_safe_level_a_comparison_of_shown_counts_stays(newcombe: HandMadeStudy) -> None:
    given, exact = answered(newcombe)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ResponseResult)
    assert safe.result.comparisons == exact.comparisons


def test_rates_have_exact_or_wilson_limits(newcombe: HandMadeStudy) -> None:
    """R 4.2.2: ``binom.test(56, 70)$conf.int`` and ``prop.test(56, 70, correct = FALSE)$conf.int``."""
    for limits, low, high in (("exact", 0.6872643461, 0.8861196380), ("wilson", 0.6918335550, 0.8769526075)):
        _, result = answered(newcombe, limits=limits)
        prrt = next(group for group in result.groups if group.group == "PRRT")
        assert prrt.share_of_evaluable.low == pytest.approx(low, abs=1e-6)
        assert prrt.share_of_evaluable.high == pytest.approx(high, abs=1e-6)
        assert limits in result.methods[0].name.lower()
    refusal = answer(newcombe.build(), Question(kind="response", limits="wald"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "unknown_limits"
