"""How many had a marker response under a named rule, by group, with the not evaluable counted."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.estimation.proportion import ProportionMethod
from analytics.estimation.response import NON_RESPONDER, RESPONDER, estimate_response
from analytics.estimation.response_comparison import compare_responses
from analytics.questions.groups import Grouping, find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.wording import describe_response, describe_share_difference, refused
from analytics.tables.response_results import ProportionDifference, ResponseResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study


def answer_response(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many responded by ``question.response_rule``, by ``question.by``»."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    unknown = refuse_unknown_marker(question) or _refuse_unknown_limits(question)
    if unknown is not None:
        return unknown
    selected = select_lines(study, question.selection, grouping)
    subjects = _responses_of(study, selected.lines, question)
    if subjects.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    labels = subjects["group"].unique().sort().to_list()
    if question.reference and question.reference not in labels:
        return Refusal(
            "unknown_group", f"There is no group «{question.reference}».", f"Choose one of: {', '.join(labels)}."
        )
    method = cast("ProportionMethod", question.limits)
    rates = estimate_response(subjects, analyte=question.analyte, rule_id=question.response_rule, method=method)
    result = _compare(study, question, grouping, subjects, rates)
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    return Answer(
        question=question,
        result=result,
        subjects=subjects,
        flow=selected.flow,
        summary=(*(describe_response(group) for group in result.groups), *describe_differences(result)),
        notes=(
            f"Rule {rule.rule_id}: {rule.wording}",
            "Shares are of the evaluable lines; the not evaluable stand beside them and count in the share of all.",
            "A biochemical response is not a radiological one; read it beside the scans.",
            *(("Treatments were not randomised: the comparison is unadjusted.",) if question.by == "treatment" else ()),
        ),
        study_name=study.name,
        study_version=study.version,
    )


def describe_differences(result: ResponseResult) -> tuple[str, ...]:
    """Say each comparison, or why it is not given."""
    return tuple(
        dict.fromkeys(
            refused(item) if isinstance(item, Refusal) else describe_share_difference(item)
            for item in result.comparisons
        )
    )


def _compare(
    study: Study, question: Question, grouping: Grouping, subjects: pl.DataFrame, rates: ResponseResult
) -> ResponseResult:
    labels = [group.group for group in rates.groups]
    usual = grouping.reference if grouping.reference in labels else labels[0]
    people = subjects.filter(pl.col("status").is_in([RESPONDER, NON_RESPONDER])).select("group", "pid")
    found = compare_responses(
        rates.groups, people, question.reference or usual, study.settings, cast("ProportionMethod", question.limits)
    )
    used = (method for item in found if isinstance(item, ProportionDifference) for method in item.methods)
    return replace(rates, comparisons=found, methods=tuple(dict.fromkeys((*rates.methods, *used))))


def _refuse_unknown_limits(question: Question) -> Refusal | None:
    if question.limits in ("exact", "wilson"):
        return None
    return Refusal("unknown_limits", f"There are no limits «{question.limits}».", "Choose exact or wilson.")


def refuse_unknown_marker(question: Question) -> Refusal | None:
    """Return a refusal when the marker or the rule is not in the catalogue."""
    if question.analyte not in BIOMARKER_BY_CODE:
        return Refusal(
            "unknown_analyte",
            f"There is no biomarker «{question.analyte}».",
            f"Ask for one of: {', '.join(BIOMARKER_BY_CODE)}.",
        )
    if question.response_rule not in RESPONSE_RULE_BY_ID:
        return Refusal(
            "unknown_rule",
            f"There is no response rule «{question.response_rule}».",
            f"Ask for one of: {', '.join(RESPONSE_RULE_BY_ID)}.",
        )
    return None


def _responses_of(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return one row a selected line with its response; lines without any value are not evaluable."""
    responses = (
        study.table("marker_responses")
        .filter((pl.col("analyte") == question.analyte) & (pl.col("rule_id") == question.response_rule))
        .collect()
    )
    return (
        lines.select("pid", "line_no", "group", "patient_id", "treatment", "agents", "start_date")
        .join(responses, on=["pid", "line_no"], how="left", maintain_order="left")
        .with_columns(
            status=pl.col("status").fill_null("not_evaluable"),
            reason=pl.col("reason").fill_null(f"no {question.analyte} value around this line"),
            analyte=pl.lit(question.analyte),
            rule_id=pl.lit(question.response_rule),
            has_flag=pl.col("has_flag").fill_null(value=False),
            line_key=pl.format("{}.{}", "pid", "line_no"),
        )
    )
