"""The hazard follows the marker: every value counts from the day after it was measured, never before."""

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
from tests.questions.marked_lines import day_of, followed

LENIENT = Settings(min_group_patients=1, min_group_events=1, min_events_per_parameter=1)
SOLVED = 1e-6  # of the coefficient: Newton stops at a relative likelihood change far below its square


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    asked = {"by": "none", "changing": "value"} | options
    return answer(study.build(LENIENT), Question(kind="time_dependent", **asked))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, ModelResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given, given.result


@pytest.fixture
def four_lines(by_hand: HandMadeStudy) -> HandMadeStudy:
    """All start at 10 × ULN; two fall to 5 (one doubling less) on day 15; events on days 10, 20, 30 and 40.

    Day 10: four alike. Day 20: the event is of a fallen one, beside one fallen and one not (two fallen of three).
    Day 30: of the one not fallen, beside one fallen. Day 40: alone.
    """
    followed(by_hand, 0, 10)
    followed(by_hand, 1, 20, (15, 5.0))
    followed(by_hand, 2, 30)
    followed(by_hand, 3, 40, (15, 5.0))
    return by_hand


def test_the_coefficient_by_hand(four_lines: HandMadeStudy) -> None:
    """With h the hazard ratio per doubling and r = 1/h of the fallen: the likelihood is r/(2r + 1) · 1/(1 + r), largest
    where 1/r = 2/(2r + 1) + 1/(1 + r), so 2r² = 1."""
    _, result = answered(four_lines)
    (term,) = result.fit.terms
    assert term.name == "cga_last_value"
    assert math.isclose(-term.coefficient, math.log(math.sqrt(0.5)), abs_tol=SOLVED)
    assert (result.n_lines, result.n_events) == (4, 4)


def test_a_value_of_the_day_of_the_event_does_not_explain_it(four_lines: HandMadeStudy) -> None:
    before, _ = answered(four_lines)
    four_lines.rows["marker_values"].append(four_lines.rows["marker_values"][0] | _value(0, 10, 640.0))
    after, _ = answered(four_lines)
    assert isinstance(before.result, ModelResult)
    assert isinstance(after.result, ModelResult)
    assert after.result.fit.terms == before.result.fit.terms


def test_an_unassessable_value_is_passed_over_and_a_limit_enters_as_the_limit(four_lines: HandMadeStudy) -> None:
    _, before = answered(four_lines)
    base = four_lines.rows["marker_values"][0]
    four_lines.rows["marker_values"].append(base | _value(2, 16, 900.0) | {"is_assessable": False})
    four_lines.rows["marker_values"].append(base | _value(3, 16, 5.0) | {"day_low": 0.0})
    again, after = answered(four_lines)
    assert math.isclose(after.fit.terms[0].coefficient, before.fit.terms[0].coefficient, abs_tol=SOLVED)
    assert again.subjects["cga_last_value"].to_list() == pytest.approx([math.log2(fold) for fold in (10, 5, 10, 5)])


def test_follow_up_before_a_first_value_is_left_out_and_counted(four_lines: HandMadeStudy) -> None:
    four_lines.line(9, treatment="PRRT").time(9, 50, happened=True)
    base = four_lines.rows["marker_values"][0]
    four_lines.rows["marker_values"].append(base | _value(9, 21, 10.0) | {"is_baseline": False})
    four_lines.line(10, treatment="PRRT").time(10, 50, happened=True)
    given, result = answered(four_lines)
    assert result.n_lines == 5
    assert "21 days of follow-up before a first one are not counted" in given.summary[0]
    assert given.flow[-1].reason == "no CGA last value before the end of follow-up"
    assert given.flow[-1].n_lines_removed == 1


def test_a_slope_needs_two_values_of_one_assay(four_lines: HandMadeStudy) -> None:
    """Those with a second value have a slope from day 15 on; a value of another assay makes none."""
    followed(four_lines, 4, 25, (15, 2.5))
    base = four_lines.rows["marker_values"][0]
    four_lines.rows["marker_values"].append(base | _value(2, 16, 20.0) | {"series": "other", "is_baseline": False})
    given, result = answered(four_lines, changing="slope")
    assert given.subjects["pid"].to_list() == [1, 3, 4]
    halving = math.log(0.5) / (14 / 30.4375) / math.log(1.1)
    assert given.subjects["cga_slope"].to_list() == pytest.approx([halving, halving, 2 * halving])
    assert result.columns[0].step == "10 % a month"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"changing": "response"}, "unknown_change"),
        ({"analyte": "XYZ"}, "unknown_analyte"),
        ({"endpoint": "DOR"}, "clock_not_from_start"),
        ({"strata": ("grade",)}, "no_strata"),
        ({"covariates": ("best_response",)}, "covariate_after_time_zero"),
    ],
)
def test_what_cannot_be_followed_is_refused(options: dict[str, object], code: str, four_lines: HandMadeStudy) -> None:
    given = ask(four_lines, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_nobody_measured_is_a_refusal(by_hand: HandMadeStudy) -> None:
    by_hand.line(0).time(0, 10, happened=True)
    given = ask(by_hand)
    assert isinstance(given, Refusal)
    assert given.code == "nobody_left"


def _value(pid: int, day: int, value: float) -> dict[str, object]:
    bounds = {"value": value, "day_low": value, "day_high": value, "fold_uln": value}
    return {"pid": pid, "days": day, "date": day_of(day), "is_baseline": False} | bounds


def test_the_safe_form_is_rounded_and_shows_nobody(by_hand: HandMadeStudy) -> None:
    for pid in range(60):
        days = 30 + 17 * (pid * 7 % 60)
        followed(by_hand, pid, days, (20, 5.0 if pid % 3 else 20.0), happened=pid % 4 != 0)
    given, exact = answered(by_hand)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ModelResult)
    value = exact.fit.terms[0].ratio.value
    assert value is not None
    assert safe.result.fit.terms[0].ratio.value == float(f"{value:.2g}")
    assert safe.subjects.is_empty()
    assert safe.result.proportionality is None or safe.result.proportionality.time.size == 0
