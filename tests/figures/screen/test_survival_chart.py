"""The survival chart holds the result's own numbers: curve, limits and counts."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.look import DARK, LIGHT
from analytics.figures.screen.survival import ROWS, STEPS_KEPT, draw_survival, select_drawn_steps
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
    figure = draw_survival(make_result("PRRT"), LIGHT)
    curve = make_curve()
    sure, thin = trace_of(figure, "PRRT (5)"), trace_of(figure, "PRRT (5), few at risk")
    assert sure["line"]["shape"] == thin["line"]["shape"] == "hv"
    for axis, values in (("x", curve.time / DAYS_PER_MONTH), ("y", 100 * curve.survival)):
        drawn = np.concatenate([unpack(sure[axis])[:-1], unpack(thin[axis])])
        np.testing.assert_allclose(drawn, values, rtol=SINGLE_PRECISION)


def test_the_curve_is_thin_from_where_few_are_at_risk():
    # twenty people: 10 at risk just before day 200, 3 before day 300
    curve = replace(make_curve(), n_risk=np.array([20, 20, 10, 3, 2]))
    group = replace(make_group("PRRT", n_lines=20), curve=curve)
    figure = draw_survival(replace(make_result("PRRT"), groups=(group,)), LIGHT)
    sure, thin = trace_of(figure, "PRRT (20)"), trace_of(figure, "PRRT (20), few at risk")
    assert unpack(sure["x"])[-1] == unpack(thin["x"])[0] == pytest.approx(200 / DAYS_PER_MONTH, rel=SINGLE_PRECISION)
    assert thin["line"]["width"] < sure["line"]["width"] and thin["line"]["color"] == sure["line"]["color"]
    assert sure.get("showlegend", True) and not thin["showlegend"]


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
    ticks, labels = figure["layout"]["xaxis"]["tickvals"], figure["layout"]["yaxis2"]["ticktext"]
    assert labels == ["", *ROWS, "", *ROWS]
    heads = trace_of(figure, "groups")
    assert [labels[-at] for at in heads["y"]] == ["", ""] and heads["text"] == ["PRRT", "SSA"]
    for group in ("PRRT", "SSA"):
        counts = trace_of(figure, f"{group} counts")
        assert counts["yaxis"] == "y2" and "xaxis" not in counts
        assert counts["x"] == ticks * len(ROWS)
        assert [labels[-at] for at in counts["y"][:: len(ticks)]] == list(ROWS)
        rows = np.array([int(text) for text in counts["text"]]).reshape(len(ROWS), len(ticks))
        assert rows.sum(axis=0).tolist() == [5] * len(ticks)


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
