"""Between two visits: intervals derived by hand, and the shift against the day of detection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.competing_results import IntervalSurvivalResult
from analytics.tables.hazard_results import ParametricResult
from analytics.tables.results import Refusal, TestResult
from tests.questions.conftest import START, HandMadeStudy


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="interval_censored", **options))


def result_of(given: Answer | Refusal) -> IntervalSurvivalResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, IntervalSurvivalResult)
    return given.result


def seen(study: HandMadeStudy, pid: int, after: int | None, until: int, line_no: int = 1) -> None:
    """A progression after day ``after`` (date − start + 1; ``None``: no visit before) and not after day ``until``."""
    study.line(pid, line_no).time(
        pid,
        until,
        happened=True,
        line_no=line_no,
        reason="progression",
        last_negative_date=None if after is None else START + timedelta(days=after - 1),
        first_positive_date=START + timedelta(days=until - 1),
    )


@pytest.fixture
def visits(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Forty people seen every 180 days, progressing between visits; every fifth dies on a known day."""
    for pid in range(40):
        if pid % 5 == 4:
            seen(by_hand, pid, 100 + 10 * pid, 100 + 10 * pid)
        else:
            visit = 180 * (1 + pid % 6)
            seen(by_hand, pid, visit - 179 if visit > 180 else None, visit + 1)
    return by_hand


def test_intervals_by_hand(by_hand: HandMadeStudy) -> None:
    seen(by_hand, 1, 91, 181)
    seen(by_hand, 2, None, 90)
    seen(by_hand, 3, 200, 200)
    by_hand.line(4).time(4, 300, happened=False)
    given = ask(by_hand, by="none")
    assert isinstance(given, Answer)
    assert given.subjects.select("pid", "low", "high").rows() == [
        (1, 91, 181), (2, 0, 90), (3, 200, 200), (4, 300, None)
    ]  # fmt: skip


def test_three_progressions_in_one_interval_put_the_median_in_it(by_hand: HandMadeStudy) -> None:
    """All between days 91 and 181: detection says 181, the intervals say only where it lies."""
    for pid in range(3):
        seen(by_hand, pid, 91, 181)
    given = ask(by_hand, by="none")
    (group,) = result_of(given).groups
    assert group.median == (91.0, 181.0)
    assert group.detection_median.value == 181
    assert isinstance(given, Answer)
    assert any("between 0.0 and 3.0 months later" in sentence for sentence in given.summary)


def test_known_days_are_told_from_intervals(visits: HandMadeStudy) -> None:
    (group,) = result_of(ask(visits, by="none")).groups
    assert (group.n_events, group.n_exact) == (40, 8)


def test_three_models_are_fitted_unless_one_is_named(visits: HandMadeStudy) -> None:
    (group,) = result_of(ask(visits, by="none")).groups
    assert [model.family for model in group.models] == ["weibull", "log-normal", "spline"]
    assert all(isinstance(model.fit, ParametricResult) for model in group.models)
    (named,) = result_of(ask(visits, by="none", model="log-logistic")).groups
    assert [model.family for model in named.models] == ["log-logistic"]


def test_what_lies_beyond_follow_up_is_marked(visits: HandMadeStudy) -> None:
    (group,) = result_of(ask(visits, by="none")).groups
    for model in group.models:
        assert model.curve is not None
        assert model.curve.is_extrapolated.any()
        assert not model.curve.is_extrapolated[0]


def test_several_lines_a_person_refuse_the_models_and_keep_turnbull(visits: HandMadeStudy) -> None:
    seen(visits, 0, 91, 181, line_no=2)
    (group,) = result_of(ask(visits, by="none")).groups
    assert group.curve is not None
    assert all(isinstance(model.fit, Refusal) for model in group.models)
    (first,) = result_of(ask(visits, by="none", selection=Selection(choose="first_line"))).groups
    assert all(isinstance(model.fit, ParametricResult) for model in first.models)


def test_an_interval_that_ends_before_it_begins_is_refused(visits: HandMadeStudy) -> None:
    seen(visits, 99, 400, 200)
    given = ask(visits, by="none")
    assert isinstance(given, Refusal)
    assert given.code == "impossible_interval"


