"""Complete lines beside imputation: what is missing is counted, and both answers stand side by side."""

from __future__ import annotations

import math

import pytest

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.marker_results import ImputationResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from tests.questions.conftest import HandMadeStudy


@pytest.fixture
def gappy(by_hand: HandMadeStudy) -> HandMadeStudy:
    """160 people; a higher Ki-67 goes with an earlier event, and every fourth Ki-67 is missing."""
    for pid in range(160):
        ki67 = 2.0 + pid * 37 % 20
        wobble = math.sin(12.9898 * pid)
        days = round(900 * math.exp(-0.06 * ki67 + 0.5 * wobble))
        known = {} if pid % 4 == 0 else {"ki67_pct": ki67}
        by_hand.line(pid, treatment="SSA" if pid % 2 else "PRRT", age_years=40 + pid % 30, **known)
        by_hand.time(pid, days, happened=pid % 5 != 0)
    return by_hand


def ask(study: HandMadeStudy, **options: object) -> Answer | Refusal:
    asked = {"by": "none", "covariates": ("ki67_pct", "age_years"), "n_imputations": 5} | options
    return answer(study.build(), Question(kind="imputation", **asked))


def answered(study: HandMadeStudy, **options: object) -> tuple[Answer, ImputationResult]:
    given = ask(study, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, ImputationResult)
    return given, given.result


def test_what_is_missing_is_told_for_each_variable(gappy: HandMadeStudy) -> None:
    given, result = answered(gappy)
    assert {item.variable: item.n_lines for item in result.missing} == {"ki67_pct": 40, "age_years": 0}
    assert (result.n_lines, result.n_complete) == (160, 120)
    assert given.summary[0] == "Missing: ki67_pct in 40 lines; 120 of 160 lines complete."


def test_the_complete_lines_give_the_regression_of_them(gappy: HandMadeStudy) -> None:
    _, result = answered(gappy)
    straight = Question(
        kind="regression", by="none", covariates=("ki67_pct", "age_years"), linear=("ki67_pct", "age_years")
    )
    plain = answer(gappy.build(), straight)
    assert isinstance(plain, Answer)
    assert isinstance(plain.result, ModelResult)
    assert not isinstance(result.complete, Refusal)
    assert [term.ratio for term in result.complete] == [term.ratio for term in plain.result.fit.terms]


def test_imputation_repeats_with_its_seed_and_carries_more_doubt_than_all_lines_would(gappy: HandMadeStudy) -> None:
    _, first = answered(gappy, n_imputations=20)
    _, again = answered(gappy, n_imputations=20)
    _, other = answered(gappy, n_imputations=20, seed=2)
    assert first.pooled == again.pooled
    assert first.pooled != other.pooled
    assert not isinstance(first.pooled, Refusal)
    ki67, _ = first.pooled
    assert ki67.ratio.value is not None
    assert ki67.ratio.value > 1.04
    lost = dict(zip(("ki67_pct", "age_years"), first.missing_share, strict=True))
    assert lost["ki67_pct"] > lost["age_years"] >= 0


def test_both_ratios_stand_in_one_sentence(gappy: HandMadeStudy) -> None:
    given, _ = answered(gappy)
    sentence = next(line for line in given.summary if line.startswith("ki67_pct, per"))
    assert "complete lines" in sentence
    assert "imputed" in sentence
    assert any("Rubin's rules" in note for note in given.notes)


def test_a_category_with_gaps_is_imputed_by_its_levels(gappy: HandMadeStudy) -> None:
    for place, row in enumerate(gappy.rows["lines"]):
        row["grade"] = None if place % 5 == 0 else ("G1", "G2")[place % 2]
    _, result = answered(gappy, covariates=("grade", "ki67_pct"))
    assert [column.name for column in result.columns] == ["grade: G2", "ki67_pct"]
    assert not isinstance(result.pooled, Refusal)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"covariates": ("age_years",)}, "nothing_missing"),
        ({"strata": ("grade",)}, "cox_only"),
        ({"model": "weibull"}, "cox_only"),
        ({"covariates": ("n_cycles",)}, "covariate_after_time_zero"),
    ],
)
def test_refusals(options: dict[str, object], code: str, gappy: HandMadeStudy) -> None:
    given = ask(gappy, **options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_a_variable_that_is_mostly_missing_is_not_imputed(gappy: HandMadeStudy) -> None:
    for row in gappy.rows["lines"][:110]:
        row.pop("ki67_pct", None)
    _, result = answered(gappy)
    assert isinstance(result.pooled, Refusal)
    assert result.pooled.code == "mostly_missing"
    assert not isinstance(result.complete, Refusal)


def test_few_events_for_the_parameters_are_refused_in_both(gappy: HandMadeStudy) -> None:
    given = answer(
        gappy.build(Settings(min_events_per_parameter=200)),
        Question(kind="imputation", by="none", covariates=("ki67_pct",), n_imputations=2),
    )
    assert isinstance(given, Refusal)


def test_the_safe_form_is_rounded_and_counts_no_few(gappy: HandMadeStudy) -> None:
    given, exact = answered(gappy)
    safe = make_safe(given, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ImputationResult)
    assert not isinstance(safe.result.pooled, Refusal)
    assert not isinstance(exact.pooled, Refusal)
    shown, value = safe.result.pooled[0].ratio.value, exact.pooled[0].ratio.value
    assert shown is not None
    assert value is not None
    assert shown == float(f"{value:.2g}")
    assert safe.subjects.is_empty()
    for row in gappy.rows["lines"]:
        if row["pid"] % 4 == 0 and row["pid"] > 8:
            row["ki67_pct"] = 7.0
    few, _ = answered(gappy)
    hidden = make_safe(few, 5)
    assert isinstance(hidden, Answer)
    assert isinstance(hidden.result, ImputationResult)
    assert hidden.result.n_complete is None
    assert hidden.result.missing[0].n_lines is None
