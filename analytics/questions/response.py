"""How many had a marker response under a named rule, by group, with the not evaluable counted."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.estimation.response import estimate_response
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.wording import describe_response
from analytics.tables.results import Refusal
from analytics.tables.study import Study


def answer_response(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many responded by ``question.response_rule``, by ``question.by``»."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    unknown = refuse_unknown_marker(question)
    if unknown is not None:
        return unknown
    selected = select_lines(study, question.selection, grouping)
    subjects = _responses_of(study, selected.lines, question)
    if subjects.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    result = estimate_response(subjects, analyte=question.analyte, rule_id=question.response_rule)
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    return Answer(
        question=question,
        result=result,
        subjects=subjects,
        flow=selected.flow,
        summary=tuple(describe_response(group) for group in result.groups),
        notes=(
            f"Rule {rule.rule_id}: {rule.wording}",
            "Shares are of the evaluable lines; the not evaluable stand beside them and count in the share of all.",
            "A biochemical response is not a radiological one; read it beside the scans.",
        ),
        study_name=study.name,
        study_version=study.version,
    )


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
