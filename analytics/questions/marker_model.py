"""A Cox model whose first column is what a marker did, beside what was known at the start."""

from __future__ import annotations

from dataclasses import replace

from analytics.questions.design import Design
from analytics.questions.model_effects import collect_methods, compare_variables, draw_out_curves
from analytics.questions.model_lines import ModelLines
from analytics.questions.question import Question
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.regression_results import ModelColumn, ModelResult
from analytics.tables.results import Method


def describe_marker_model(
    question: Question,
    fit: RegressionResult,
    column: ModelColumn,
    design: Design,
    known: ModelLines,
    method: Method,
) -> ModelResult:
    """Say what a fit means whose first term is ``column`` and whose others are those of ``design``.

    Parameters
    ----------
    known
        The lines in the model; they have a column named after ``column``.
    method
        How the first column was treated, named before the methods of the fit.
    """
    whole = replace(design, columns=(column, *design.columns))
    tests = compare_variables(fit, whole, known.lines)
    return ModelResult(
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        model="cox",
        ratio="hazard ratio",
        fit=fit,
        columns=whole.columns,
        levels=design.levels,
        curves=draw_out_curves(fit, whole, known.lines),
        missing=known.missing,
        variable_tests=tests,
        effects_over_time=(),
        n_lines=fit.n_lines,
        n_patients=fit.n_patients,
        n_events=fit.n_events,
        n_parameters=len(fit.terms),
        methods=(method, *collect_methods(fit, tests)),
    )
