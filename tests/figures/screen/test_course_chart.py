"""The modelled course on screen: one line and one band a group, ended where few are measured."""

from __future__ import annotations

import math

import polars as pl
import pytest

from analytics import api
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from tests.questions.conftest import by_hand
from tests.questions.test_course import two_courses

__all__ = ["by_hand", "two_courses"]


@pytest.fixture
def given(two_courses) -> Answer:
    found = answer(two_courses.build(), Question(kind="course", spline_df=1))
    assert isinstance(found, Answer), found
    return found


def test_a_line_and_a_band_a_group_on_the_scale_of_the_marker(given: Answer) -> None:
    chart = api.charts(given)["course"]
    lines = {trace["name"]: trace for trace in chart["data"] if "customdata" in trace}
    assert set(lines) == {"SSA", "PRRT"}
    curve = given.result.curves.filter(group="PRRT")
    assert lines["PRRT"]["y"][0] == pytest.approx(math.exp(curve["mean"][0]))
    low, high, people = lines["PRRT"]["customdata"][0]
    assert low < lines["PRRT"]["y"][0] < high
    assert people == 30
    assert chart["layout"]["yaxis"]["type"] == "log"


def test_a_curve_ends_where_fewer_than_ten_are_measured(two_courses) -> None:
    late = {"days": 2000, "date": None}
    two_courses.rows["marker_values"].append(two_courses.rows["marker_values"][0] | late | {"is_baseline": False})
    two_courses.rows["marker_values"][-1]["date"] = two_courses.rows["marker_values"][0]["date"]
    found = answer(two_courses.build(), Question(kind="course", spline_df=1))
    assert isinstance(found, Answer), found
    line = next(
        trace for trace in api.charts(found)["course"]["data"] if trace["name"] == "SSA" and "customdata" in trace
    )
    assert max(line["x"]) < 25 < found.result.curves.filter(group="SSA")["months"].max()


def test_a_notebook_shows_its_table_and_its_figure(given: Answer) -> None:
    assert {"strata", "months", "typical"} <= set(api.table(given).columns)
    assert isinstance(api.table(given), pl.DataFrame)
    assert api.figure(given).axes
