"""Effects that differ by another variable: two models in one, ratios at the reference, curves a level, refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from tests.questions.conftest import HandMadeStudy

SAME_FIT = 1e-8  # two ways to the same maximum of one likelihood
STOPS = 1e-5  # where the maximiser of parametric models ends
PEOPLE = 120


@pytest.fixture
def cohort(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Treatment, grade and number of lines before in all combinations; the treatment works in G1 only."""
    stream = np.random.default_rng(11)
    for place in range(PEOPLE):
        is_prrt, grade, prior = place % 2 == 1, f"G{1 + place // 2 % 2}", float(place % 5)
        rate = (0.4 if is_prrt and grade == "G1" else 1.0) * (1 + 0.3 * prior) / 600
        by_hand.line(
            place, treatment="PRRT" if is_prrt else "SSA", grade=grade, prior_lines=int(prior), age_years=prior
        )
        by_hand.time(place, int(np.ceil(stream.exponential(1 / rate))), happened=place % 6 != 0)
    return by_hand


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    return answer(study.build(), Question(kind="regression", **options))


def model_of(given: Answer | Refusal) -> ModelResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ModelResult)
    return given.result


def coefficient(model: ModelResult, name: str) -> float:
    return next(term.coefficient for term in model.fit.terms if term.name == name)


def test_a_full_interaction_is_two_models_fitted_apart(cohort: HandMadeStudy) -> None:
    """An exponential model has one baseline number a grade, so joined and apart are the same likelihood."""
    apart = [model_of(ask(cohort, selection=Selection(grades=(grade,)), model="exponential")) for grade in ("G1", "G2")]
    joined = model_of(ask(cohort, covariates=("grade",), interactions=("treatment:grade",), model="exponential"))
    in_g1 = coefficient(joined, "treatment: PRRT")
    in_g2 = in_g1 + coefficient(joined, "treatment: PRRT × grade: G2")
    assert in_g1 == pytest.approx(coefficient(apart[0], "treatment: PRRT"), abs=STOPS)
    assert in_g2 == pytest.approx(coefficient(apart[1], "treatment: PRRT"), abs=STOPS)


def test_the_order_of_the_pair_changes_no_number(cohort: HandMadeStudy) -> None:
    one, other = (
        model_of(ask(cohort, covariates=("grade",), interactions=(pair,)))
        for pair in ("treatment:grade", "grade:treatment")
    )
    np.testing.assert_allclose(
        [term.coefficient for term in one.fit.terms], [term.coefficient for term in other.fit.terms], rtol=SAME_FIT
    )


def test_the_ratio_of_the_treatment_is_that_at_the_median_of_a_continuous_variable(cohort: HandMadeStudy) -> None:
    """Shifting the variable by its median by hand gives the same ratio at 0."""
    asked = {"covariates": ("prior_lines",), "interactions": ("treatment:prior_lines",)}
    model = model_of(ask(cohort, **asked))
    for row in cohort.rows["lines"]:
        row["prior_lines"] -= 2  # the median
    shifted = model_of(ask(cohort, **asked))
    assert coefficient(model, "treatment: PRRT") == pytest.approx(coefficient(shifted, "treatment: PRRT"), rel=SAME_FIT)


def test_a_curve_a_level_and_one_test_for_the_whole_interaction(cohort: HandMadeStudy) -> None:
    given = ask(cohort, covariates=("age_years",), interactions=("treatment:age_years",))
    model = model_of(given)
    assert [curve.at for curve in model.curves] == ["treatment: SSA", "treatment: PRRT"]
    tests = {test.name: test.degrees_of_freedom for test in model.variable_tests}
    assert tests["treatment × age_years"] == 3
    assert isinstance(given, Answer)
    assert any(sentence.startswith("Interaction treatment × age_years: p") for sentence in given.summary)
    assert any("at the reference level, or the median" in note for note in given.notes)


def test_each_level_s_curve_is_that_of_a_model_with_the_other_level_as_reference(cohort: HandMadeStudy) -> None:
    asked = {"covariates": ("age_years",), "interactions": ("treatment:age_years",)}
    ssa, prrt = (model_of(ask(cohort, reference=reference, **asked)) for reference in ("SSA", "PRRT"))
    assert prrt.curves[0].at == ssa.curves[1].at == "treatment: PRRT"
    np.testing.assert_allclose(prrt.curves[0].ratio, ssa.curves[1].ratio, rtol=SAME_FIT)
    np.testing.assert_allclose(prrt.curves[0].high, ssa.curves[1].high, rtol=SAME_FIT)


@pytest.mark.parametrize("level", ["full", "safe"])
def test_products_stand_in_the_table_and_the_forest(cohort: HandMadeStudy, tmp_path: Path, level: str) -> None:
    given = ask(cohort, covariates=("grade",), interactions=("treatment:grade",))
    assert isinstance(given, Answer)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    write_answer(given, tmp_path / "out", level, call="", now=now)
    assert "treatment: PRRT × grade: G2" in (tmp_path / "out" / "coefficients.csv").read_text(encoding="utf-8")
    assert "PRRT × G2" in (tmp_path / "out" / "figure.svg").read_text(encoding="utf-8")


REFUSALS = [
    ({"interactions": ("treatment:grade",)}, "unknown_interaction"),
    ({"covariates": ("grade",), "interactions": ("treatment",)}, "unknown_interaction"),
    ({"covariates": ("grade",), "interactions": ("grade:grade",)}, "unknown_interaction"),
]


@pytest.mark.parametrize(("options", "code"), REFUSALS)
def test_a_pair_that_is_none_is_refused(cohort: HandMadeStudy, options: dict[str, object], code: str) -> None:
    given = ask(cohort, **options)
    assert isinstance(given, Refusal)
    assert (given.code, bool(given.remedy)) == (code, True)


def test_a_combination_of_too_few_is_refused_and_named(cohort: HandMadeStudy) -> None:
    for row in cohort.rows["lines"]:
        if row["treatment"] == "PRRT" and row["grade"] == "G2" and row["pid"] > 12:
            row["grade"] = "G1"
    given = ask(cohort, covariates=("grade",), interactions=("treatment:grade",))
    assert isinstance(given, Refusal)
    assert given.code == "small_combination"
    assert "PRRT with grade G2" in given.sentence
