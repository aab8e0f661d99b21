"""What became of each line: events, censorings and exclusions by reason, for every endpoint."""

from __future__ import annotations

import polars as pl

from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.wording import counted
from analytics.tables.cohort_results import EndpointsResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study


def answer_endpoints(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many events, censored and excluded, and why», by endpoint and rule set."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    subjects = (
        selected.lines.select("pid", "line_no", "group", "patient_id", "treatment", "agents")
        .join(
            study.table("times_to_event").drop("patient_id", strict=False).collect(),
            on=["pid", "line_no"],
            maintain_order="left",
        )
        .with_columns(
            status=pl.when(pl.col("happened").is_null())
            .then(pl.lit("excluded"))
            .when(pl.col("happened"))
            .then(pl.lit("event"))
            .otherwise(pl.lit("censored"))
        )
    )
    if subjects.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    counts = (
        subjects.group_by("endpoint", "rule_set", "group", "status", "reason")
        .agg(n_lines=pl.len().cast(pl.Int64))
        .sort("endpoint", "rule_set", "group", "status", "reason")
    )
    return Answer(
        question=question,
        result=EndpointsResult(counts),
        subjects=subjects,
        flow=selected.flow,
        summary=tuple(_describe(part) for part in counts.partition_by("endpoint", "rule_set", maintain_order=True)),
        notes=("Events + censored + excluded = lines, for every endpoint and rule set.",),
        study_name=study.name,
        study_version=study.version,
    )


def _describe(counts: pl.DataFrame) -> str:
    by_status = dict(counts.group_by("status").agg(pl.col("n_lines").sum()).rows())
    return (
        f"{counts['endpoint'][0]} ({counts['rule_set'][0]}): {counted(by_status.get('event', 0), 'event')}, "
        f"{by_status.get('censored', 0)} censored, {by_status.get('excluded', 0)} excluded."
    )
