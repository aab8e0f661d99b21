"""The patient's own curve: of each line, as far as it was followed and half a year on, learnt once from others."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from analytics.estimation.own_course import PopulationCourse
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import LIGHT
from analytics.figures.screen.patient_course import EXPECTED, FITTED, draw_own_courses
from analytics.questions.own_course import derive_own_courses, learn_population
from analytics.tables.history import PatientHistory
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.test_course import DAYS, two_courses, value_row

__all__ = ["two_courses"]


def test_a_curve_lies_within_its_range_and_goes_half_a_year_on(two_courses: HandMadeStudy) -> None:
    study = two_courses.build()
    lines = study.table("lines").filter(pl.col("pid") == 3).collect()
    asked: list[tuple[str, str]] = []

    def learn(analyte: str, treatment: str) -> PopulationCourse | Refusal:
        asked.append((analyte, treatment))
        return learn_population(study, analyte, treatment)

    courses = derive_own_courses(study, lines, "CGA", learn)
    assert asked == [("CGA", "SSA")]
    assert courses["treatment"].unique().to_list() == ["SSA"]
    assert (
        courses.select((pl.col("value_low") < pl.col("fitted")) & (pl.col("fitted") < pl.col("value_high")))
        .to_series()
        .all()
    )
    assert courses["date"][0] == START
    last = (courses["date"][-1] - START).days
    assert last == pytest.approx(DAYS[-1], abs=16)  # nobody was measured later, so nothing is said beyond


def test_the_curve_ends_where_the_next_line_begins(two_courses: HandMadeStudy) -> None:
    study = two_courses.build()
    ends = START + timedelta(days=200)
    lines = study.table("lines").filter(pl.col("pid") == 3).collect().with_columns(next_line_date=pl.lit(ends))
    courses = derive_own_courses(study, lines, "CGA", lambda analyte, kind: learn_population(study, analyte, kind))
    assert courses["date"].max() <= ends + timedelta(days=8)


def test_a_treatment_that_few_others_had_gives_no_curve(two_courses: HandMadeStudy) -> None:
    two_courses.line(90, treatment="targeted")
    two_courses.rows["marker_values"].append(value_row(90, 1, 5.0))
    study = two_courses.build()
    assert isinstance(learn_population(study, "CGA", "targeted"), Refusal)
    lines = study.table("lines").filter(pl.col("pid") == 90).collect()
    courses = derive_own_courses(study, lines, "CGA", lambda analyte, kind: learn_population(study, analyte, kind))
    assert courses.is_empty()


def test_the_chart_draws_band_and_line_in_multiples_of_the_limit_only(two_courses: HandMadeStudy) -> None:
    study = two_courses.build()
    lines = study.table("lines").filter(pl.col("pid") == 3).collect()
    courses = derive_own_courses(study, lines, "CGA", lambda analyte, kind: learn_population(study, analyte, kind))
    nothing = pl.DataFrame()
    history = PatientHistory(
        "P3", (), "CGA", "Chromogranin A", ("CGA",), "ug/L", START, "start", None, nothing, nothing, nothing, (),
        nothing, nothing, (), (), courses=courses,
    )  # fmt: skip
    traces = draw_own_courses(history, "uln", Clock(START, "start"), LIGHT)
    assert [trace["name"] for trace in traces] == [f"{EXPECTED} top", EXPECTED, FITTED]
    assert [trace["showlegend"] for trace in traces] == [False, True, True]
    assert draw_own_courses(history, "reported", Clock(START, "start"), LIGHT) == []
