"""Symptoms and quality of life: better, the same or worse at the last score of each line."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.symptoms import SYMPTOM_ITEMS
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

NO_BASELINE = "no baseline score"
NO_SCORE = "no later score"

_KEY = ["pid", "line_no"]
_JUDGED = {item.code: item.name for item in SYMPTOM_ITEMS if item.meaningful_change}


def answer_symptoms(study: Study, question: Question) -> Answer | Refusal:
    """Answer «better or worse than at the start», by item and group, where a least meaningful change is known."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    lines = selected.lines.select(*_KEY, "group", "patient_id")
    scores = (
        study.table("score_changes")
        .filter(pl.col("item").is_in(list(_JUDGED)))
        .collect()
        .join(lines, on=_KEY, maintain_order="left")
        .sort("patient_id", "line_no", "item", "date")
    )
    if scores.is_empty():
        return Refusal(
            "no_scores",
            "No score with a known least meaningful change was recorded after the start of a line.",
            f"Give the sheet symptoms with any of: {', '.join(_JUDGED)}.",
        )
    last = scores.unique([*_KEY, "item"], keep="last", maintain_order=True).select(
        *_KEY, "item", category=pl.col("verdict").fill_null(NO_BASELINE)
    )
    items = scores.select("item").unique().sort("item")
    subjects = (
        lines.join(items, how="cross")
        .join(last, on=[*_KEY, "item"], how="left", maintain_order="left")
        .with_columns(topic=pl.col("item").replace_strict(_JUDGED), category=pl.col("category").fill_null(NO_SCORE))
        .select(*_KEY, "group", "patient_id", "topic", "category")
    )
    return make_tally(
        study,
        question,
        subjects,
        selected.flow,
        details=scores.drop("pid"),
        notes=(
            "The last score of a line against its baseline; better or worse by at least the least meaningful change "
            "(10 points of QLQ-C30, one grade of ECOG).",
        ),
    )
