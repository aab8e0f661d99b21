"""Which end comes first: cumulative incidence with the others competing, and hazard ratios of both kinds."""

from __future__ import annotations

from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.endpoints import Endpoint
from analytics.catalogue.outcome_words import EVENT_WORDS
from analytics.estimation.competing_risks import (
    check_causes,
    estimate_cumulative_incidence,
    estimate_incidence_at,
)
from analytics.estimation.gray_test import compare_cumulative_incidence
from analytics.estimation.subdistribution import estimate_cause_specific_model, estimate_subdistribution_model
from analytics.questions.competing_wording import describe_competing
from analytics.questions.design import make_design
from analytics.questions.follow_up import observe_lines
from analytics.questions.model_lines import select_model_lines
from analytics.questions.model_wording import say_adjusted_models, say_design
from analytics.questions.observed import ObservedLines, select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.tables.competing_results import CompetingRisksResult, IncidenceAt, IncidenceGroup
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.regression_results import ModelColumn
from analytics.tables.results import IntArray, Method, Refusal, TestResult
from analytics.tables.study import Study

LANDMARK_MONTHS = (12, 24, 36)


def answer_competing_risks(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how often does each event of ``question.endpoint`` come first», by ``question.by``.

    The hazard ratios adjust for the covariates; the curves are of everybody.
    """
    observed = select_observed_lines(study, question)
    if isinstance(observed, Refusal):
        return observed
    causes = name_causes(observed.endpoint)
    if isinstance(causes, Refusal):
        return causes
    codes = code_causes(observed.lines, causes)
    if isinstance(codes, Refusal):
        return codes
    observed_lines = observed.lines.with_columns(cause=pl.Series(codes))
    observations = observe_lines(observed_lines)
    checked = check_causes(observations, codes)
    test = None
    if len(observed.labels) > 1:
        test = compare_cumulative_incidence(observations, checked, observed_lines["group"].to_numpy())
    groups = _estimate_groups(observed, observed_lines, causes)
    columns, cause_specific, subdistribution = _fit_hazards(study, question, causes)
    result = CompetingRisksResult(
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        causes=causes,
        groups=groups,
        test=test,
        columns=columns,
        cause_specific=cause_specific,
        subdistribution=subdistribution,
        methods=_methods(groups, test, cause_specific, subdistribution),
    )
    return Answer(
        question=question,
        result=result,
        subjects=observed_lines.select(
            "pid", "line_no", "group", "patient_id", "days", "happened", "reason", "cause", "source_file", "source_row"
        ),
        flow=observed.flow,
        summary=describe_competing(result),
        notes=(
            f"The first of {' and '.join(causes)} counts; Kaplan–Meier with the others censored would overstate it.",
            *say_adjusted_models(question, "curves and Gray's test"),
            *say_design(question, ()),
        ),
        study_name=study.name,
        study_version=study.version,
        weighting=observed.weighting,
    )


def name_causes(endpoint: Endpoint) -> tuple[str, ...] | Refusal:
    """Return the events of an endpoint in words, or refuse one that has a single event."""
    causes = tuple(EVENT_WORDS[event][0] for event in endpoint.events)
    if len(causes) > 1:
        return causes
    return Refusal(
        "one_cause",
        f"{endpoint.name} has one event, {''.join(causes)}: nothing competes with it here.",
        "Ask for an endpoint with several events, for example PFS: progression with death competing.",
    )


def code_causes(lines: pl.DataFrame, causes: tuple[str, ...]) -> IntArray | Refusal:
    """Return 1, 2 … for the cause that ended each line, 0 where none did, shape (n,)."""
    places = {cause: place for place, cause in enumerate(causes, start=1)}
    happened, reasons = lines["happened"].to_list(), lines["reason"].to_list()
    codes = [places.get(reason, -1) if seen else 0 for seen, reason in zip(happened, reasons, strict=True)]
    if min(codes, default=0) < 0:
        strange = reasons[codes.index(-1)]
        return Refusal(
            "unknown_cause",
            f"«{strange}» is none of {', '.join(causes)}.",
            "Use a rule set whose events are told apart, for example default.",
        )
    return np.array(codes, dtype=np.int64)


def _estimate_groups(
    observed: ObservedLines, lines: pl.DataFrame, causes: tuple[str, ...]
) -> tuple[IncidenceGroup, ...]:
    groups: list[IncidenceGroup] = []
    for label in observed.labels:
        part = lines.filter(pl.col("group") == label)
        observations = observe_lines(part)
        codes = check_causes(observations, part["cause"].to_numpy())
        curves = tuple(
            estimate_cumulative_incidence(observations, codes, place, label) for place in range(1, len(causes) + 1)
        )
        landmarks = tuple(
            IncidenceAt(cause, days, estimate_incidence_at(curve, days))
            for cause, curve in zip(causes, curves, strict=True)
            for days in (int(months * DAYS_PER_MONTH) for months in LANDMARK_MONTHS)
        )
        groups.append(IncidenceGroup(label, part.height, part["pid"].n_unique(), curves, landmarks))
    return tuple(groups)


def _fit_hazards(
    study: Study, question: Question, causes: tuple[str, ...]
) -> tuple[tuple[ModelColumn, ...], RegressionResult | Refusal | None, RegressionResult | Refusal | None]:
    """Fit both hazards of the first cause on complete lines; nothing to fit without groups and covariates."""
    if question.by == "none" and not question.covariates:
        return (), None, None
    selected = select_model_lines(study, question)
    if isinstance(selected, Refusal):
        return (), selected, selected
    design = make_design(selected.lines, selected.covariates, question.spline_df)
    if isinstance(design, Refusal):
        return (), design, design
    observations = observe_lines(selected.lines)
    checked = check_causes(observations, cast("IntArray", code_causes(selected.lines, causes)))
    given = (observations, checked, design.matrix, design.names)
    return (
        design.columns,
        estimate_cause_specific_model(*given, settings=study.settings),
        estimate_subdistribution_model(*given, settings=study.settings),
    )


def _methods(
    groups: tuple[IncidenceGroup, ...],
    test: TestResult | Refusal | None,
    *models: RegressionResult | Refusal | None,
) -> tuple[Method, ...]:
    curves = (curve.method for group in groups for curve in group.curves)
    others = (item.method for item in (test, *models) if isinstance(item, TestResult | RegressionResult))
    return tuple(dict.fromkeys((*curves, *others)))
