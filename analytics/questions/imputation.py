"""What if the missing were known: one Cox model of the complete lines and, beside it, with the missing imputed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from analytics.estimation.imputation import WITH_OUTCOME, ImputedModel, estimate_imputed_cox_model
from analytics.estimation.methods import describe_method
from analytics.questions.covariates import Covariate, derive_covariates
from analytics.questions.design import Design, make_design
from analytics.questions.imputation_wording import describe_imputation, imputation_notes
from analytics.questions.model_lines import find_covariates, select_complete_lines
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.regression import observe_lines
from analytics.questions.selection import Funnel
from analytics.tables.cohort_results import FlowStep
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.marker_results import ImputationResult
from analytics.tables.model_results import PooledResult
from analytics.tables.regression_results import MissingCount
from analytics.tables.results import Estimate, FloatArray, Method, Refusal
from analytics.tables.study import Study


def answer_imputation(study: Study, question: Question) -> Answer | Refusal:
    """Answer the Cox model of ``question.endpoint`` twice: complete lines, and multiple imputation.

    Continuous covariates enter as straight lines. The imputation knows the outcome; chance starts from
    ``question.seed``, so that the answer repeats.
    """
    prepared = _prepare(study, question)
    if isinstance(prepared, Refusal):
        return prepared
    lines, covariates, design, flow = prepared
    matrix = _fill_matrix(lines, design)
    if not np.isnan(matrix).any():
        return Refusal(
            "nothing_missing", "No covariate of this model is missing in any line.", "Ask the regression question."
        )
    found = estimate_imputed_cox_model(
        observe_lines(lines), matrix, design.names, np.random.default_rng(question.seed), question.n_imputations,
        study.settings,
    )  # fmt: skip
    if isinstance(found.complete, Refusal) and isinstance(found.pooled, Refusal):
        return found.pooled
    result = _describe(question, found, design, lines, covariates)
    names = [covariate.name for covariate in covariates]
    return Answer(
        question=question,
        result=result,
        subjects=lines.select(*dict.fromkeys(["pid", "line_no", "group", "patient_id", "days", "happened", *names])),
        flow=flow,
        summary=describe_imputation(result),
        notes=imputation_notes(question, result),
        study_name=study.name,
        study_version=study.version,
    )


def _prepare(
    study: Study, question: Question
) -> tuple[pl.DataFrame, tuple[Covariate, ...], Design, tuple[FlowStep, ...]] | Refusal:
    """Return the lines, complete or not, the covariates, and the columns that the complete lines give."""
    if question.strata or question.model != "cox":
        return Refusal(
            "cox_only", "Imputation is given for the Cox model without strata.", "Enter a stratum as a covariate."
        )
    found = find_covariates(question)
    if isinstance(found, Refusal):
        return found
    observed = select_observed_lines(study, question)
    if isinstance(observed, Refusal):
        return observed
    covariates = tuple(replace(item, form="line") if item.form == "spline" else item for item in found)
    complete = select_complete_lines(study, observed.lines, covariates)
    if complete.lines.is_empty():
        return Refusal("nobody_left", "No line has all covariates.", "Use fewer covariates.")
    design = make_design(complete.lines, covariates, 1)
    if isinstance(design, Refusal):
        return design
    funnel = Funnel(derive_covariates(study, observed.lines, covariates), "selected")
    for variable in dict.fromkeys(level.variable for level in design.levels):
        frequent = [level.level for level in design.levels if level.variable == variable]
        is_kept = pl.col(variable).is_null() | pl.col(variable).is_in(frequent)
        funnel.keep(is_kept, f"{variable}: frequent levels", f"{variable}: too few people or events")
    steps = tuple(step for step in funnel.flow[1:] if step.n_lines_removed)
    return funnel.lines, covariates, design, (*observed.flow, *steps)


def _fill_matrix(lines: pl.DataFrame, design: Design) -> FloatArray:
    """Return the columns of all lines, (n, p), NaN where a variable is missing.

    Each indicator of a category with several levels is imputed apart from the others, as a number.
    """
    columns = [
        pl.col(column.variable).cast(pl.Float64)
        if column.kind == "line"
        else (pl.col(column.variable) == column.level).cast(pl.Float64)
        for column in design.columns
    ]
    named = (expression.fill_null(float("nan")).alias(str(place)) for place, expression in enumerate(columns))
    return lines.select(named).to_numpy()


def _describe(
    question: Question, found: ImputedModel, design: Design, lines: pl.DataFrame, covariates: tuple[Covariate, ...]
) -> ImputationResult:
    pooled = found.pooled
    methods: list[Method] = []
    if not isinstance(found.complete, Refusal):
        methods.append(found.complete.method)
    if isinstance(pooled, PooledResult):
        chained = describe_method(
            "Chained equations with predictive mean matching", WITH_OUTCOME, "statsmodels",
            outcome="event and cumulative hazard in the imputation model", seed=str(question.seed),
        )  # fmt: skip
        methods += [chained, pooled.method]
    return ImputationResult(
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        columns=design.columns,
        levels=design.levels,
        complete=found.complete if isinstance(found.complete, Refusal) else found.complete.terms,
        pooled=pooled if isinstance(pooled, Refusal) else _as_terms(pooled),
        missing_share=() if isinstance(pooled, Refusal) else tuple(float(share) for share in pooled.missing_share),
        missing=tuple(MissingCount(item.name, item.label, lines[item.name].null_count()) for item in covariates),
        n_lines=found.n_lines,
        n_complete=found.n_complete,
        n_events=int(lines["happened"].sum()),
        n_imputations=question.n_imputations,
        seed=question.seed,
        methods=tuple(methods),
    )


def _as_terms(pooled: PooledResult) -> tuple[ModelTerm, ...]:
    return tuple(
        ModelTerm(item.name, item.estimate.value or 0.0, item.std_error, _as_ratio(item.estimate), item.p_value)
        for item in pooled.coefficients
    )


def _as_ratio(estimate: Estimate) -> Estimate:
    value, low, high = (
        None if part is None else float(np.exp(part)) for part in (estimate.value, estimate.low, estimate.high)
    )
    return Estimate(value, low, high, "ratio", estimate.level)
