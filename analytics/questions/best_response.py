"""Best response of the disease to each line: objective, confirmed, disease control; by readers and from lesions."""

from __future__ import annotations

import polars as pl

from analytics.estimation.proportion import estimate_proportion
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

RESPONSES, STABLE = ("CR", "PR"), ("SD", "NON_CR_NON_PD")
NOT_EVALUABLE = "not evaluable"
_KEY = ["pid", "line_no"]
_SOURCES = {"given": "readers", "lesions": "lesions"}


def answer_best_response(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many responded, and how well», by group; what could not be evaluated stands beside."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    lines = selected.lines.select(*_KEY, "group", "patient_id")
    best = study.table("best_responses").collect().join(lines, on=_KEY, maintain_order="left")
    assessed = best.filter(pl.col("n_assessments") > 0)
    if assessed.is_empty():
        return Refusal(
            "no_assessment",
            "No line of this selection has an assessment of its disease after the start.",
            "Give the sheet responses, or imaging with lesions.",
        )
    known = best.filter(pl.col("source").is_in(assessed["source"].unique().implode()))
    subjects = pl.concat(
        [_make_topics(part, str(source)) for (source,), part in known.group_by("source", maintain_order=True)]
    )
    return make_tally(
        study,
        question,
        subjects.select(*_KEY, "group", "patient_id", "topic", "category"),
        selected.flow,
        summary=_describe_rates(subjects),
        details=known.drop("pid").sort("patient_id", "line_no", "source"),
        notes=(
            "Up to the first progression and the next line. Stable disease counts from "
            f"{study.settings.sd_minimum_days} days after the start; a confirmed response is seen again after at least "
            f"{study.settings.confirmation_days} days.",
        ),
    )


def _make_topics(best: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return the topics of one source of assessments, each line once a topic."""
    said = f"by {_SOURCES[source]}"
    topics = {
        f"best response {said}": pl.col("best_response").replace({"MISSING": "no assessment"}),
        f"objective response {said}": _compute_response("best_response"),
        f"confirmed objective response {said}": _compute_response("confirmed_response"),
        f"disease control {said}": _compute_control(),
    }
    return pl.concat(
        best.select(*_KEY, "group", "patient_id", topic=pl.lit(topic), category=category)
        for topic, category in topics.items()
    )


def _compute_response(column: str) -> pl.Expr:
    best = pl.col(column)
    return (
        pl.when(best.is_in(RESPONSES))
        .then(pl.lit("yes"))
        .when(pl.col("best_response").is_in([*RESPONSES, *STABLE, "PD"]))
        .then(pl.lit("no"))
        .otherwise(pl.lit(NOT_EVALUABLE))
    )


def _compute_control() -> pl.Expr:
    best = pl.col("best_response")
    return (
        pl.when(best.is_in([*RESPONSES, *STABLE]))
        .then(pl.lit("yes"))
        .when(best == "PD")
        .then(pl.lit("no"))
        .otherwise(pl.lit(NOT_EVALUABLE))
    )


def _describe_rates(subjects: pl.DataFrame) -> tuple[str, ...]:
    """Say each rate of the evaluable with its limits, and beside it the rate of all."""
    sentences: list[str] = []
    asked = subjects.filter(~pl.col("topic").str.starts_with("best "))
    for (topic, group), part in asked.sort("topic", "group").group_by("topic", "group", maintain_order=True):
        n_yes = part.filter(pl.col("category") == "yes").height
        n_evaluable = part.filter(pl.col("category") != NOT_EVALUABLE).height
        rate = estimate_proportion(n_yes, n_evaluable)
        shown = (
            "nobody evaluable"
            if rate.value is None or rate.low is None or rate.high is None
            else f"{n_yes} of {n_evaluable} evaluable, {rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%})"
        )
        sentences.append(f"{str(topic).capitalize()}, {group}: {shown}; {n_yes} of {part.height} in all.")
    return tuple(sentences)
