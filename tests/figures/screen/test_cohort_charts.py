"""Bands, response and waterfall hold the numbers of their results, and hide nobody."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.variation import REFERENCE_CHANGE_BY_ANALYTE
from analytics.figures.screen.chart import CONFIG
from analytics.figures.screen.look import DARK, LIGHT, Look
from analytics.figures.screen.response import draw_response
from analytics.figures.screen.trajectory import BANDS_UP_TO, draw_trajectory
from analytics.figures.screen.waterfall import TALLEST_PCT, draw_waterfall
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.response_results import ResponseGroup, ResponseResult
from analytics.tables.results import Estimate

NONE = Estimate(None, None, None, "share")
READABLE_RATIO = 3.0
"""WCAG 2.2, 1.4.11: graphical parts against their ground."""
BANDS = pl.DataFrame(
    {
        "group": ["PRRT"] * 3,
        "window": ["baseline", "month 3", "month 6"],
        "from_day": [-90, 46, 137],
        "to_day": [1, 136, 228],
        "mid_months": [0.0, 3.0, 6.0],
        "n_lines": [20, 12, 4],
        "q10": [1.0, 0.5, None],
        "q25": [2.0, 1.0, None],
        "median": [4.0, 2.0, None],
        "q75": [8.0, 4.0, None],
        "q90": [16.0, 9.0, None],
    }
)


def make_response(changes: list[tuple[float, bool]], n_not_evaluable: int = 3) -> ResponseResult:
    n = len(changes)
    group = ResponseGroup("PRRT", n + n_not_evaluable, n, n_not_evaluable, 1, 1, NONE, NONE, NONE)
    best = pl.DataFrame(
        {
            "line_key": [f"k{place}" for place in range(n)],
            "group": ["PRRT"] * n,
            "best_change_pct": [change for change, _ in changes],
            "is_bound": [bound for _, bound in changes],
            "responded": [change <= -50 for change, _ in changes],
        }
    )
    return ResponseResult("CGA", "ELECT50", (group,), (("PRRT", "no baseline value", n_not_evaluable),), best, ())


def named(figure: dict, name: str) -> dict:
    return next(trace for trace in figure["data"] if trace["name"] == name)


def test_bands_hold_the_quantiles_and_stop_below_the_floor():
    figure = draw_trajectory(TrajectoryResult("CGA", BANDS, 5, ()), LIGHT)
    assert named(figure, "PRRT")["y"] == [4.0, 2.0]
    for quantile in ("q10", "q25", "q75", "q90"):
        assert named(figure, f"PRRT {quantile}")["y"] == BANDS[quantile].to_list()[:2]


@pytest.mark.parametrize("n_groups", [BANDS_UP_TO, BANDS_UP_TO + 1])
def test_many_groups_keep_their_medians_only(n_groups: int):
    many = pl.concat([BANDS.with_columns(group=pl.lit(f"group {place}")) for place in range(n_groups)])
    names = [trace["name"] for trace in draw_trajectory(TrajectoryResult("CGA", many, 5, ()), LIGHT)["data"]]
    assert "group 0" in names and "group 0 n" in names
    assert ("group 0 q25" in names) == ("group 0 q10" in names) == (n_groups <= BANDS_UP_TO)


def test_every_window_shows_its_n_also_where_nothing_is_drawn():
    counts = named(draw_trajectory(TrajectoryResult("CGA", BANDS, 5, ()), LIGHT), "PRRT n")
    assert counts["text"] == ["20", "12", "4"] and counts["yaxis"] == "y2"


def test_the_limit_of_normal_and_its_label_stand_at_one():
    figure = draw_trajectory(TrajectoryResult("CGA", BANDS, 5, ()), LIGHT)
    assert named(figure, "ULN")["y"] == [1, 1] and named(figure, "ULN label")["y"] == [1]
    assert "log scale" in figure["layout"]["yaxis"]["title"]["text"]


def test_a_response_bar_is_everybody():
    figure = draw_response(make_response([(-60, False), (-10, False)]), LIGHT)
    assert [named(figure, part)["x"] for part in ("responded", "did not respond", "not evaluable")] == [[1], [1], [3]]


def test_a_withheld_count_draws_nothing():
    result = make_response([(-60, False)])
    masked = ResponseGroup("PRRT", None, None, None, None, None, NONE, NONE, NONE)
    figure = draw_response(ResponseResult("CGA", "ELECT50", (masked,), (), result.best_changes, ()), LIGHT)
    assert all(trace["x"] == [None] and trace["text"] == [""] for trace in figure["data"])


def test_the_waterfall_falls_from_left_to_right_and_hatches_the_bounds():
    figure = draw_waterfall(make_response([(-60, False), (30, False), (-95, True)]), None, LIGHT)
    assert named(figure, "PRRT")["y"] == [30, -60]
    bound = named(figure, "PRRT, at a quantitation limit")
    assert bound["y"] == [-95] and bound["x"] == [3] and bound["marker"]["pattern"]["shape"] == "/"


def test_a_tall_rise_is_cut_marked_and_still_told():
    figure = draw_waterfall(make_response([(900, False)]), None, LIGHT)
    assert named(figure, "PRRT")["y"] == [TALLEST_PCT] and named(figure, "PRRT")["customdata"] == [900]
    assert named(figure, "rise beyond 150 %")["x"] == [1]


def test_noise_lines_stand_where_the_catalogue_says():
    figure = draw_waterfall(make_response([(-60, False)]), REFERENCE_CHANGE_BY_ANALYTE["CGA"], LIGHT)
    assert named(figure, "+62 %: noise up to here")["y"] == [62, 62]
    assert named(figure, "−38 %: noise down to here")["y"] == [-38, -38]


def test_nothing_of_a_chart_may_leave_the_browser():
    assert CONFIG["showSendToCloud"] is False and CONFIG["plotlyServerURL"] == "" and not CONFIG["showLink"]


def luminance(red: float, green: float, blue: float) -> float:
    parts = [value / 255 for value in (red, green, blue)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_series_can_be_seen_on_its_ground():
    def ratio(look: Look, colour: tuple[int, int, int]) -> float:
        ground = [int(look.ground[at : at + 2], 16) for at in (1, 3, 5)]
        bright, dim = sorted((luminance(*colour), luminance(*ground)), reverse=True)
        return (bright + 0.05) / (dim + 0.05)

    for look in (LIGHT, DARK):
        assert [colour for colour in look.series if ratio(look, colour) < READABLE_RATIO] == []
