"""The survival chart holds the result's own numbers: curve, limits and counts."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.look import DARK, LIGHT
from analytics.figures.screen.survival import STEPS_KEPT, draw_survival, select_drawn_steps
from analytics.tables.results import Estimate
from analytics.tables.risk_table import count_at_risk
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

SINGLE_PRECISION = 1e-5
"""Traces are sent as four-byte numbers: about seven digits."""
NONE = Estimate(None, None, None, "days")


def make_curve(group: str = "PRRT") -> SurvivalCurve:
    """Five people: events on days 100 and 300, censored on 200 and twice on 400."""
    return SurvivalCurve(
        group=group,
        time=np.array([0, 100, 200, 300, 400]),
        n_risk=np.array([5, 5, 4, 3, 2]),
        n_event=np.array([0, 1, 0, 1, 0]),
        n_censor=np.array([0, 0, 1, 0, 2]),
        n_enter=np.array([5, 0, 0, 0, 0]),
        survival=np.array([1.0, 0.8, 0.8, 0.5333, 0.5333]),
        std_error_log=np.array([0.0, 0.22, 0.22, 0.46, 0.46]),
        low=np.array([1.0, 0.2, 0.2, 0.07, 0.07]),
        high=np.array([1.0, 0.97, 0.97, 0.86, 0.86]),
    )


def make_group(name: str, n_lines: int = 5) -> GroupSurvival:
    return GroupSurvival(name, n_lines, n_lines, 2, make_curve(name), NONE, (), NONE)


def make_result(*names: str, n_lines: int = 5) -> SurvivalResult:
    return SurvivalResult("PFS", "default", tuple(make_group(name, n_lines) for name in names), None, (), 0, ())


def unpack(packed: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")


def trace_of(figure: dict, name: str) -> dict:
    return next(trace for trace in figure["data"] if trace["name"] == name)


def test_the_curve_is_the_results_curve_in_months_and_per_cent():
    line = trace_of(draw_survival(make_result("PRRT"), LIGHT), "PRRT (5)")
    curve = make_curve()
    assert line["line"]["shape"] == "hv"
    np.testing.assert_allclose(unpack(line["x"]), curve.time / DAYS_PER_MONTH, rtol=SINGLE_PRECISION)
    np.testing.assert_allclose(unpack(line["y"]), 100 * curve.survival, rtol=SINGLE_PRECISION)


def test_the_band_lies_between_the_results_limits():
    figure = draw_survival(make_result("PRRT"), LIGHT)
    low, high = trace_of(figure, "PRRT lower limit"), trace_of(figure, "PRRT upper limit")
    assert low["fill"] == "tonexty" and figure["data"].index(high) + 1 == figure["data"].index(low)
    np.testing.assert_allclose(unpack(low["y"]), 100 * make_curve().low, rtol=SINGLE_PRECISION)
    np.testing.assert_allclose(unpack(high["y"]), 100 * make_curve().high, rtol=SINGLE_PRECISION)


def test_limits_that_are_undefined_are_not_drawn():
    curve = replace(make_curve(), low=np.array([1.0, 0.2, 0.2, 0.07, np.nan]))
    result = make_result("PRRT")
    result = replace(result, groups=(replace(result.groups[0], curve=curve),))
    assert len(unpack(trace_of(draw_survival(result, LIGHT), "PRRT lower limit")["y"])) == 4


def test_rows_stand_on_the_same_axis_and_add_up_to_everybody():
    figure = draw_survival(make_result("PRRT", "SSA"), LIGHT)
    for group in ("PRRT", "SSA"):
        rows = [trace_of(figure, f"{group} {row}") for row in ("at risk", "events", "censored")]
        assert all(row["yaxis"] == "y2" and "xaxis" not in row for row in rows)
        assert all(row["x"] == figure["layout"]["xaxis"]["tickvals"] for row in rows)
        sums = [sum(int(text) for text in texts) for texts in zip(*(row["text"] for row in rows), strict=True)]
        assert sums == [5] * len(rows[0]["x"])


def test_the_counts_are_those_just_before_the_time():
    at_event = count_at_risk(make_curve(), [0, 100, 100.5, 400, 401])
    assert at_event.rows() == [(0, 5, 0, 0), (100, 5, 0, 0), (100.5, 4, 1, 0), (400, 2, 2, 1), (401, 0, 2, 3)]


@pytest.mark.parametrize(("n_lines", "drawn"), [(500, True), (501, False)])
def test_censor_marks_stop_where_they_would_merge(n_lines: int, drawn: bool):
    names = [trace["name"] for trace in draw_survival(make_result("PRRT", n_lines=n_lines), LIGHT)["data"]]
    assert ("PRRT censor marks" in names) == drawn


def test_a_group_keeps_its_colour_whatever_its_place():
    one = draw_survival(make_result("PRRT", "SSA"), LIGHT)
    other = draw_survival(make_result("SSA", "PRRT"), LIGHT)
    assert trace_of(one, "SSA (5)")["line"] == trace_of(other, "SSA (5)")["line"]
    assert trace_of(one, "SSA (5)")["line"]["dash"] != trace_of(one, "PRRT (5)")["line"]["dash"]


def test_a_long_curve_keeps_its_last_step_in_each_pixel_column():
    time = np.arange(10_000)
    drawn = select_drawn_steps(time)
    assert len(drawn) <= STEPS_KEPT and drawn[-1] == time[-1]
    assert len(select_drawn_steps(time[:STEPS_KEPT])) == STEPS_KEPT


def test_the_axis_goes_from_nothing_to_everybody_in_both_looks():
    for look in (LIGHT, DARK):
        figure = draw_survival(make_result("PRRT"), look)
        assert figure["layout"]["yaxis"]["range"] == [0, 101]
        assert figure["layout"]["paper_bgcolor"] == look.ground
