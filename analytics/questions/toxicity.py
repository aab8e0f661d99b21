"""Worst toxicity of each line: graded from laboratory values, and as clinicians reported it."""

from __future__ import annotations

import polars as pl

from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

NOT_REPORTED = "none reported"
NO_VALUE = "no value"
NOT_GRADED = "not gradable"
OR_WORSE = " or worse"
"""After the grade of a value such as «< 50», which leaves worse ones possible."""

_KEY = ["pid", "line_no"]


def answer_toxicity(study: Study, question: Question) -> Answer | Refusal:
    """Answer «what is the worst grade after the start», by term and group."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    lines = selected.lines.select(*_KEY, "group", "patient_id")
    by_period = study.table("lab_grades").collect().join(lines, on=_KEY, maintain_order="left")
    reported = study.table("reported_toxicities").collect().join(lines, on=_KEY, maintain_order="left")
    from_labs = _choose_worst(by_period.filter(pl.col("period") != "baseline"))
    found = pl.concat([_grade_topics(from_labs), _report_topics(reported)])
    if found.is_empty():
        return Refusal(
            "nothing_graded",
            "No laboratory value after the start of a line could be graded, and no toxicity was reported.",
            "Give blood counts and liver and kidney values with their limits of normal, or the sheet toxicities.",
        )
    subjects = _complete(lines, found)
    return make_tally(
        study,
        question,
        subjects,
        selected.flow,
        details=by_period.drop("pid").sort("patient_id", "line_no", "analyte", "date"),
        notes=(
            "Laboratory grades by CTCAE version 5, the worst after the start of a line; liver values abnormal at the "
            "baseline are graded against it.",
            "Reported toxicities are those that began during a line; no report is not the same as no toxicity.",
        ),
    )


def _choose_worst(grades: pl.DataFrame) -> pl.DataFrame:
    """Return the worst period of each line and analyte; one that could not be graded comes last."""
    return grades.sort(
        *_KEY, "analyte", "grade", "is_least", "date", descending=[False] * 3 + [True, True, False], nulls_last=True
    ).unique([*_KEY, "analyte"], keep="first", maintain_order=True)


def _grade_topics(worst: pl.DataFrame) -> pl.DataFrame:
    open_end = pl.when("is_least").then(pl.lit(OR_WORSE)).otherwise(pl.lit(""))
    grade = pl.format("grade {}{}", "grade", open_end)
    category = pl.when(pl.col("grade").is_null()).then(pl.lit(NOT_GRADED)).otherwise(grade)
    return worst.select(*_KEY, topic="term", category=category, otherwise=pl.lit(NO_VALUE))


def _report_topics(reported: pl.DataFrame) -> pl.DataFrame:
    return reported.select(
        *_KEY,
        topic=pl.format("{} (reported)", "term"),
        category=pl.format("grade {}", "grade"),
        otherwise=pl.lit(NOT_REPORTED),
    )


def _complete(lines: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Give every line every topic: a line without one says so."""
    topics = found.select("topic", "otherwise").unique().sort("topic")
    return (
        lines.join(topics, how="cross")
        .join(found.drop("otherwise"), on=[*_KEY, "topic"], how="left", maintain_order="left")
        .with_columns(category=pl.coalesce("category", "otherwise"))
        .select(*_KEY, "group", "patient_id", "topic", "category")
    )
