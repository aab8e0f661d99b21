"""Printed figures of models: every ratio in words, limits cut with a sign, counts that are the table's."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from analytics.figures.paper.changing_effects import say_test
from analytics.figures.paper.effect_curve import draw_effect_curves
from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest
from analytics.figures.paper.incidence import count_at_rows, count_before, draw_incidence
from analytics.figures.paper.ink import render_figure
from analytics.figures.paper.intervals import draw_intervals
from analytics.figures.paper.means import draw_means, say_mean
from analytics.figures.paper.survival import SurvivalWords
from analytics.tables.comparison_results import MeanSurvivalResult
from analytics.tables.competing_results import (
    CompetingRisksResult,
    CumulativeIncidence,
    IncidenceGroup,
    IntervalGroup,
    IntervalSurvivalResult,
)
from analytics.tables.regression_results import EffectCurve
from analytics.tables.results import Estimate, Method, TestResult
from analytics.tables.survival_results import IntervalCurve, RestrictedMeanResult, SurvivalCurve

MONTH = 30.4375
METHOD = Method("by hand", "by hand", "lutetia", "0")
WORDS = SurvivalWords("Progression-free survival", "the first administration", "A caption.")
FOREST = ForestWords("events / lines", "Hazard ratio (log)", "lower", "higher", "A caption.")


def texts_of(svg: bytes) -> list[str]:
    return [unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())]


@pytest.fixture
def incidence() -> IncidenceGroup:
    """Ten lines: progression at months 6 and 12, death at month 12, the rest censored at month 18."""
    time = np.array([0, round(6 * MONTH), round(12 * MONTH), round(18 * MONTH)])
    at_risk = np.array([10, 10, 9, 7])

    def curve(cause: int, events: list[int]) -> CumulativeIncidence:
        share = np.cumsum(np.array(events)) / 10
        return CumulativeIncidence(
            "SSA", cause, time, at_risk, np.array(events), share, share * 0, share, share, METHOD
        )  # fmt: skip

    return IncidenceGroup("SSA", 10, 10, (curve(1, [0, 1, 1, 0]), curve(2, [0, 0, 1, 0])), ())


def test_counts_stand_just_before_each_month(incidence: IncidenceGroup) -> None:
    assert count_before(incidence, [0, 6, 13, 24]) == [[10, 10, 7, 0], [0, 0, 2, 2], [0, 0, 1, 1]]


def test_counts_of_a_coarse_table_stand_after_its_rows_and_end_unknown(incidence: IncidenceGroup) -> None:
    assert count_at_rows(incidence, [0, 6, 18]) == [[10, 9, None], [0, 1, 2], [0, 0, 1]]


@pytest.mark.parametrize("is_coarse", [False, True])
def test_incidence_names_every_cause_and_group(incidence: IncidenceGroup, is_coarse: bool) -> None:
    causes = ("progression", "death")
    result = CompetingRisksResult("PFS", "default", causes, (incidence,), None, (), None, None, ())
    texts = texts_of(render_figure(lambda: draw_incidence(result, WORDS, is_coarse=is_coarse))["svg"])
    assert {"SSA: progression", "SSA: death", "At risk", "Progression", "Death"} <= set(texts)
    assert ("Month" in texts) == is_coarse


def test_a_forest_says_each_ratio_and_each_reason() -> None:
    rows = [
        ForestRow("Grade", is_heading=True),
        ForestRow("G1", "5 / 10", "reference", is_reference=True),
        ForestRow("G2", "8 / 10", "1.50 (0.80 to 2.80)", 1.5, 0.8, 2.8),
        ForestRow("G3", "2 / 3", "not given"),
    ]
    texts = texts_of(render_figure(lambda: draw_forest(rows, FOREST))["svg"])
    for words in ("Grade", "reference", "1.50 (0.80 to 2.80)", "not given", "8 / 10", "← lower", "higher →"):
        assert words in texts


def test_limits_beyond_the_axis_are_cut_with_an_arrow() -> None:
    figure = draw_forest([ForestRow("wide", ratio=3.0, low=0.001, high=4000.0)], FOREST)
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert (low, high) == pytest.approx((1 / 30, 30))
    assert {line.get_marker() for line in axes.lines} >= {"<", ">"}


def test_the_reference_of_a_curve_is_where_it_is_1() -> None:
    value = np.linspace(-1, 3, 9)
    curve = EffectCurve("cga", "CgA", "log2", value, 2.0**value, 2.0 ** (value - 1), 2.0 ** (value + 1), 0.0)
    texts = texts_of(render_figure(lambda: draw_effect_curves([curve], "hazard ratio", "A caption."))["svg"])
    assert "CgA (log2)" in texts
    assert "CgA, reference 0" in texts
    assert "Hazard ratio (log)" in texts


def test_intervals_show_both_ways_of_dating() -> None:
    curve = IntervalCurve(
        "SSA", np.array([91.0, 200.0]), np.array([181.0, np.inf]), np.array([0.5, 0.5]), np.array([0.5, np.nan]),
        0.0, 4, 2, METHOD,
    )  # fmt: skip
    time = np.array([0, 181, 400])
    steps = SurvivalCurve(
        "SSA", time, np.array([4, 4, 2]), np.array([0, 2, 0]), np.array([0, 0, 2]), np.array([4, 0, 0]),
        np.array([1, 0.5, 0.5]), np.zeros(3), np.zeros(3), np.ones(3),
    )  # fmt: skip
    unknown = Estimate(None, None, None, "days")
    group = IntervalGroup("SSA", 4, 4, 2, 0, 90.0, curve, (91.0, 181.0), steps, unknown, ())
    result = IntervalSurvivalResult("PFS", "default", (group,), ())
    texts = texts_of(render_figure(lambda: draw_intervals(result, WORDS))["svg"])
    assert {"by detection", "by intervals (Turnbull)", "SSA, n = 4"} <= set(texts)


def test_a_restricted_mean_is_said_in_its_area() -> None:
    mean = Estimate(20 * MONTH, 15 * MONTH, 25 * MONTH, "days")
    time = np.array([0, 300, 900])
    steps = SurvivalCurve(
        "SSA", time, np.array([2, 2, 1]), np.array([0, 1, 0]), np.array([0, 0, 1]), np.array([2, 0, 0]),
        np.array([1, 0.5, 0.5]), np.zeros(3), np.zeros(3), np.ones(3),
    )  # fmt: skip
    means = RestrictedMeanResult(800, (("SSA", mean),), (), METHOD)
    result = MeanSurvivalResult("PFS", "default", means, (steps,), (("SSA", 2, 1),), (), (), ())
    assert say_mean(mean) == "20.0 months (15.0 to 25.0)"
    assert say_mean(mean) in texts_of(render_figure(lambda: draw_means(result, WORDS))["svg"])


def test_a_term_without_a_test_says_its_name_alone() -> None:
    assert say_test("grade: G2", None) == "grade: G2"
    assert say_test("grade: G2", TestResult("grade: G2", 4.0, 1, 0.0455, METHOD)) == "grade: G2: p = 0.045"
