"""Printed figures: the numbers in them are the table's, and the files are what a journal asks for."""

from __future__ import annotations

import re
import struct
from html import unescape

import numpy as np
import polars as pl
import pytest

from analytics.figures.paper.ink import DASHES, colour_of, dash_of, render_figure
from analytics.figures.paper.response import draw_response, say_response
from analytics.figures.paper.risk_rows import counts_shown
from analytics.figures.paper.survival import SurvivalWords, axis_end, draw_survival, say_median
from analytics.figures.paper.trajectory import draw_trajectory
from analytics.figures.paper.waterfall import draw_waterfall
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.response_results import ResponseGroup, ResponseResult
from analytics.tables.results import Estimate
from analytics.tables.risk_table import faded_from
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

WORDS = SurvivalWords("Progression-free survival", "the first administration", "A caption.")
MONTH = 30.4375


def group_of(name: str, events: list[int], censored: list[int], median: float | None) -> GroupSurvival:
    """One group with rows every 100 days, survival by the product-limit rule."""
    n_event, n_censor = np.array([0, *events]), np.array([0, *censored])
    n = int(n_event.sum() + n_censor.sum())
    n_risk = n - np.concatenate(([0], np.cumsum(n_event + n_censor)[:-1]))
    survival = np.cumprod(1 - n_event / n_risk)
    n_enter = np.zeros_like(n_event)
    n_enter[0] = n
    curve = SurvivalCurve(
        name, 100 * np.arange(len(n_event)), n_risk, n_event, n_censor, n_enter,
        survival, np.zeros(len(n_event)), survival * 0.9, np.minimum(1, survival * 1.1),
    )  # fmt: skip
    unknown = Estimate(None, None, None, "days")
    middle = Estimate(median, None if median is None else median - 50, None, "days")
    return GroupSurvival(name, n, n, int(n_event.sum()), curve, middle, (), unknown)


@pytest.fixture
def survival() -> SurvivalResult:
    prrt = group_of("PRRT", [10, 10, 10, 5, 0], [0, 5, 5, 5, 10], 300.0)
    ssa = group_of("SSA", [5, 0, 5, 0, 0], [0, 10, 10, 10, 20], None)
    return SurvivalResult("PFS", "default", (prrt, ssa), None, (), 0, ())


@pytest.fixture
def response() -> ResponseResult:
    share = Estimate(0.4, 0.28, 0.54, "share")
    hidden = Estimate(None, None, None, "share")
    changes = pl.DataFrame(
        {
            "line_key": ["a", "b", "c"],
            "group": ["PRRT"] * 3,
            "best_change_pct": [140.0, -20.0, -80.0],
            "is_bound": [False, False, True],
            "responded": [False, False, True],
        }
    )
    groups = (
        ResponseGroup("PRRT", 56, 50, 6, 20, 12, share, share, share),
        ResponseGroup("SSA", 52, None, None, 7, None, hidden, share, hidden),
        ResponseGroup("targeted", 20, None, None, None, None, hidden, hidden, hidden),
    )
    return ResponseResult("CGA", "ELECT50", groups, (), changes, ())


def texts_of(svg: bytes) -> list[str]:
    return [unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())]


def test_the_numbers_under_the_axis_are_those_of_the_curve(survival: SurvivalResult) -> None:
    # before month 6 (day 182.6) and month 12 (day 365.25): rows at days 100, and 100 to 300
    at_risk, events, censored = counts_shown(survival.groups[0], [0, 6, 12], is_coarse=False)
    assert at_risk == [60, 50, 20]
    assert events == [0, 10, 30]
    assert censored == [0, 0, 10]
    assert [sum(column) for column in zip(at_risk, events, censored, strict=True)] == [60, 60, 60]


def test_the_figure_prints_them_and_says_the_medians(survival: SurvivalResult) -> None:
    texts = texts_of(render_figure(lambda: draw_survival(survival, WORDS))["svg"])
    for words in ("At risk", "Events", "Censored", "Months from the first administration", "A caption."):
        assert words in texts
    assert "Progression-free survival (%)" in texts
    assert any(text.startswith("PRRT (n = 60): median 9.9 months (95 % CI 8.2 to not reached)") for text in texts)
    assert "SSA (n = 60): median not reached" in texts
    first = texts.index("PRRT")
    months = [0, 2, 4, 6, 8, 10, 12, 14, 16]
    shown, _, _ = counts_shown(survival.groups[0], months, is_coarse=False)
    assert texts[first + 1] == "At risk"
    printed = texts[first + 2 : texts.index("Events")]
    assert printed == [str(n) for n in shown[: len(printed)]]
    assert len(printed) >= 5


def test_a_coarse_curve_is_counted_after_its_own_times(survival: SurvivalResult) -> None:
    at_risk, events, censored = counts_shown(survival.groups[0], [0, 3, 7], is_coarse=True)
    assert at_risk == [60, 50, 35]
    assert events == [0, 10, 20]
    assert censored == [0, 0, 5]


def test_the_axis_ends_and_the_curve_fades_where_few_are_at_risk(survival: SurvivalResult) -> None:
    prrt, ssa = survival.groups
    assert faded_from(prrt) == 500.0  # 10 at risk just before day 500
    assert faded_from(ssa) == 500.0
    assert axis_end(survival) == np.ceil(500 / MONTH)
    assert faded_from(group_of("few", [1, 1], [1, 1], None)) == 0.0


