"""How long until an endpoint, by group: Kaplan-Meier, log-rank, hazard ratio."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE, RULE_SETS
from analytics.estimation.survival import INTERVALS, Interval
from analytics.estimation.time_to_event import estimate_time_to_event
from analytics.questions.balancing import BalancedLines, balance_lines
from analytics.questions.follow_up import enter_late, refuse_entry, say_follow_up
from analytics.questions.groups import Grouping, find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.rule_changes import describe_moved
from analytics.questions.selection import Funnel, select_lines
from analytics.questions.wording import counted, describe_comparison, describe_group_survival
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study

SUBJECT_COLUMNS = (
    "pid", "line_no", "group", "patient_id", "treatment", "agents", "endpoint", "rule_set", "start_date",
    "end_date", "days", "happened", "code", "reason", "date_used", "rule_id", "source_table", "source_file",
    "source_row", "is_imputed",
)  # fmt: skip


def answer_survival(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how long until ``question.endpoint``, by ``question.by``»."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    refusal = refuse_endpoint(question) or _refuse_interval(question)
    if refusal:
        return refusal
    selected = select_lines(study, question.selection, grouping)
    followed = follow_lines(study, selected.lines, question)
    if isinstance(followed, Refusal):
        return followed
    observed, flow = followed.lines, (*selected.flow, *followed.flow)
    if observed.is_empty():
        return refuse_nobody(question.endpoint, flow)
    result = estimate_time_to_event(
        observed.rename({"pid": "patient"}),
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        reference=question.reference or _usual_reference(observed, grouping),
        settings=study.settings,
        interval=cast("Interval", question.interval),
    )
    if isinstance(result, Refusal):
        return result
    return Answer(
        question=question,
        result=result,
        subjects=observed.select(*SUBJECT_COLUMNS, pl.col("^(entry|weight)$")),
        flow=flow,
        summary=(*(describe_group_survival(group) for group in result.groups), *describe_comparison(result)),
        notes=(
            *survival_notes(question, result.n_patients_in_several_groups),
            *(describe_moved(study, observed, question.endpoint) if question.rule_set == "default" else ()),
        ),
        study_name=study.name,
        study_version=study.version,
        weighting=followed.weighting,
    )


def refuse_endpoint(question: Question) -> Refusal | None:
    """Refuse an endpoint that is not known, or a rule set that does not decide it."""
    if question.endpoint not in ENDPOINT_BY_CODE:
        return Refusal(
            "unknown_endpoint",
            f"There is no endpoint «{question.endpoint}».",
            f"Ask for one of: {', '.join(ENDPOINT_BY_CODE)}.",
        )
    rule_set = RULE_SET_BY_CODE.get(question.rule_set)
    if rule_set is None or question.endpoint not in (rule_set.endpoints or (question.endpoint,)):
        deciding = [item.code for item in RULE_SETS if question.endpoint in (item.endpoints or (question.endpoint,))]
        return Refusal(
            "rule_set_not_for_endpoint",
            f"The rule set «{question.rule_set}» does not decide {question.endpoint}.",
            f"Choose one of: {', '.join(deciding)}.",
        )
    return None


def _refuse_interval(question: Question) -> Refusal | None:
    if question.interval in INTERVALS:
        return None
    return Refusal(
        "unknown_interval",
        f"There is no scale of limits «{question.interval}».",
        f"Choose one of: {', '.join(INTERVALS)}.",
    )


def _usual_reference(observed: pl.DataFrame, grouping: Grouping) -> str | None:
    return grouping.reference if grouping.reference in observed["group"] else None


def follow_lines(study: Study, lines: pl.DataFrame, question: Question) -> BalancedLines | Refusal:
    """Return the selected lines with their times, entries and weights, and the steps in which others were left out."""
    refusal = refuse_entry(question)
    if refusal:
        return refusal
    observed, steps = select_observed(study, lines, question)
    entered, late = enter_late(study, observed, question)
    if entered.is_empty():
        return BalancedLines(entered, (*steps, *late), None)
    balanced = balance_lines(study, entered, question)
    return balanced if isinstance(balanced, Refusal) else replace(balanced, flow=(*steps, *late, *balanced.flow))


def select_observed(study: Study, lines: pl.DataFrame, question: Question) -> tuple[pl.DataFrame, tuple[FlowStep, ...]]:
    """Join the selected lines to their times and drop, step by step and by reason, those without one.

    ``start_date`` is the endpoint's own time zero: the first response for a duration of response.
    """
    times = (
        study.table("times_to_event")
        .filter((pl.col("endpoint") == question.endpoint) & (pl.col("rule_set") == question.rule_set))
        .drop("patient_id", strict=False)
        .collect()
    )
    joined = lines.drop("start_date", "end_date", "file", "row").join(
        times, on=["pid", "line_no"], how="left", maintain_order="left"
    )
    funnel = Funnel(joined, "selected")
    reasons = joined.filter(pl.col("days").is_null())["reason"].fill_null("no time was derived for this rule set")
    for reason in sorted(reasons.unique()):
        funnel.keep(
            pl.col("days").is_not_null()
            | (pl.col("reason").fill_null("no time was derived for this rule set") != reason),
            f"{question.endpoint} known",
            reason,
        )
    return funnel.lines, tuple(funnel.flow[1:])


def refuse_nobody(endpoint: str, flow: tuple[FlowStep, ...]) -> Refusal:
    """Return the refusal for a selection in which no line has a known time, with the reasons counted."""
    why = "; ".join(f"{step.reason}: {counted(step.n_lines_removed, 'line')}" for step in flow if step.reason)
    return Refusal(
        "nobody_left",
        f"No treatment line is left for {endpoint}" + (f" ({why})." if why else "."),
        "Widen the selection, or complete the dates and follow-up that are missing.",
    )


def survival_notes(question: Question, n_in_several_groups: int | None) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers."""
    notes: list[str] = []
    if question.by == "treatment":
        adjusted = "weighted" if question.weights else "unadjusted"
        notes.append(f"Treatments were not randomised: the comparison is {adjusted}.")
    choose = question.selection.choose
    if choose == "every_line":
        notes.append(
            "Every line counts; errors are clustered by patient; "
            f"{counted(n_in_several_groups, 'person')} with lines in more than one group."
        )
    elif choose == "first_line":
        notes.append("One line a patient: the first in the selection.")
    else:
        notes.append(f"Only lines started directly after progression on {question.selection.decision_after}.")
    return (*notes, *say_follow_up(question), "Times in days are date − start + 1; months are days / 30.4375.")
