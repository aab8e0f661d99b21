"""The course of a marker from a mixed model: which values are in, what the answer says, what is refused."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import day_of

DAYS = (1, 92, 183, 366, 731)
PER_MONTH = {"SSA": 0.0, "PRRT": -0.05}
FOUND = 0.02  # of a slope a month: five times the error that the scatter below leaves


def months(day: int) -> float:
    return (day - 1) / 30.4375


def value_row(pid: int, day: int, fold: float, **more: object) -> dict[str, object]:
    known = {"pid": pid, "line_no": 1, "analyte": "CGA", "date": day_of(day), "days": day, "is_baseline": day <= 1}
    bounds = {"value": fold, "day_low": fold, "day_high": fold, "compared_uln": 1.0, "fold_uln": fold}
    return known | bounds | {"is_assessable": True, "series": "a"} | more


def wiggle(pid: int, day: int) -> float:
    """Scatter of a tenth, the same every time and alike for nobody."""
    return 0.1 * math.sin(12.9898 * pid + 0.731 * day)


@pytest.fixture
def two_courses(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Thirty people a group from 5 × ULN on, flat under SSA, falling by 5 % a month under PRRT."""
    for pid in range(60):
        treatment = "SSA" if pid < 30 else "PRRT"
        by_hand.line(pid, treatment=treatment)
        own = 0.6 * math.sin(7.77 * pid), 0.01 * math.sin(3.3 * pid)
        for day in DAYS:
            slope = PER_MONTH[treatment] + own[1]
            log_fold = math.log(5) + own[0] + slope * months(day) + wiggle(pid, day)
            by_hand.rows["marker_values"].append(value_row(pid, day, math.exp(log_fold)))
    return by_hand


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="course", **({"spline_df": 1} | options)))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, MarkerCourseResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, MarkerCourseResult)
    return given, given.result


def effect(result: MarkerCourseResult, name: str) -> float:
    return next(item.estimate.value for item in result.model.coefficients if item.name == name) or 0.0


def test_the_slopes_come_back(two_courses: HandMadeStudy) -> None:
    given, result = answered(two_courses)
    assert result.groups == ("SSA", "PRRT")
    assert effect(result, "intercept") == pytest.approx(math.log(5), abs=0.2)
    assert effect(result, "months") == pytest.approx(0.0, abs=FOUND)
    assert effect(result, "PRRT × months") == pytest.approx(-0.05, abs=FOUND)
    assert [test.p_value < 0.001 for test in result.tests] == [True, True]
    assert given.summary[0].startswith(
        "Linear mixed model (REML) of ln × ULN of CGA: 300 values of 60 people, 0 beyond"
    )
    assert any(line.startswith("SSA: typical × ULN") and "at month 12" in line for line in given.summary)


def test_the_plain_sentences_of_the_model(two_courses: HandMadeStudy) -> None:
    straight, _ = answered(two_courses)
    bent, result = answered(two_courses, spline_df=2)
    assert "a straight line of the logarithm, of its own in each group" in straight.notes[0]
    assert "a natural cubic spline of 2 parameters" in bent.notes[0]
    assert "may be correlated" in straight.notes[0]
    assert any("correlated" in sentence for sentence in straight.summary)
    assert any(note.startswith("Residuals:") for note in straight.notes)
    assert len(result.model.coefficients) == 6


def test_values_beyond_a_limit_enter_by_their_probability(two_courses: HandMadeStudy) -> None:
    """A limit far above what was expected says next to nothing, where a value of that height would say much."""
    rows = two_courses.rows["marker_values"]
    before = effect(answered(two_courses)[1], "months")
    for pid in range(10):
        rows.append(value_row(pid, 500, 400.0, day_low=0.0, comparator="<"))
    given, result = answered(two_courses)
    assert result.model.n_beyond == 10
    assert result.model.criterion == "ML"
    assert effect(result, "months") == pytest.approx(before, abs=0.001)
    assert any("by the probability of lying there" in note for note in given.notes)
    assert any(
        note.startswith("Residuals of the people all of whose values lie within the limits") for note in given.notes
    )