def test_survival_is_drawn_from_0_to_100_percent(survival: SurvivalResult) -> None:
    axes = draw_survival(survival, WORDS).axes[0]
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] == pytest.approx(1, abs=0.01)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["0", "25", "50", "75", "100"]


def test_curves_and_counts_share_one_axis(survival: SurvivalResult) -> None:
    curves, counts = draw_survival(survival, WORDS).axes
    assert curves.get_xlim() == counts.get_xlim()
    assert curves.get_position().x0 == counts.get_position().x0


def test_the_drawn_steps_are_the_rows_of_the_curve(survival: SurvivalResult) -> None:
    line = draw_survival(survival, WORDS).axes[0].lines[0]
    curve = survival.groups[0].curve
    shown = curve.time <= faded_from(survival.groups[0])
    assert line.get_drawstyle() == "steps-post"
    assert np.array_equal(line.get_xdata(), curve.time[shown] / MONTH)
    assert np.array_equal(line.get_ydata(), curve.survival[shown])


def test_censoring_marks_are_left_out_of_a_coarse_curve(survival: SurvivalResult) -> None:
    def marks(*, is_coarse: bool) -> int:
        axes = draw_survival(survival, WORDS, is_coarse=is_coarse).axes[0]
        return sum(len(np.atleast_1d(line.get_xdata())) for line in axes.lines if line.get_marker() == "|")

    assert marks(is_coarse=False) == 8
    assert marks(is_coarse=True) == 0


def test_a_median_that_was_not_reached_is_said_so() -> None:
    assert say_median(Estimate(None, None, None, "days")) == "median not reached"
    assert say_median(Estimate(20 * MONTH, None, None, "days")) == "median 20.0 months (limits not estimable)"
    assert say_median(Estimate(None, 20 * MONTH, None, "days")) == "median not reached (lower limit 20.0 months)"


def test_files_are_what_a_journal_asks_for(survival: SurvivalResult) -> None:
    files = render_figure(lambda: draw_survival(survival, WORDS))
    assert b"<text" in files["svg"]
    assert b"/Type3" not in files["pdf"].replace(b" ", b"")
    assert b"/FontFile2" in files["pdf"].replace(b" ", b"")
    per_metre = struct.unpack(">I", files["png"].split(b"pHYs")[1][:4])[0]
    assert round(per_metre * 0.0254) == 600


def test_the_same_result_gives_the_same_bytes(survival: SurvivalResult) -> None:
    once, again = (render_figure(lambda: draw_survival(survival, WORDS)) for _ in range(2))
    assert once == again


def luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance of WCAG 2."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_groups_differ_without_colour_and_stand_out_from_paper() -> None:
    places = range(len(DASHES))
    assert len({str(dash_of(place)) for place in places}) == len(DASHES)
    assert all(1.05 / (luminance(colour_of(place)) + 0.05) >= 3 for place in places)


def test_shares_are_said_with_counts_and_with_the_not_evaluable(response: ResponseResult) -> None:
    said = [say_response(group) for group in response.groups]
    assert said[0] == ("20/50 evaluable = 40.0 % (95 % CI 28.0 to 54.0)", "confirmed 12; not evaluable 6")
    assert said[1] == ("7/52 all = 40.0 % (95 % CI 28.0 to 54.0)", "not evaluable withheld")
    assert said[2] == ("20 lines, responders withheld", "not evaluable withheld")
    figure = draw_response(response, "A caption.")
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([40.0, 40.0])


def test_a_waterfall_is_sorted_and_says_what_it_cut(response: ResponseResult) -> None:
    figure = draw_waterfall(response, "A caption.")
    bars = sorted(figure.axes[0].patches, key=lambda bar: bar.get_x())
    assert [bar.get_height() for bar in bars] == [100.0, -20.0, -80.0]
    assert bars[2].get_hatch()
    texts = texts_of(render_figure(lambda: draw_waterfall(response, "A caption."))["svg"])
    assert "↑140" in texts
    assert "PRRT: 3 lines drawn, evaluable without a percentage 47, not evaluable 6" in texts


def test_bands_print_the_number_sampled_and_the_upper_limit_at_one() -> None:
    bands = pl.DataFrame(
        {
            "group": ["PRRT"] * 3,
            "window": ["baseline", "month 3", "month 6"],
            "from_day": [-90, 46, 137],
            "to_day": [1, 136, 228],
            "mid_months": [0.0, 3.0, 6.0],
            "n_lines": [60, 24, 4],
            "q10": [0.5, 0.4, None],
            "q25": [1.0, 0.9, None],
            "median": [3.0, 2.0, None],
            "q75": [8.0, 5.0, None],
            "q90": [20.0, 9.0, None],
        }
    )
    result = TrajectoryResult("CGA", bands, 5, ())
    texts = texts_of(render_figure(lambda: draw_trajectory(result, "the start", "A caption."))["svg"])
    assert {"n = 60", "24", "4", "ULN", "CGA (× ULN, log)"} <= set(texts)
    axes = draw_trajectory(result, "the start", "A caption.").axes[0]
    label = next(text for text in axes.texts if text.get_text() == "ULN")
    assert label.get_position()[1] == 1
