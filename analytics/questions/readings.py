"""Readers' responses beside those derived from lesions: how often they agree, and every difference."""

from __future__ import annotations

import polars as pl

from analytics.endpoints.assessments import derive_given_assessments
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

_KEY = ["pid", "line_no"]


def answer_readings(study: Study, question: Question) -> Answer | Refusal:
    """Answer «does the best response of readers agree with that from lesions», and list the visits that differ."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    lines = selected.lines.select(*_KEY, "group", "patient_id")
    visits = study.table("recist_assessments").collect().join(lines, on=_KEY, maintain_order="left")
    compared = visits if visits.is_empty() else _compare_visits(study, visits)
    if compared.is_empty():
        return Refusal(
            "no_pairs",
            "No visit has both a reader's response and measured lesions.",
            "Give the sheets responses, imaging and lesions.",
        )
    best = study.table("best_responses").select(*_KEY, "source", "best_response").collect()
    both = best.filter(source="given").join(best.filter(source="lesions"), on=_KEY, suffix="_lesions")
    subjects = lines.join(both, on=_KEY, maintain_order="left").with_columns(
        topic=pl.lit("best response"), category=_compute_agreement()
    )
    differing = compared.filter(pl.col("reader_response") != pl.col("lesion_response"))
    return make_tally(
        study,
        question,
        subjects.select(*_KEY, "group", "patient_id", "topic", "category"),
        selected.flow,
        details=differing.drop("pid"),
        notes=(
            "A visit's responses are compared when the reader's day lies within it; the files of the full level list "
            "every visit that differs.",
        ),
    )


def _compute_agreement() -> pl.Expr:
    given, lesions = pl.col("best_response"), pl.col("best_response_lesions")
    return (
        pl.when(given == "MISSING")
        .then(pl.lit("no reader"))
        .when(lesions == "MISSING")
        .then(pl.lit("no lesions measured"))
        .when(given == lesions)
        .then(pl.lit("the same"))
        .otherwise(pl.format("{} by readers, {} from lesions", given, lesions))
    )


def _compare_visits(study: Study, visits: pl.DataFrame) -> pl.DataFrame:
    """Return the visits with a reader's response as well, its row beside the sums."""
    given = derive_given_assessments(study.tables, study.settings).select(
        "pid", reader_date="date", reader_response="response", reader="reader", file="file", row="row"
    )
    return (
        visits.select(
            "pid", "patient_id", "line_no", "group", "first_date", "last_date", "sum_mm", "baseline_mm", "nadir_mm",
            "target", "non_target", "has_new_lesion", lesion_response="response",
        )
        .join(given, on="pid", maintain_order="left")
        .filter(pl.col("reader_date").is_between(pl.col("first_date"), pl.col("last_date")))
        .sort("patient_id", "line_no", "first_date")
    )  # fmt: skip
