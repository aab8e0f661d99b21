"""The charts of a regression hold its own numbers, mark what is the model's word alone, and are plotly's."""

from __future__ import annotations

import base64

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest

from analytics import api
from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.look import DARK, LIGHT
from analytics.figures.screen.model import draw_model_charts
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.regression_results import ModelResult
from tests.questions.conftest import HandMadeStudy

SINGLE_PRECISION = 1e-5
"""Traces are sent as four-byte numbers: about seven digits."""


def fit(**options: object) -> ModelResult:
    """Eighty people, two treatments, lines before; PRRT works."""
    stream = np.random.default_rng(4)
    study = HandMadeStudy()
    for pid in range(80):
        is_prrt, prior = pid % 2 == 1, pid % 4
        study.line(pid, treatment="PRRT" if is_prrt else "SSA", prior_lines=prior, age_years=40.0 + pid % 31)
        days = stream.exponential((1200 if is_prrt else 600) / (1 + prior))
        study.time(pid, int(np.ceil(days)), happened=pid % 6 != 0)
    asked = {"covariates": ("prior_lines", "age_years"), "n_resamples": 20} | options
    given = answer(study.build(), Question(kind="regression", **asked))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given.result


@pytest.fixture(scope="module")
def cox() -> ModelResult:
    return fit()


def unpack(packed: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")


def trace_of(figure: dict, name: str) -> dict:
    return next(trace for trace in figure["data"] if trace.get("name") == name)


def test_every_part_of_a_cox_model_has_its_chart(cox: ModelResult) -> None:
    names = list(draw_model_charts(cox, LIGHT))
    assert names[:4] == ["forest", "effect of prior_lines", "effect of age_years", "adjusted curves"]
    assert [name for name in names if name.startswith("over time")] == [
        f"over time: {term.name}" for term in cox.fit.terms
    ]


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_plotly_accepts_every_chart(cox: ModelResult, look) -> None:
    for chart in draw_model_charts(cox, look).values():
        go.Figure(chart)


def test_the_forest_stands_at_the_ratios_and_leaves_splines_to_their_curve(cox: ModelResult) -> None:
    chart = draw_model_charts(cox, LIGHT)["forest"]
    ratios = trace_of(chart, "ratios")
    shown = [term for term in cox.fit.terms if "spline" not in term.name]
    assert ratios["x"] == [term.ratio.value for term in shown]
    ends = [value + more for value, more in zip(ratios["x"], ratios["error_x"]["array"], strict=True)]
    assert ends == pytest.approx([term.ratio.high for term in shown])
    assert chart["layout"]["yaxis"]["ticktext"] == ["PRRT against SSA", "Lines before this one, per line"]


def test_an_effect_curve_is_one_at_its_reference(cox: ModelResult) -> None:
    chart = draw_model_charts(cox, LIGHT)["effect of age_years"]
    curve = cox.curves[1]
    assert unpack(trace_of(chart, "hazard ratio")["y"]) == pytest.approx(curve.ratio, rel=SINGLE_PRECISION)
    assert (trace_of(chart, "reference")["x"], trace_of(chart, "reference")["y"]) == ([curve.reference], [1])


def test_a_cox_curve_ends_with_the_data_and_a_parametric_one_is_marked_beyond(cox: ModelResult) -> None:
    within = draw_model_charts(cox, LIGHT)["adjusted curves"]
    assert not any("model alone" in trace.get("name", "") for trace in within["data"])
    weibull = fit(model="weibull")
    beyond = draw_model_charts(weibull, LIGHT)["adjusted curves"]
    alone = trace_of(beyond, "PRRT (40), model alone")
    assert alone["line"]["dash"] == "dot"
    assert unpack(alone["x"])[0] * DAYS_PER_MONTH > weibull.fit.last_day
    assert any(trace.get("text") == ["model, not data"] for trace in beyond["data"])


def test_residuals_of_a_term_stand_at_their_events(cox: ModelResult) -> None:
    chart = draw_model_charts(cox, LIGHT)["over time: treatment: PRRT"]
    residuals = trace_of(chart, "residuals")
    assert cox.proportionality is not None
    assert unpack(residuals["x"]) == pytest.approx(cox.proportionality.time / DAYS_PER_MONTH, rel=SINGLE_PRECISION)
    assert unpack(residuals["y"]) == pytest.approx(cox.proportionality.scaled[:, 0], rel=1e-3, abs=1e-4)


def test_the_notebook_s_door_gives_them(cox: ModelResult) -> None:
    given = Answer(
        question=Question(kind="regression"), result=cox, subjects=pl.DataFrame(), flow=(), summary=(), notes=(),
        study_name="by hand", study_version="v1",
    )  # fmt: skip
    assert list(api.charts(given, "dark")) == list(draw_model_charts(cox, DARK))
