"""Time to an endpoint by marker response known at a landmark: nobody gains the time it took to respond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from analytics.estimation.landmark import NOT_RESPONDED, RESPONDED, estimate_landmark_survival
from analytics.questions.follow_up import observe_lines
from analytics.questions.marker_status import derive_status_at_landmark, refuse_unsuitable
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.selection import Funnel
from analytics.questions.survival import SUBJECT_COLUMNS, refuse_nobody, survival_notes
from analytics.questions.wording import counted, describe_comparison, describe_group_survival
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study


def answer_landmark(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how long from the landmark until ``question.endpoint``, by marker response known at the landmark».

    Lines are compared from day ``question.landmark_days`` on; those that ended by then, or whose response cannot be
    judged from the values up to then, leave in steps that say why.
    """
    asked = replace(question, by="marker_response")
    unsuitable = refuse_unsuitable(question)
    if unsuitable is not None:
        return unsuitable
    observed = select_observed_lines(study, replace(question, by="none", reference=""))
    if isinstance(observed, Refusal):
        return observed
    landmark = question.landmark_days
    lines = derive_status_at_landmark(study, observed.lines, asked).with_columns(
        group=pl.when(pl.col("status") == "responder").then(pl.lit(RESPONDED)).otherwise(pl.lit(NOT_RESPONDED))
    )
    kept, steps = select_known_at_landmark(lines, asked)
    flow = (*observed.flow, *steps)
    if kept.is_empty():
        return refuse_nobody(f"{question.endpoint} after day {landmark}", flow)
    if kept["group"].n_unique() == 1:
        return Refusal(
            "one_group",
            f"Of {counted(kept.height, 'line')} still followed after day {landmark}, every one had "
            f"{kept['group'][0]} by then, so there is nothing to compare.",
            "Choose another landmark or another response rule.",
        )
    found = estimate_landmark_survival(
        observe_lines(lines),
        landmark,
        np.where(lines["status"] == "responder", lines["response_day"].cast(pl.Float64).fill_null(np.nan), np.nan),
        np.where(lines["status"].is_in(["responder", "non_responder"]), 0.0, np.nan),
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        settings=study.settings,
    )
    result = found.survival
    if isinstance(result, Refusal):
        return result
    return Answer(
        question=asked,
        result=result,
        subjects=restart_clock(kept, landmark),
        flow=flow,
        summary=(
            describe_left_out(steps, landmark),
            *(describe_group_survival(group) for group in result.groups),
            *describe_comparison(result),
        ),
        notes=landmark_notes(asked, result.n_patients_in_several_groups),
        study_name=study.name,
        study_version=study.version,
    )


def select_known_at_landmark(lines: pl.DataFrame, question: Question) -> tuple[pl.DataFrame, tuple[FlowStep, ...]]:
    """Keep the lines still followed after the landmark whose response is known by it; each reason is a step."""
    landmark = question.landmark_days
    funnel = Funnel(lines, "selected")
    is_later = pl.col("days") > landmark
    followed, judged = f"followed after day {landmark}", f"{question.analyte} response known by day {landmark}"
    funnel.keep(is_later | ~pl.col("happened"), followed, f"event by day {landmark}")
    funnel.keep(is_later, followed, f"follow-up ended by day {landmark}")
    is_known = pl.col("status").is_in(["responder", "non_responder"])
    for reason in funnel.lines.filter(~is_known)["status_reason"].unique().sort():
        said = f"{question.analyte} response not known by day {landmark}: {reason}"
        funnel.keep(is_known | (pl.col("status_reason") != reason), judged, said)
    return funnel.lines, tuple(funnel.flow[1:])


def restart_clock(lines: pl.DataFrame, landmark: int) -> pl.DataFrame:
    """Return one row a line with ``days`` since the landmark; day 1 of them is ``clock_start_date``."""
    return lines.select(
        *SUBJECT_COLUMNS, "response_date", clock_start_date=pl.col("start_date") + pl.duration(days=landmark)
    ).with_columns(pl.col("days") - landmark)


def describe_left_out(steps: tuple[FlowStep, ...], landmark: int) -> str:
    """Say how many lines the comparison rests on and, of `select_known_at_landmark`, how many are not in it."""
    events, ended, *unknown = (step.n_lines_removed for step in steps)
    return (
        f"From day {landmark} on: {counted(steps[-1].n_lines, 'line')}. Left out: {events} with an event and {ended} "
        f"no longer followed by then, {sum(unknown)} whose response could not be judged by then (reasons in the flow)."
    )


def landmark_notes(question: Question, n_in_several_groups: int | None) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers; the first note is also the figure's."""
    landmark = question.landmark_days
    return (
        f"Landmark day {landmark}: groups by {question.analyte} response (rule {question.response_rule}) from values "
        f"up to that day, whatever came later; time counts from there (days − {landmark}). Left out: lines with an "
        "event, or no longer followed, by then, and those whose response could not be judged by then.",
        "Response was not randomised: who responds also differs in other ways.",
        *survival_notes(question, n_in_several_groups),
    )
