"""Data that cannot answer: every question about times ends in words with a remedy, never in a warning and a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy

KINDS = ("survival", "comparison", "regression", "competing_risks", "interval_censored", "subgroups", "sensitivity")
MODELS = ("regression", "competing_risks", "interval_censored", "subgroups", "sensitivity")


def people(study: HandMadeStudy, n: int, changes: Callable[[int], dict[str, Any]] = lambda _: {}) -> HandMadeStudy:
    """``n`` people with everything known, in two groups and two grades; ``changes`` names what is otherwise."""
    for pid in range(n):
        known: dict[str, Any] = {
            "treatment": "PRRT" if pid % 2 else "SSA", "grade": f"G{1 + pid // 2 % 2}",
            "age_years": 40.0 + (7 * pid) % 31,
            "prior_lines": pid % 4, "days": 60 + (97 * pid) % 800, "happened": pid % 5 != 0,
        } | changes(pid)  # fmt: skip
        days, happened = known.pop("days"), known.pop("happened")
        study.line(pid, **known).time(
            pid, days, happened,
            reason=("death" if pid % 3 == 0 else "progression") if happened else "last adequate scan",
            first_positive_date=None, last_negative_date=START + timedelta(days=max(0, days - 40)),
        )  # fmt: skip
    return study


def ask(study: HandMadeStudy, kind: str, **options: object) -> Answer | Refusal:
    asked = {"subgroups": ("grade",), "n_resamples": 20} | options
    return answer(study.build(), Question(kind=kind, **asked))


def refusals_in(found: object) -> Iterator[Refusal]:
    """Every refusal within a result."""
    if isinstance(found, Refusal):
        yield found
    elif is_dataclass(found):
        for entry in fields(found):
            yield from refusals_in(getattr(found, entry.name))
    elif isinstance(found, tuple):
        for part in found:
            yield from refusals_in(part)


CASES: dict[str, tuple[Callable[[HandMadeStudy], HandMadeStudy], tuple[str, ...], dict[str, object]]] = {
    "nobody": (lambda study: study, KINDS, {}),
    "no events": (lambda study: people(study, 40, lambda _: {"happened": False}), KINDS, {}),
    "one event": (lambda study: people(study, 40, lambda pid: {"happened": pid == 7}), KINDS, {}),
    "three patients": (lambda study: people(study, 3), KINDS, {}),
    "one group": (lambda study: people(study, 40, lambda _: {"treatment": "SSA"}), MODELS, {}),
    "events in one group only": (
        lambda study: people(study, 40, lambda pid: {"happened": pid % 2 == 0}), ("survival", *MODELS), {},
    ),
    "negative time": (lambda study: people(study, 40, lambda pid: {"days": -3 if pid == 5 else 100 + pid}), KINDS, {}),
    "day zero": (lambda study: people(study, 40, lambda pid: {"days": 0 if pid == 5 else 100 + pid}), KINDS, {}),
    "constant covariate": (
        lambda study: people(study, 60, lambda _: {"prior_lines": 2}), MODELS, {"covariates": ("prior_lines",)},
    ),
    "collinear covariates": (
        lambda study: people(study, 60, lambda pid: {"age_years": float(pid % 7), "prior_lines": pid % 7}),
        MODELS, {"covariates": ("age_years", "prior_lines"), "linear": ("age_years",)},
    ),
    "infinite covariate": (
        lambda study: people(study, 60, lambda pid: {"age_years": float("inf") if pid == 3 else 50.0 + pid}),
        MODELS, {"covariates": ("age_years",), "linear": ("age_years",)},
    ),
    "covariate never known": (
        lambda study: people(study, 60, lambda _: {"age_years": None}), MODELS, {"covariates": ("age_years",)},
    ),
    "a covariate for every patient": (
        lambda study: people(study, 24, lambda pid: {"age_years": float(pid)}), MODELS,
        {"covariates": ("age_years",), "spline_df": 6},
    ),
    "one group fails before the other": (
        lambda study: people(study, 40, lambda pid: {"happened": True, "days": 100 + pid + 400 * (pid % 2)}),
        ("regression", "sensitivity", "competing_risks"), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("case", "kind"), [(case, kind) for case, (_, kinds, _) in CASES.items() for kind in kinds])
def test_it_ends_in_words(by_hand: HandMadeStudy, capfd: pytest.CaptureFixture[str], case: str, kind: str) -> None:
    made, _, options = CASES[case]
    given = ask(made(by_hand), kind, **options)
    said = list(refusals_in(given.result if isinstance(given, Answer) else given))
    assert said, given
    for refusal in said:
        assert refusal.code
        assert refusal.sentence.endswith(".")
        assert refusal.remedy.endswith(".")
    if isinstance(given, Answer):
        assert all(any(refusal.sentence in line for line in (*given.summary, *given.notes)) for refusal in said)
    assert capfd.readouterr().err == ""


def test_a_comparison_names_the_group_it_leaves_out(by_hand: HandMadeStudy) -> None:
    given = ask(people(by_hand, 40, lambda pid: {"happened": pid % 2 == 0}), "comparison")
    assert isinstance(given, Answer)
    assert any("Left out: PRRT: too few people or events" in note for note in given.notes)


def test_with_enough_of_everything_nothing_is_refused(by_hand: HandMadeStudy) -> None:
    """The same people without a fault: otherwise the cases above would prove nothing."""
    people(by_hand, 60)
    for kind in KINDS:
        given = ask(by_hand, kind, covariates=("age_years",) if kind in MODELS else (), linear=("age_years",))
        assert isinstance(given, Answer), (kind, given)
        assert list(refusals_in(given.result)) == []
