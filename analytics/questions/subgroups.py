"""Is the effect of a treatment the same in everybody: one ratio a subgroup, and a test that they are alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.wald_test import compare_with_none
from analytics.questions.covariates import Covariate
from analytics.questions.design import make_design
from analytics.questions.follow_up import observe_lines
from analytics.questions.interactions import cross_covariates
from analytics.questions.model_lines import ModelLines, select_model_lines
from analytics.questions.model_wording import say_design, say_ratio
from analytics.questions.question import Answer, Question
from analytics.questions.wording import counted, p_value, refused
from analytics.tables.comparison_results import SubgroupRow, SubgroupsResult
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.regression_results import LevelCount
from analytics.tables.results import Refusal, TestResult
from analytics.tables.study import Study


def answer_subgroups(study: Study, question: Question) -> Answer | Refusal:
    """Answer «is the effect of ``question.by`` the same in the subgroups», adjusted for the covariates.

    A continuous variable has no subgroups here: its interaction is tested as a straight line, without a cut-off.
    """
    if not question.subgroups:
        return Refusal("no_subgroups", "No variable was named to make subgroups.", "Name at least one, such as grade.")
    names = tuple(dict.fromkeys((*question.covariates, *question.subgroups)))
    selected = select_model_lines(study, replace(question, covariates=names))
    if isinstance(selected, Refusal):
        return selected
    arms = _find_arms(question, selected)
    if isinstance(arms, Refusal):
        return arms
    arm, adjusted = (
        selected.covariates[0],
        [item for item in selected.covariates[1:] if item.name in question.covariates],
    )
    chosen = [item for item in selected.covariates[1:] if item.name in question.subgroups]
    everybody = _fit(study, question, selected.lines, (arm, *adjusted))
    if isinstance(everybody, Refusal):
        return everybody
    n_events = int(selected.lines["happened"].sum())
    rows = [SubgroupRow("", "everybody", selected.lines.height, n_events, everybody.terms[0])]
    for variable in chosen:
        others = tuple(item for item in adjusted if item.name != variable.name)
        if variable.form == "levels":
            rows.extend(
                _row(study, question, variable.name, str(part[variable.name][0]), part, (arm, *others))
                for part in selected.lines.sort(variable.name).partition_by(variable.name, maintain_order=True)
            )
    tests = tuple(
        (variable.name, _test_interaction(study, question, selected, arm, variable, adjusted)) for variable in chosen
    )
    result = SubgroupsResult(
        question.endpoint,
        question.rule_set,
        *arms,
        tuple(item.name for item in adjusted),
        tuple(rows),
        tests,
        tuple(dict.fromkeys((everybody.method, *(test.method for _, test in tests if isinstance(test, TestResult))))),
    )
    return Answer(
        question=question,
        result=result,
        subjects=selected.lines.select("pid", "line_no", "group", "patient_id", "days", "happened", *names),
        flow=selected.flow,
        summary=describe_subgroups(result),
        notes=(
            "Subgroups are compared by the interaction test, never by whether one is significant and another is not.",
            f"{counted(len(tests), 'interaction test')}, not corrected for their number.",
            *say_design(question, question.covariates),
        ),
        study_name=study.name,
        study_version=study.version,
        weighting=selected.weighting,
    )  # fmt: skip


def _find_arms(question: Question, selected: ModelLines) -> tuple[str, str] | Refusal:
    """Return the group and its reference; other than two groups are refused."""
    found = selected.lines["group"].value_counts(sort=True)["group"].to_list()
    if len(found) != 2 or question.by == "none":
        return Refusal(
            "not_two_groups",
            f"A forest of subgroups compares two groups; here are {len(found)}: {', '.join(sorted(found))}.",
            "Narrow the selection to two, for example --treatment PRRT --treatment SSA.",
        )
    usual = selected.covariates[0].reference
    reference = usual if usual in found else found[0]
    return next(label for label in found if label != reference), reference


def _row(
    study: Study, question: Question, variable: str, level: str, lines: pl.DataFrame, covariates: tuple[Covariate, ...]
) -> SubgroupRow:
    fit = _fit(study, question, lines, covariates)
    term = fit if isinstance(fit, Refusal) else fit.terms[0]
    return SubgroupRow(variable, level, lines.height, int(lines["happened"].sum()), term)


def _fit(
    study: Study, question: Question, lines: pl.DataFrame, covariates: tuple[Covariate, ...]
) -> RegressionResult | Refusal:
    """Fit the model whose first term is the arm; refuse when an arm has too few people or events."""
    design = make_design(lines, covariates, question.spline_df)
    if isinstance(design, Refusal):
        return design
    small = [item for item in design.levels if item.variable == covariates[0].name and _is_small(item, study)]
    if small:
        return Refusal("too_few", f"Too few people or events under {small[0].level}.", "Join subgroups.")
    return estimate_cox_model(observe_lines(lines), design.matrix, design.names, settings=study.settings)


def _is_small(level: LevelCount, study: Study) -> bool:
    limits = study.settings
    return (level.n_events or 0) < limits.min_group_events or (level.n_lines or 0) < limits.min_group_patients


def _test_interaction(
    study: Study,
    question: Question,
    selected: ModelLines,
    arm: Covariate,
    variable: Covariate,
    adjusted: list[Covariate],
) -> TestResult | Refusal:
    """Test the products of the arm with the variable's columns in one model of everybody."""
    straight = replace(variable, form="line") if variable.form == "spline" else variable
    others = (item for item in adjusted if item.name != variable.name)
    design = make_design(selected.lines, (arm, straight, *others), question.spline_df)
    if isinstance(design, Refusal):
        return design
    crossed = cross_covariates(design, selected.lines, (f"{arm.name}:{variable.name}",), study.settings)
    if isinstance(crossed, Refusal):
        return crossed
    fit = estimate_cox_model(observe_lines(selected.lines), crossed.matrix, crossed.names, settings=study.settings)
    if isinstance(fit, Refusal):
        return fit
    pair = f"{arm.name} × {variable.name}"
    return compare_with_none(fit, crossed.places(pair), pair)


def describe_subgroups(result: SubgroupsResult, say: Callable[[float], str] = "{:.2f}".format) -> tuple[str, ...]:
    """Say each ratio and each interaction test; ``say`` writes a ratio."""
    sentences: list[str] = []
    for row in result.rows:
        who = f"{row.variable} {row.level}" if row.variable else "Everybody"
        said = refused(row.term) if isinstance(row.term, Refusal) else f"hazard ratio {say_ratio(row.term.ratio, say)}"
        sentences.append(f"{who}, {result.group} against {result.reference}: {said.rstrip('.')}.")
    for name, test in result.interactions:
        said = refused(test) if isinstance(test, Refusal) else p_value(test.p_value)
        sentences.append(f"Interaction with {name}: {said.rstrip('.')}.")
    return tuple(sentences)
