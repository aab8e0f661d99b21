"""Complete lines beside imputation in sentences: what is missing, each ratio both ways, what imputation assumes."""

from __future__ import annotations

from collections.abc import Callable

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.questions.model_wording import say_design, say_ratio
from analytics.questions.question import Question
from analytics.questions.wording import counted, refused
from analytics.tables.marker_results import ImputationResult
from analytics.tables.results import Refusal


def describe_imputation(result: ImputationResult, say: Callable[[float], str] = "{:.2f}".format) -> tuple[str, ...]:
    """Say what is missing, and each ratio both ways; ``say`` writes a ratio."""
    missing = ", ".join(
        f"{item.variable} in {counted(item.n_lines, 'line')}" for item in result.missing if item.n_lines
    )
    complete = (
        "" if result.n_complete is None else f"; {result.n_complete} of {counted(result.n_lines, 'line')} complete"
    )
    sentences = [f"Missing: {missing or 'withheld'}{complete}."]
    sentences.extend(refused(way) for way in (result.complete, result.pooled) if isinstance(way, Refusal))
    for place, column in enumerate(result.columns):
        what = f"{column.level} against {column.reference}" if column.kind == "level" else f"per {column.step}"
        ways = (("complete lines", result.complete), ("imputed", result.pooled))
        said = "; ".join(
            f"{name} {say_ratio(terms[place].ratio, say)}" for name, terms in ways if not isinstance(terms, Refusal)
        )
        sentences.append(f"{column.variable}, {what}: hazard ratio {said}.")
    return tuple(sentences)


def imputation_notes(question: Question, result: ImputationResult) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers."""
    endpoint = ENDPOINT_BY_CODE[question.endpoint].name
    return (
        f"Both are Cox models of {endpoint}. The complete-line model leaves every line with a gap out; the other fills "
        f"each gap {result.n_imputations} times from lines alike in covariates and outcome (seed {result.seed}) and "
        "pools by Rubin's rules, so that its limits carry the doubt about what is missing.",
        "Imputation assumes that whether a value is missing depends on what is known here, not on the value itself; "
        "where both answers differ, say why values are missing before choosing one.",
        *say_design(question, question.covariates),
    )
