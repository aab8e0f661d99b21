"""Time to an endpoint by marker response as it comes: Simon–Makuch curves, Mantel–Byar test, time-dependent Cox."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from analytics.estimation.switching import estimate_switching_comparison
from analytics.questions.follow_up import observe_lines
from analytics.questions.marker_status import derive_response_day, refuse_unsuitable
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.selection import Funnel
from analytics.questions.survival import SUBJECT_COLUMNS, refuse_nobody
from analytics.questions.wording import counted, describe_comparison, describe_group_survival
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.survival_results import SurvivalResult


def answer_switching(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how long until ``question.endpoint``, before and after the marker response».

    Everybody followed after day ``question.landmark_days`` counts as not responded until the day of response, and as
    responded from the day after. Who had no baseline to respond from leaves in a step that says so.
    """
    unsuitable = refuse_unsuitable(question)
    if unsuitable is not None:
        return unsuitable
    asked = replace(question, by="marker_response")
    observed = select_observed_lines(study, replace(question, by="none", reference=""))
    if isinstance(observed, Refusal):
        return observed
    lines, steps = _select_able_to_respond(derive_response_day(study, observed.lines, asked), asked)
    flow = (*observed.flow, *steps)
    if lines.is_empty():
        return refuse_nobody(f"{question.endpoint} after day {question.landmark_days}", flow)
    result = estimate_switching_comparison(
        observe_lines(lines),
        lines["response_day"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        question.landmark_days,
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        settings=study.settings,
    )
    if isinstance(result, Refusal):
        return result
    return Answer(
        question=asked,
        result=result,
        subjects=lines.select(*SUBJECT_COLUMNS, "response_date", "response_day"),
        flow=flow,
        summary=(
            _describe_lines(lines, steps, question.landmark_days),
            *(describe_group_survival(group) for group in result.groups),
            *describe_comparison(result),
        ),
        notes=_notes(asked, result),
        study_name=study.name,
        study_version=study.version,
    )


def _select_able_to_respond(lines: pl.DataFrame, question: Question) -> tuple[pl.DataFrame, tuple[FlowStep, ...]]:
    landmark = question.landmark_days
    funnel = Funnel(lines, "selected")
    is_later, followed = pl.col("days") > landmark, f"followed after day {landmark}"
    funnel.keep(is_later | ~pl.col("happened"), followed, f"event by day {landmark}")
    funnel.keep(is_later, followed, f"follow-up ended by day {landmark}")
    funnel.keep(
        pl.col("can_respond"), f"{question.analyte} baseline", f"no {question.analyte} baseline to respond from"
    )
    return funnel.lines, tuple(funnel.flow[1:])


def _describe_lines(lines: pl.DataFrame, steps: tuple[FlowStep, ...], landmark: int) -> str:
    events, ended, unable = (step.n_lines_removed for step in steps)
    early = lines.filter(pl.col("response_day") <= landmark).height
    later = lines.filter((pl.col("response_day") > landmark) & (pl.col("response_day") < pl.col("days"))).height
    return (
        f"From day {landmark} on: {counted(lines.height, 'line')}, {early} responded by then and {later} later. "
        f"Left out: {events} with an event and {ended} no longer followed by then, {unable} without a baseline to "
        "respond from."
    )


def _notes(question: Question, result: SurvivalResult) -> tuple[str, ...]:
    landmark = question.landmark_days
    design = {
        "every_line": "Every line counts; where people have several, errors are clustered by patient.",
        "first_line": "One line a patient: the first in the selection.",
        "decision_point": f"Only lines started directly after progression on {question.selection.decision_after}.",
    }[question.selection.choose]
    start = f"Landmark day {landmark}: lines followed after it; time counts from there (days − {landmark})."
    return (
        *((start,) if landmark else ()),
        f"Until the day of its {question.analyte} response (rule {question.response_rule}) a line counts as not "
        f"responded, as responded from the day after: {counted(result.n_patients_in_several_groups, 'person')} in "
        "both, one after the other.",
        "Response was not randomised: who responds also differs in other ways.",
        "A curve is that of people standing in its state on each day, not of a fixed group followed from the start; "
        "its median is read with that in mind. A response seen only in unassessable values, or left open by a "
        "quantitation limit, is no response. Follow-up is that of everybody.",
        design,
        "Times in days are date − start + 1; months are days / 30.4375.",
    )
