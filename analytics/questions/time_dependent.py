"""Does the hazard follow the marker: a Cox model of its last value, or of its slope so far, as they change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.estimation.episodes import Changes, check_changes, compute_running_slopes, split_episodes
from analytics.estimation.methods import describe_method
from analytics.estimation.time_dependent import ANDERSEN_GILL, estimate_time_dependent_model
from analytics.questions.design import make_design
from analytics.questions.follow_up import observe_lines
from analytics.questions.marker_model import describe_marker_model
from analytics.questions.marker_series import derive_marker_days
from analytics.questions.model_lines import ModelLines, select_model_lines
from analytics.questions.model_wording import describe_model, model_notes
from analytics.questions.question import Answer, Question
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.selection import Funnel
from analytics.questions.survival import refuse_nobody
from analytics.questions.wording import counted
from analytics.tables.cohort_results import FlowStep
from analytics.tables.model_results import TimeDependentResult
from analytics.tables.regression_results import ModelColumn, ModelResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study


@dataclass(frozen=True, slots=True)
class ChangingValue:
    """A value that changes during follow-up; its natural logarithms are divided by ``unit_of_log`` for one step."""

    name: str
    words: str
    unit: str
    step: str
    unit_of_log: float


CHANGING: dict[str, ChangingValue] = {
    "value": ChangingValue("last_value", "last value", "log2 × ULN", "doubling", log(2)),
    "slope": ChangingValue("slope", "slope so far", "10 % a month", "10 % a month", log(1.1)),
}
"""What may change, by the word of the question."""


def answer_time_dependent(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how does the hazard of ``question.endpoint`` follow ``question.changing`` of the marker».

    The groups and covariates are those known at the start.
    """
    unsuitable = _refuse_unsuitable(question)
    if unsuitable is not None:
        return unsuitable
    selected = select_model_lines(study, question)
    if isinstance(selected, Refusal):
        return selected
    known, changes, flow = _select_measured(study, question, selected)
    if known.lines.is_empty():
        return refuse_nobody(question.endpoint, flow)
    found = _fit(study, question, known, changes)
    if isinstance(found, Refusal):
        return found
    result, fitted = found
    endpoint = ENDPOINT_BY_CODE[question.endpoint].name
    names = [covariate.name for covariate in known.covariates]
    keys = ["pid", "line_no", "group", "patient_id", "days", "happened", "reason", _name_column(question)]
    return Answer(
        question=question,
        result=result,
        subjects=known.lines.select(*dict.fromkeys([*keys, *names])),
        flow=flow,
        summary=(_describe_follow_up(question, fitted), *describe_model(result, endpoint)),
        notes=(*_notes(question), *model_notes(question, result, flow)),
        study_name=study.name,
        study_version=study.version,
    )


def _refuse_unsuitable(question: Question) -> Refusal | None:
    if question.changing not in CHANGING:
        return Refusal(
            "unknown_change",
            f"«{question.changing}» is nothing that can be followed here.",
            f"Follow one of: {', '.join(CHANGING)}; for response, ask `lutetia ask switching`.",
        )
    if question.strata:
        return Refusal("no_strata", "A model of changing values has no strata here.", "Enter it as a covariate.")
    endpoint = ENDPOINT_BY_CODE.get(question.endpoint)
    if endpoint is not None and endpoint.origin != "start":
        return Refusal(
            "clock_not_from_start",
            f"The clock of {question.endpoint} starts at the first response, that of the values at the line's start.",
            "Choose an endpoint counted from the start, such as PFS or OS.",
        )
    return refuse_unknown_marker(question)


