"""How a marker moves under each treatment: a mixed model of log fold-ULN, people differing in level and slope."""

from __future__ import annotations

from math import log

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.marker_course import estimate_marker_course
from analytics.questions.course_wording import course_notes, describe_course
from analytics.questions.groups import find_grouping
from analytics.questions.marker_series import derive_marker_days, keep_one_series
from analytics.questions.question import Answer, Question
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.selection import Funnel, select_lines
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study

LARGEST_LOG = log(1e6)
"""No marker is a millionth or a million times its upper limit of normal; limits beyond say nothing."""


def answer_course(study: Study, question: Question) -> Answer | Refusal:
    """Answer «what course does ``question.analyte`` take from the start, by ``question.by``».

    The curve in time has ``question.spline_df`` parameters, 1 being a straight line. The model takes one line a person:
    people with several in the selection are refused, since their values belong together in two ways at once.
    """
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    unknown = refuse_unknown_marker(question)
    if unknown is not None:
        return unknown
    selected = select_lines(study, question.selection, grouping)
    days = derive_course_days(study, selected.lines, question.analyte)
    funnel = Funnel(selected.lines, "selected")
    funnel.keep(
        pl.struct("pid", "line_no").is_in(days.select(pl.struct("pid", "line_no").alias("key"))["key"].implode()),
        f"{question.analyte} measured",
        f"no assessable {question.analyte} value with an upper limit of normal",
    )
    flow = (*selected.flow, *funnel.flow[1:])
    if funnel.lines["pid"].is_duplicated().any():
        return Refusal(
            "several_lines",
            "Some people have several lines here, and a course takes one a person: their values would count as those "
            "of strangers.",
            "Choose the first line of each patient (choose = first_line) or the decision point.",
        )
    values = days.join(funnel.lines.select("pid", "line_no", "group", "patient_id"), on=["pid", "line_no"])
    frame = values.select("group", "months", "beyond", patient="pid", value="log_fold")
    result = estimate_marker_course(
        frame,
        outcome=f"ln × ULN of {question.analyte}",
        reference=question.reference or (grouping.reference if grouping.reference in values["group"] else None),
        n_curve=question.spline_df,
    )
    if isinstance(result, Refusal):
        return result
    unsettled = _refuse_unsettled(result)
    if unsettled is not None:
        return unsettled
    own = result.model.fitted.select("fitted", "low", "high", "value_low", "value_high")
    return Answer(
        question=question,
        result=result,
        subjects=pl.concat([values, own], how="horizontal"),
        flow=flow,
        summary=describe_course(result),
        notes=course_notes(question, result),
        study_name=study.name,
        study_version=study.version,
    )


def _refuse_unsettled(result: MarkerCourseResult) -> Refusal | None:
    """Refuse curves whose limits reach beyond any marker: too few values stand at some time."""
    wide = result.curves.filter(pl.max_horizontal(pl.col("low", "high").abs()) > LARGEST_LOG)
    if wide.is_empty():
        return None
    return Refusal(
        "unsettled_course",
        f"The values do not settle the course of {wide['group'][0]}: its limits reach beyond a millionfold.",
        "Widen the selection, join groups, or take a straight line in time (spline_df = 1).",
    )


def derive_course_days(study: Study, lines: pl.DataFrame, analyte: str) -> pl.DataFrame:
    """Return the comparable values of each line from its baseline on with ``months``; the baseline is at 0."""
    days = keep_one_series(derive_marker_days(study, lines, analyte))
    is_last_baseline = pl.col("days") == pl.col("days").filter("is_baseline").max().over("pid", "line_no")
    return (
        days.filter((pl.col("days") >= 1) | is_last_baseline)
        .with_columns(months=(pl.max_horizontal(pl.col("days"), 1) - 1) / DAYS_PER_MONTH)
        .unique(["pid", "line_no", "months"], keep="last", maintain_order=True)
    )