@pytest.mark.parametrize(
    "more",
    [
        {"series": "other", "is_baseline": False},
        {"is_assessable": False},
        {"has_unclear_date": True},
        {"compared_uln": None},
        {"day_low": 0.0, "day_high": math.inf},
    ],
    ids=["another assay", "under a PPI", "unclear day", "no limit of normal", "nothing known"],
)
def test_what_cannot_be_compared_is_not_in(more: dict[str, object], two_courses: HandMadeStudy) -> None:
    before, _ = answered(two_courses)
    two_courses.rows["marker_values"].append(value_row(0, 200, 5000.0, **more))
    after, _ = answered(two_courses)
    assert after.subjects.drop("fitted").height == before.subjects.height
    assert after.summary == before.summary


def test_the_baseline_stands_at_the_start_and_earlier_values_are_not_in(two_courses: HandMadeStudy) -> None:
    rows = two_courses.rows["marker_values"]
    rows[0] |= {"days": -20, "is_baseline": True}
    rows.append(value_row(0, -60, 900.0, is_baseline=False))
    given, _ = answered(two_courses)
    mine = given.subjects.filter(pid=0)
    assert mine["months"].to_list() == pytest.approx([months(day) for day in DAYS])
    assert mine["days"][0] == -20


def test_each_value_has_its_own_fitted_curve_and_interval(two_courses: HandMadeStudy) -> None:
    given, result = answered(two_courses)
    own = given.subjects
    assert (own["value_low"] < own["low"]).all()
    inside = own.select(pl.col("log_fold").is_between("value_low", "value_high").mean()).item()
    assert inside > 0.9
    assert np.abs(own["log_fold"] - own["fitted"]).mean() < 0.1
    assert result.model.patients.height == 60


def test_people_with_several_lines_are_refused_with_a_remedy(two_courses: HandMadeStudy) -> None:
    two_courses.line(0, line_no=2, treatment="PRRT", start_date=START)
    two_courses.rows["marker_values"].append(value_row(0, 1, 5.0, line_no=2))
    given = ask(two_courses)
    assert isinstance(given, Refusal)
    assert given.code == "several_lines"
    assert "first line" in given.remedy


def test_lines_without_a_value_leave_and_are_counted(two_courses: HandMadeStudy) -> None:
    two_courses.line(99, treatment="SSA")
    given, _ = answered(two_courses)
    assert given.flow[-1].n_lines_removed == 1
    assert given.flow[-1].reason.startswith("no assessable CGA value")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"by": "cga_response"}, "groups_after_time_zero"),
        ({"analyte": "XYZ"}, "unknown_analyte"),
        ({"by": "x"}, "unknown_grouping"),
    ],
)
def test_refusals(options: dict[str, object], code: str, two_courses: HandMadeStudy) -> None:
    given = ask(two_courses, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_a_group_of_four_has_no_course(two_courses: HandMadeStudy) -> None:
    for pid in range(70, 74):
        two_courses.line(pid, treatment="targeted")
        two_courses.rows["marker_values"].append(value_row(pid, 1, 5.0))
    given = ask(two_courses)
    assert isinstance(given, Refusal)
    assert given.code == "too_few_patients"


def test_the_safe_course_ends_early_on_whole_months_and_shows_nobody(two_courses: HandMadeStudy) -> None:
    given, exact = answered(two_courses)
    two_courses.rows["marker_values"].append(value_row(0, 1500, 5.0))
    longer, _ = answered(two_courses)
    safe = make_safe(longer, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, MarkerCourseResult)
    curves = safe.result.curves
    assert curves.filter(group="SSA")["months"].max() == 23.0  # twice the floor are measured until day 731, month 23.98
    assert (curves["months"] == curves["months"].round()).all()
    assert (curves["n_patients"] % 5 == 0).all()
    assert safe.subjects.is_empty()
    assert safe.result.model.patients.is_empty()
    assert safe.result.model.fitted.is_empty()
    assert safe.result.model.n_values % 5 == 0
    assert exact.model.residuals is not None
    assert safe.result.model.residuals is None
    assert len(given.notes) > 3


def test_the_safe_course_of_few_people_is_refused(two_courses: HandMadeStudy) -> None:
    given, _ = answered(two_courses)
    safe = make_safe(given, 16)
    assert isinstance(safe, Refusal)
    assert safe.code == "below_floor"


def test_the_coefficients_of_a_spline_stay_inside(two_courses: HandMadeStudy) -> None:
    given, _ = answered(two_courses, spline_df=2)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, MarkerCourseResult)
    assert safe.result.model.coefficients == ()