def _select_measured(
    study: Study, question: Question, selected: ModelLines
) -> tuple[ModelLines, Changes, tuple[FlowStep, ...]]:
    """Keep the lines with a value before their end; return them, their changes by place, and the flow."""
    column = _name_column(question)
    changes = _derive_changes(study, selected.lines, question)
    last = changes.group_by("pid", "line_no").agg(pl.col("value").sort_by("days").last().alias(column))
    funnel = Funnel(
        selected.lines.join(last, on=["pid", "line_no"], how="left", maintain_order="left"), "complete lines"
    )
    words = CHANGING[question.changing].words
    funnel.keep(
        pl.col(column).is_not_null(),
        f"{question.analyte} {words} known",
        f"no {question.analyte} {words} before the end of follow-up",
    )
    lines = funnel.lines
    placed = changes.join(lines.select("pid", "line_no").with_row_index("place"), on=["pid", "line_no"])
    checked = check_changes(lines.height, placed["place"], placed["days"], placed["value"])
    return replace(selected, lines=lines), checked, (*selected.flow, *funnel.flow[1:])


def _derive_changes(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return ``pid``, ``line_no``, ``days`` and ``value`` of each change before the line's end, one a day.

    A baseline of the day of the start is known from the start. A slope is that of one series of comparable values;
    after a change of assay the last one known holds until the new series has two values.
    """
    change = CHANGING[question.changing]
    days = derive_marker_days(study, lines, question.analyte)
    if question.changing == "slope":
        days = _with_slopes(days)
    return (
        days.with_columns(days=pl.when("is_baseline").then(pl.min_horizontal("days", 0)).otherwise("days"))
        .join(lines.select("pid", "line_no", end="days"), on=["pid", "line_no"])
        .filter(pl.col("days") < pl.col("end"))
        .group_by("pid", "line_no", "days")
        .agg(value=pl.col("log_fold").mean() / change.unit_of_log)
        .sort("pid", "line_no", "days")
    )


def _with_slopes(days: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the slope of their series so far (per month) in the place of ``log_fold``."""
    ordered = days.sort("pid", "line_no", "series", "days")
    code = ordered.select(pl.struct("pid", "line_no", "series").rle_id().cast(pl.Int64)).to_series()
    if ordered.is_empty():
        return ordered
    slopes = compute_running_slopes(
        Changes(code.to_numpy(), ordered["days"].to_numpy(), ordered["log_fold"].to_numpy())
    )
    return ordered.with_columns(log_fold=pl.Series(slopes)).filter(pl.col("log_fold").is_not_nan())


def _fit(
    study: Study, question: Question, known: ModelLines, changes: Changes
) -> tuple[ModelResult, TimeDependentResult] | Refusal:
    change, column = CHANGING[question.changing], _name_column(question)
    design = make_design(known.lines, known.covariates, question.spline_df)
    if isinstance(design, Refusal):
        return design
    episodes = split_episodes(observe_lines(known.lines), changes)
    baseline = design.matrix if design.columns else None
    fitted = estimate_time_dependent_model(episodes, column, baseline, design.names, settings=study.settings)
    if isinstance(fitted, Refusal):
        return fitted
    label = f"{question.analyte}, {change.words}"
    first = ModelColumn(column, column, label, "line", change.unit, step=change.step)
    carried = describe_method("Last value carried forward", ANDERSEN_GILL, holds="from the day after it was measured")
    result = describe_marker_model(question, fitted.model, first, design, known, carried)
    return result, fitted


def _name_column(question: Question) -> str:
    return f"{question.analyte.lower()}_{CHANGING[question.changing].name}"


def _describe_follow_up(question: Question, fitted: TimeDependentResult) -> str:
    words = CHANGING[question.changing].words
    return (
        f"{question.analyte} {words}, followed as it changes: {counted(fitted.n_rows, 'interval')} of "
        f"{counted(fitted.n_lines, 'line')}; {counted(fitted.n_unknown_days, 'day')} of follow-up before a first one "
        "are not counted."
    )


def _notes(question: Question) -> tuple[str, ...]:
    slope = "A slope is of comparable values of one assay, at least two. " if question.changing == "slope" else ""
    return (
        f"Every value of {question.analyte} counts from the day after it was measured until the next, so nobody is in "
        f"a group before it can be known. {slope}Values under a PPI or with a low eGFR are left out; a quantitation "
        "limit enters as the limit.",
        "The hazard follows the marker; it does not say that lowering the marker lowers the hazard. Measurement error "
        "and values grown old draw the ratio towards 1.",
    )
