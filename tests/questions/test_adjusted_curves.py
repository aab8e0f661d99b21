"""The curves of a model of groups: whose they are, how far they go, what is said, and what leaves."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.regression_results import ModelResult
from tests.questions.conftest import HandMadeStudy

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def ask(study: HandMadeStudy, **options: object) -> tuple[Answer, ModelResult]:
    given = answer(study.build(), Question(kind="regression", **options))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given, given.result


@pytest.fixture
def cohort(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Eighty people; PRRT is given to those with more lines before, who progress sooner."""
    stream = np.random.default_rng(2)
    for pid in range(80):
        prior = pid % 4
        treatment = "PRRT" if stream.random() < 0.2 + 0.2 * prior else "SSA"
        by_hand.line(pid, treatment=treatment, prior_lines=prior, sex="F" if pid % 3 else "M")
        by_hand.time(pid, int(np.ceil(stream.exponential(1500 / (1 + prior)))), happened=pid % 7 != 0)
    return by_hand


def test_curves_of_the_groups_start_at_one_and_fall_within_follow_up(cohort: HandMadeStudy) -> None:
    given, model = ask(cohort, covariates=("prior_lines",))
    assert [item.group for item in model.adjusted] == ["SSA", "PRRT"]
    assert sum(item.n_lines for item in model.adjusted) == model.n_lines
    for item in model.adjusted:
        assert (np.diff(item.curve.survival) <= 0).all()
        assert (item.curve.low <= item.curve.high).all()
        assert not item.curve.is_extrapolated.any()
        assert item.curve.days[-1] < max(curve.time[-1] for curve in model.observed)
    assert any(line.startswith("As if all were the same people") for line in given.summary)
    assert {"Direct standardisation", "Percentile bootstrap of adjusted curves"} <= {m.name for m in model.methods}


def test_a_parametric_curve_goes_beyond_follow_up_and_says_so(cohort: HandMadeStudy, tmp_path: Path) -> None:
    given, model = ask(cohort, covariates=("prior_lines",), model="weibull")
    curve = model.adjusted[0].curve
    assert curve.is_extrapolated.any()
    assert not curve.is_extrapolated[0]
    write_answer(given, tmp_path / "out", "full", call="", now=NOW)
    drawn = (tmp_path / "out" / "adjusted_curves.svg").read_text(encoding="utf-8")
    assert "model, not data" in drawn
    assert "the model's word alone" in drawn
    table = pl.read_csv(tmp_path / "out" / "adjusted_curves.csv")
    assert table.filter(pl.col("is_extrapolated")).height > 0


def test_a_cox_curve_is_drawn_within_the_data(cohort: HandMadeStudy, tmp_path: Path) -> None:
    given, _ = ask(cohort, covariates=("prior_lines",), strata=("sex",))
    files = {path.name for path in write_answer(given, tmp_path / "out", "full", call="", now=NOW)}
    assert {"adjusted_curves.svg", "adjusted_curves.csv", "influence.svg", "schoenfeld.svg"} <= files
    assert "model, not data" not in (tmp_path / "out" / "adjusted_curves.svg").read_text(encoding="utf-8")
    codes = re.findall(r">P\d+/1<", (tmp_path / "out" / "influence.svg").read_text(encoding="utf-8"))
    assert len(codes) == 6  # the three lines that move each of two coefficients most


def test_row_level_figures_stay_inside_at_the_safe_level(cohort: HandMadeStudy, tmp_path: Path) -> None:
    given, _ = ask(cohort, covariates=("prior_lines",))
    files = {path.name for path in write_answer(given, tmp_path / "out", "safe", call="", now=NOW)}
    assert not {name for name in files if name.startswith(("adjusted", "influence", "schoenfeld"))}


def test_no_resampling_no_limits_and_no_groups_no_curves(cohort: HandMadeStudy) -> None:
    _, plain = ask(cohort, covariates=("prior_lines",), n_resamples=0)
    assert np.isnan(plain.adjusted[0].curve.low).all()
    _, alone = ask(cohort, by="none", covariates=("prior_lines",))
    assert alone.adjusted == ()
    _, penalised = ask(cohort, model="firth")
    assert penalised.adjusted == ()
