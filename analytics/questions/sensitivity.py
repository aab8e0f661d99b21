"""Does the answer hold: the same comparison by several endpoints, rule sets and models, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import polars as pl

from analytics.estimation.survival import estimate_group_survival
from analytics.questions.follow_up import observe_lines
from analytics.questions.model_lines import select_model_lines
from analytics.questions.model_wording import say_design, say_ratio
from analytics.questions.question import Answer, Question
from analytics.questions.regression import MODELS, design_model, fit_model, refuse_model_words
from analytics.questions.wording import counted, describe_months, refused
from analytics.tables.cohort_results import FlowStep
from analytics.tables.comparison_results import SensitivityResult, SensitivityRow
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Estimate, Method, Refusal
from analytics.tables.study import Study

UNADJUSTED = "unadjusted"
"""The Cox model without covariates and strata."""


def answer_sensitivity(study: Study, question: Question) -> Answer | Refusal:
    """Answer the comparison by ``question.by`` for every endpoint × rule set × model asked for.

    What cannot be given in one of them is said in its row; only when nothing can be given is the whole refused.
    """
    if question.by == "none":
        return Refusal("one_group", "A comparison needs groups.", "Compare by treatment, for example.")
    endpoints = question.endpoints or (question.endpoint,)
    rule_sets = question.rule_sets or (question.rule_set,)
    models = question.models or ((UNADJUSTED, question.model) if question.covariates else (UNADJUSTED,))
    rows: list[SensitivityRow] = []
    methods: list[Method] = []
    parts: list[pl.DataFrame] = []
    flow: tuple[FlowStep, ...] = ()
    for endpoint, rule_set, model in product(endpoints, rule_sets, models):
        asked = _ask_one(question, endpoint, rule_set, model)
        found = _answer_one(study, asked, model)
        rows.extend(found[0])
        methods.extend(found[1])
        parts.append(found[2])
        flow = flow or found[3]
    if all(isinstance(row.term, Refusal) for row in rows):
        return next(row.term for row in rows if isinstance(row.term, Refusal))
    reference = next(part["reference"][0] for part in parts if not part.is_empty())
    result = SensitivityResult(str(reference), tuple(rows), tuple(dict.fromkeys(methods)))
    return Answer(
        question=question,
        result=result,
        subjects=pl.concat(part for part in parts if not part.is_empty()),
        flow=flow,
        summary=tuple(describe_row(row, result.reference) for row in rows),
        notes=(
            "One comparison by several rules: the planned one is the answer, the others say how far it holds.",
            *(note for note in say_design(question, ()) if "not randomised" not in note),
        ),
        study_name=study.name,
        study_version=study.version,
    )


def _ask_one(question: Question, endpoint: str, rule_set: str, model: str) -> Question:
    if model == UNADJUSTED:
        return replace(question, endpoint=endpoint, rule_set=rule_set, model="cox", covariates=(), linear=(), strata=())
    return replace(question, endpoint=endpoint, rule_set=rule_set, model=model)


def _answer_one(
    study: Study, asked: Question, model: str
) -> tuple[list[SensitivityRow], tuple[Method, ...], pl.DataFrame, tuple[FlowStep, ...]]:
    """Return the rows of one analysis, its methods, its lines and its flow."""
    refusal = refuse_model_words(asked)
    selected = refusal or select_model_lines(study, asked)
    if isinstance(selected, Refusal):
        return [_refused_row(asked, model, selected)], (), pl.DataFrame(), ()
    design = design_model(study, asked, selected)
    fitted = design if isinstance(design, Refusal) else fit_model(study, asked, selected, design)
    if isinstance(fitted, Refusal):
        return [_refused_row(asked, model, fitted)], (), pl.DataFrame(), selected.flow
    medians = _estimate_medians(selected.lines)
    rows = [
        SensitivityRow(
            asked.endpoint, asked.rule_set, model, column.level, fitted.n_lines, fitted.n_events, medians,
            fitted.ratio, term,
        )
        for column, term in zip(fitted.columns, fitted.fit.terms, strict=True)
        if column.variable == asked.by
    ]  # fmt: skip
    return rows, fitted.methods, _lines_of(selected.lines, asked, model, fitted), selected.flow


def _lines_of(lines: pl.DataFrame, asked: Question, model: str, fitted: ModelResult) -> pl.DataFrame:
    reference = next(column.reference for column in fitted.columns if column.variable == asked.by)
    return lines.select("pid", "line_no", "group", "patient_id", "days", "happened", "reason").with_columns(
        endpoint=pl.lit(asked.endpoint),
        rule_set=pl.lit(asked.rule_set),
        model=pl.lit(model),
        reference=pl.lit(reference),
    )


def _estimate_medians(lines: pl.DataFrame) -> tuple[tuple[str, Estimate], ...]:
    return tuple(
        (str(part["group"][0]), estimate_group_survival(observe_lines(part), str(part["group"][0])).median)
        for part in lines.sort("group").partition_by("group", maintain_order=True)
    )


def _refused_row(asked: Question, model: str, refusal: Refusal) -> SensitivityRow:
    ratio = MODELS.get(asked.model, "ratio")
    return SensitivityRow(asked.endpoint, asked.rule_set, model, "", None, None, (), ratio, refusal)


def describe_row(row: SensitivityRow, reference: str, say: Callable[[float], str] = "{:.2f}".format) -> str:
    """Say one analysis; ``say`` writes a ratio."""
    what = f"{row.endpoint} ({row.rule_set}), {row.model}"
    if isinstance(row.term, Refusal):
        return f"{what}: {refused(row.term)}"
    medians = "; ".join(f"median {label} {describe_months(median)}" for label, median in row.medians)
    counts = "" if row.n_lines is None else f"{counted(row.n_lines, 'line')}, {counted(row.n_events, 'event')}, "
    return f"{what}: {counts}{row.group} against {reference} {row.ratio} {say_ratio(row.term.ratio, say)}; {medians}."
