"""Who responds: odds of response by treatment and what was known at the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.estimation.logistic import estimate_logistic_model
from analytics.estimation.repeated_response import estimate_ordinal_model, estimate_repeated_response
from analytics.questions.design import Design, make_design
from analytics.questions.groups import find_grouping
from analytics.questions.model_effects import compare_variables, draw_out_curves
from analytics.questions.model_lines import ModelLines, find_covariates, select_complete_lines
from analytics.questions.model_wording import describe_model, model_notes
from analytics.questions.question import Answer, Question
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.response_outcomes import ORDERED, derive_responses
from analytics.questions.selection import select_lines
from analytics.questions.survival import refuse_nobody
from analytics.tables.hazard_results import ModelTerm, RegressionResult
from analytics.tables.model_results import OddsResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import FloatArray, Refusal
from analytics.tables.study import Study

RESPONSE_MODELS = ("cox", "logistic", "firth", "gee", "ordinal")
"""``cox`` is what a question says that names no model: the logistic one, or estimating equations for several lines."""


def answer_response_model(study: Study, question: Question) -> Answer | Refusal:
    """Answer «on what does response depend», by ``question.by`` and the covariates.

    ``question.model`` is ``logistic`` (penalised where separated), ``firth`` (always penalised), ``gee`` (response at
    every value after the start, averaged over people) or ``ordinal`` (best RECIST response, at every cut). Where no
    model is named and people have several lines, the lines of a person are a cluster.
    """
    refusal = _refuse_words(question)
    if refusal is not None:
        return refusal
    grouping, covariates = find_grouping(question.by), find_covariates(question)
    if isinstance(grouping, Refusal):
        return grouping
    if isinstance(covariates, Refusal):
        return covariates
    selected = select_lines(study, question.selection, grouping)
    judged, steps = derive_responses(study, selected.lines, question)
    known = select_complete_lines(study, judged, covariates, needs_events=False)
    flow = (*selected.flow, *steps, *known.flow)
    what = name_outcome(question)
    if known.lines.is_empty():
        return refuse_nobody(what, flow)
    result = _fit(study, question, known)
    if isinstance(result, Refusal):
        return result
    names = [covariate.name for covariate in covariates]
    keys = ["pid", "line_no", "group", "patient_id", "happened", "reason"]
    shown = [name for name in ("response_date", "months", "category") if name in known.lines.columns]
    return Answer(
        question=question,
        result=result,
        subjects=known.lines.select(*dict.fromkeys([*keys, *shown, *names])),
        flow=flow,
        summary=describe_model(result, what),
        notes=(*_notes(question, result), *_without_days(model_notes(question, result, flow))),
        study_name=study.name,
        study_version=study.version,
    )


def name_outcome(question: Question) -> str:
    """Return what the odds are of, in words."""
    if question.model == "ordinal":
        return "a better best RECIST response"
    return f"{question.analyte} response, rule {question.response_rule}"


def _refuse_words(question: Question) -> Refusal | None:
    if question.model not in RESPONSE_MODELS:
        return Refusal(
            "unknown_model",
            f"«{question.model}» is no model of response.",
            f"Choose one of: {', '.join(RESPONSE_MODELS[1:])}.",
        )
    if question.strata:
        return Refusal("no_strata", "A model of response has no strata.", "Enter the stratum as a covariate.")
    return refuse_unknown_marker(question)


def _fit(study: Study, question: Question, known: ModelLines) -> ModelResult | Refusal:
    design = make_design(known.lines, known.covariates, question.spline_df)
    if isinstance(design, Refusal):
        return design
    if not design.columns:
        return Refusal("no_covariates", "A model of response needs groups or a covariate.", "Compare by treatment.")
    found = _estimate(study, question, known.lines, design)
    if isinstance(found, Refusal):
        return found
    odds, n_intercepts = found
    fit = _as_regression(odds, n_intercepts, known.lines)
    tests = compare_variables(fit, design, known.lines)
    return ModelResult(
        endpoint=name_outcome(question),
        rule_set=question.model if question.model != "cox" else "one verdict a line",
        model=question.model,
        ratio="odds ratio",
        fit=fit,
        columns=design.columns,
        levels=design.levels,
        curves=draw_out_curves(fit, design, known.lines),
        missing=known.missing,
        variable_tests=tests,
        effects_over_time=(),
        n_lines=fit.n_lines,
        n_patients=fit.n_patients,
        n_events=fit.n_events,
        n_parameters=len(fit.terms),
        methods=tuple(dict.fromkeys((odds.method, *(test.method for test in tests)))),
    )


def _estimate(
    study: Study, question: Question, lines: pl.DataFrame, design: Design
) -> tuple[OddsResult, int] | Refusal:
    """Return the odds ratios and the number of intercepts among their coefficients."""
    people: Any = lines["pid"].to_numpy()
    has_several = bool(lines["pid"].is_duplicated().any())
    happened, given = lines["happened"].to_numpy(), (design.matrix, design.names)
    if question.model == "gee" or (question.model == "cox" and has_several):
        found = estimate_repeated_response(happened, *given, people, settings=study.settings)
        return found if isinstance(found, Refusal) else (found, 1)
    if has_several:
        return Refusal(
            "several_lines",
            "Some people have several lines, and this model takes them for strangers: its errors would be too small.",
            "Choose the first line of each patient or the decision point, or leave the model out for estimating "
            "equations that allow several.",
        )
    if question.model == "ordinal":
        found = estimate_ordinal_model(lines["category"].to_numpy(), *given, settings=study.settings)
        return found if isinstance(found, Refusal) else (found, 0)
    penalty = "always" if question.model == "firth" else "when separated"
    found = estimate_logistic_model(happened, *given, penalty=penalty, settings=study.settings)
    return found if isinstance(found, Refusal) else (found, 1)


def _as_regression(odds: OddsResult, n_intercepts: int, lines: pl.DataFrame) -> RegressionResult:
    """Return the odds ratios as the terms of a regression, without the intercept."""
    terms = tuple(
        ModelTerm(item.name, item.estimate.value or 0.0, item.std_error, ratio, item.p_value)
        for item, ratio in zip(odds.coefficients[n_intercepts:], odds.odds_ratios[n_intercepts:], strict=True)
    )
    covariance: FloatArray = np.asarray(odds.covariance)[n_intercepts:, n_intercepts:]
    return RegressionResult(
        odds.name, terms, covariance, odds.log_likelihood or 0.0,
        lines.select("pid", "line_no").n_unique(), lines["pid"].n_unique(), int(lines["happened"].sum()),
        "clustered" in dict(odds.method.options).get("errors", ""), (), odds.method,
    )  # fmt: skip


def _without_days(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(note for note in notes if not note.startswith("Times in days"))


def _notes(question: Question, result: ModelResult) -> tuple[str, ...]:
    notes = ["An odds ratio is further from 1 than the ratio of two shares, the more so where many respond."]
    if question.model == "ordinal":
        notes.append(
            f"Ordered {' < '.join(ORDERED)} by best response of the readers; one odds ratio for every cut between "
            "them. A line without an assessed scan is not in the model."
        )
        return tuple(notes)
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    notes.append(f"Rule {rule.rule_id}: {rule.wording} Lines whose response cannot be judged are not in the model.")
    if question.model == "gee":
        notes.append(
            "Every value after the start is judged by itself: the odds are those of having fallen far enough at a "
            "visit, averaged over people, not of ever responding."
        )
    if "Firth" in result.fit.method.name:
        notes.append("Firth's penalty keeps ratios finite where a group has no responder, or nobody else.")
    return tuple(notes)