def test_limits_say_how_late_detection_is(visits: HandMadeStudy) -> None:
    given = ask(visits, by="none")
    (group,) = result_of(given).groups
    assert group.limits is not None
    shift = group.limits.shift
    assert shift.low is not None
    assert shift.high is not None
    assert 0 <= shift.low <= shift.high <= 181
    assert isinstance(given, Answer)
    assert any("months later (95 % limits" in sentence for sentence in given.summary)
    (without,) = result_of(ask(visits, by="none", n_resamples=0)).groups
    assert without.limits is None


def test_the_seed_is_the_question_s(visits: HandMadeStudy) -> None:
    one, same, other = (result_of(ask(visits, by="none", seed=seed)).groups[0].limits for seed in (1, 1, 2))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.shift == same.shift
    assert (one.low != other.low).any()


@pytest.fixture
def compared(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Eighty people seen every 120 days; those under PRRT progress twice as late; every eighth never does."""
    for pid in range(80):
        is_prrt = pid % 2 == 1
        visit = 120 * (1 + (pid // 2) % (9 if is_prrt else 4))
        treatment, grade = ("PRRT" if is_prrt else "SSA"), f"G{1 + pid // 4 % 2}"
        by_hand.line(pid, treatment=treatment, grade=grade, prior_lines=pid % 3)
        if pid % 8 == 7:
            by_hand.time(pid, visit, happened=False)
            continue
        by_hand.time(
            pid, visit + 1, happened=True, reason="progression",
            last_negative_date=None if visit == 120 else START + timedelta(days=visit - 120),
            first_positive_date=START + timedelta(days=visit),
        )  # fmt: skip
    return by_hand


def test_groups_are_compared_by_a_test_and_by_models_with_covariates(compared: HandMadeStudy) -> None:
    given = ask(compared, covariates=("prior_lines",))
    result = result_of(given)
    assert isinstance(result.test, TestResult)
    assert result.test.p_value < 0.01
    assert [column.name for column in result.columns] == ["treatment: PRRT", "prior_lines"]
    ratios = {}
    for model in result.regressions:
        assert isinstance(model.fit, ParametricResult), model
        ratios[model.family, model.ratio] = model.fit.terms[0].ratio.value
    assert ratios["weibull", "time ratio"] > 1.3
    assert ratios["log-normal", "time ratio"] > 1.3
    assert ratios["spline", "hazard ratio"] < 0.8
    assert isinstance(given, Answer)
    assert any("weibull model of intervals, treatment, PRRT against SSA: time ratio" in line for line in given.summary)


def test_several_lines_a_person_refuse_the_models_of_everybody_and_keep_the_test(compared: HandMadeStudy) -> None:
    compared.line(0, line_no=2, treatment="PRRT").time(
        0, 200, happened=True, line_no=2, first_positive_date=START + timedelta(days=199)
    )
    result = result_of(ask(compared))
    assert isinstance(result.test, TestResult)
    assert dict(result.test.method.options)["errors"] == "sums of squares by patient"
    assert all(isinstance(model.fit, Refusal) for model in result.regressions)


@pytest.mark.parametrize("level", ["full", "safe"])
def test_the_comparison_leaves_at_both_levels(compared: HandMadeStudy, tmp_path: Path, level: str) -> None:
    given = ask(compared)
    assert isinstance(given, Answer)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    write_answer(given, tmp_path / "out", level, call="", now=now)
    coefficients = pl.read_csv(tmp_path / "out" / "interval_coefficients.csv")
    assert coefficients["family"].to_list() == ["weibull", "log-normal", "spline"]
    medians = pl.read_csv(tmp_path / "out" / "interval_medians.csv")
    assert ("detection later by" in medians["way"].to_list()) == (level == "full")
    if level == "safe":
        ratio = float(coefficients["ratio"][0])
        assert ratio == float(f"{ratio:.2g}")


def test_a_spline_s_median_is_where_its_curve_is_one_half(visits: HandMadeStudy) -> None:
    (group,) = result_of(ask(visits, by="none", model="spline")).groups
    (model,) = group.models
    assert model.curve is not None
    assert model.median is not None
    assert model.median.value is not None
    assert np.interp(model.median.value, model.curve.days, model.curve.survival) == pytest.approx(0.5, abs=0.01)
    assert model.median.low is not None
    assert model.median.low < model.median.value
