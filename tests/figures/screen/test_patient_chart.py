"""The patient's chart: limits at one, lines broken where values cannot be joined, bounds as triangles."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from analytics.figures.screen.look import LIGHT
from analytics.figures.screen.patient import draw_patient
from analytics.questions.patient import answer_patient
from analytics.tables.history import PatientHistory
from tests.dashboards.hand_made import make_study


@pytest.fixture(scope="module")
def history() -> PatientHistory:
    told = answer_patient(make_study(crowd=0), "EDGE")
    assert isinstance(told, PatientHistory)
    return told


def draw(history: PatientHistory, **changes: Any) -> dict:
    return draw_patient(history, LIGHT, **({"scale": "log", "unit": "uln", "calendar": False} | changes))


def named(figure: dict, name: str) -> dict:
    return next(trace for trace in figure["data"] if trace["name"] == name)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_limit_of_normal_is_a_trace_at_one_on_both_axes(history: PatientHistory, scale: str):
    figure = draw(history, scale=scale)
    assert named(figure, "ULN")["y"] == [1, 1] and named(figure, "ULN label")["y"] == [1]
    assert figure["layout"]["yaxis"]["type"] == scale
    assert f"{scale} scale" in figure["layout"]["yaxis"]["title"]["text"]
    assert not [shape for shape in figure["layout"]["shapes"] if shape["type"] == "line"]


def test_the_linear_axis_starts_at_zero_and_the_log_axis_holds_every_value(history: PatientHistory):
    assert draw(history, scale="linear")["layout"]["yaxis"]["range"][0] == 0
    low, high = draw(history)["layout"]["yaxis"]["range"]
    assert 10**low < 20 / 85 and 10**high > 900 / 85


def test_ticks_of_the_log_axis_are_plain_numbers(history: PatientHistory):
    assert {"0.3", "1", "3", "10"} <= set(draw(history)["layout"]["yaxis"]["ticktext"])


def test_each_assay_is_a_trace_of_its_own_and_no_line_joins_them(history: PatientHistory):
    figure = draw(history)
    first, second = named(figure, "assay A line"), named(figure, "assay B line")
    assert max(x for x in first["x"] if x is not None) < min(x for x in second["x"] if x is not None)
    assert first["line"]["dash"] != second["line"]["dash"]
    assert named(figure, "assay A")["marker"]["symbol"][0] != named(figure, "assay B")["marker"]["symbol"][0]
    assert named(figure, "assay change label")["text"] == ["assay B"]


def test_a_line_breaks_at_a_bound_and_after_a_long_gap(history: PatientHistory):
    joined = named(draw(history), "assay A line")["y"]
    runs = [len(run) for run in " ".join("|" if y is None else "o" for y in joined).replace(" ", "").split("|")]
    # four values, then <20 which is never joined, then two days, then one value after eleven months
    assert runs == [4, 2, 1]


def test_two_values_of_one_day_are_both_drawn_and_the_line_goes_between(history: PatientHistory):
    figure = draw(history, unit="reported")
    assert figure["layout"]["yaxis"]["title"]["text"] == "Chromogranin A (nmol/L, log scale)"
    both = [y for y in named(draw(history), "assay A")["y"] if y in (60 / 85, 66 / 85)]
    middle = named(draw(history), "assay A line")["y"]
    assert len(both) == 2
    assert any(y is not None and abs(y - (60 * 66) ** 0.5 / 85) < 1e-12 for y in middle)


def test_a_value_under_a_ppi_is_hollow_and_the_legend_says_why(history: PatientHistory):
    figure = draw(history)
    points = named(figure, "assay A")
    marks = dict(zip((round(85 * y) for y in points["y"]), points["marker"]["symbol"], strict=True))
    # the PPI was taken from January 2023 to June 2024
    assert marks == dict.fromkeys((850, 900, 420, 90, 40), "circle") | dict.fromkeys((60, 66, 80), "circle-open")
    keys = [trace["name"] for trace in figure["data"] if trace["name"].startswith("hollow")]
    assert len(keys) == 1
    assert not [trace for trace in draw(history, unit="reported")["data"] if trace["name"].startswith("hollow")]


def test_a_value_below_quantitation_is_an_open_triangle_at_its_limit(history: PatientHistory):
    bound = named(draw(history), "assay A, below quantitation,<br>drawn at the limit")
    assert bound["y"] == [20 / 85]
    assert bound["marker"]["symbol"] == "triangle-down-open"
    assert "&lt;20 ng/mL" in bound["text"][0]
    whisker = named(draw(history), "assay A, below quantitation,<br>drawn at the limit whisker")
    assert whisker["y"] == [20 / 85, 10 ** draw(history)["layout"]["yaxis"]["range"][0], None]


def test_units_of_two_assays_are_never_on_one_axis(history: PatientHistory):
    figure = draw(history, unit="reported")
    assert not [trace for trace in figure["data"] if trace["name"] == "assay A"]
    assert named(figure, "assay B")["y"] == [2.1, 3.9, 9.6]
    assert named(figure, "ULN 3")["y"] == [3, 3]


def test_lanes_have_their_own_rows_on_the_same_time_axis(history: PatientHistory):
    figure = draw(history)
    lanes = figure["layout"]["yaxis2"]["ticktext"]
    assert lanes == ["PRRT", "SSA", "Procedures", "Concomitant", "Scans"]
    assert figure["layout"]["yaxis2"]["domain"][1] < figure["layout"]["yaxis"]["domain"][0]
    rows = {trace["name"]: trace["y"][0] for trace in figure["data"] if trace.get("yaxis") == "y2"}
    assert rows["PRRT"] == 0 and rows["Scans"] == -4


def test_cycles_carry_their_number_and_activity(history: PatientHistory):
    cycles = named(draw(history), "PRRT")
    assert cycles["text"] == ["1", "2", "3", "4"]
    assert cycles["x"][0] == 0 and "7.4 GBq 177Lu" in cycles["hovertext"][0]
    assert "4 × 7.4 = 29.6 GBq" in named(draw(history), "PRRT label")["text"][0]


def test_scans_carry_their_response_and_one_mark_a_day(history: PatientHistory):
    scans = named(draw(history), "Scans")
    assert scans["text"] == ["PD", "PR", "PD"]
    assert "68Ga-DOTATATE" in scans["hovertext"][2] and "18F-FDG" in scans["hovertext"][2]


def test_no_point_has_an_empty_text(history: PatientHistory):
    # plotly would take its element away, and the next patient's words in its place would be missing
    worded = [trace for trace in draw(history)["data"] if "text" in trace.get("mode", "")]
    assert any("\u00a0" in trace["text"] for trace in worded)
    assert all(text for trace in worded for text in trace["text"])


def test_a_confounder_is_hatched(history: PatientHistory):
    assert named(draw(history), "Concomitant: PPI")["fillpattern"]["shape"] == "/"


def test_the_time_after_a_cycle_is_tinted_and_explained(history: PatientHistory):
    tints = draw(history)["layout"]["shapes"]
    assert tints and tints[0]["yref"] == "y domain" and "transient" in tints[0]["name"]


def test_a_marker_never_measured_is_said_where_it_would_stand(history: PatientHistory):
    told = answer_patient(make_study(crowd=0), "EDGE", "NSE")
    assert isinstance(told, PatientHistory)
    assert draw(told)["layout"]["annotations"][0]["text"] == "No value of Neuron-specific enolase"
    assert draw(history)["layout"]["annotations"] == []


def test_the_calendar_shows_days_and_keeps_every_mark(history: PatientHistory):
    months, days = draw(history), draw(history, calendar=True)
    assert days["layout"]["xaxis"]["type"] == "date"
    assert len(months["data"]) == len(days["data"])
    assert named(days, "assay B")["x"] == ["2025-01-10", "2025-04-10", "2025-07-10"]


def test_months_count_from_the_first_cycle(history: PatientHistory):
    place = named(draw(history), "assay B")["x"][0]
    assert place == (date(2025, 1, 10) - date(2022, 1, 15)).days / 30.4375


def test_the_stops_for_the_keyboard_are_the_values_in_order(history: PatientHistory):
    stops = draw(history)["layout"]["meta"]["values"]
    assert len(stops) == 12
    assert stops[4]["words"].startswith("2022-09-15; <20 ng/mL; <0.24 × ULN (85); assay A")
    assert [stop["x"] for stop in stops] == sorted(stop["x"] for stop in stops)


def test_a_figure_is_plain_values_that_json_can_hold(history: PatientHistory):
    assert json.loads(json.dumps(draw(history)))["layout"]["meta"]["values"]
