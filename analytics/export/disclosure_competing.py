"""Competing risks and intervals at the safe level.

Incidence: months are merged until each row is of nobody or of the floor of people for every cause and for censoring;
what is said at a row is rounded to two figures. Intervals: a Turnbull estimate shows when people were seen, so it stays
inside with the curve by detection; smooth curves of few parameters leave, up to the last follow-up, rounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.coarse_causes import release_cause_rows
from analytics.export.coarse_time import is_enough
from analytics.export.disclosure_models import (
    EVENTS_PER_LEVEL,
    has_enough_events,
    has_enough_others,
    refuse_small_levels,
    round_term,
    round_test,
)
from analytics.export.merging import count_people, merge_flow_to, refuse_small
from analytics.export.rounding import round_estimate, round_figures, round_months
from analytics.questions.competing_wording import describe_competing
from analytics.questions.interval_wording import describe_intervals
from analytics.questions.question import Answer
from analytics.tables.competing_results import (
    CompetingRisksResult,
    CumulativeIncidence,
    IncidenceGroup,
    IntervalGroup,
    IntervalModel,
    IntervalSurvivalResult,
)
from analytics.tables.hazard_results import ModelledCurve, ParametricResult, RegressionResult
from analytics.tables.results import Estimate, FloatArray, Refusal, TestResult

NOTHING = Estimate(None, None, None, "days")


def make_safe_competing(answer: Answer, floor: int) -> Answer | Refusal:
    """Return incidences on released months; hazard ratios only where every group has twice the floor of events."""
    exact = cast("CompetingRisksResult", answer.result)
    coarse = [_coarsen(group, exact.causes, answer.subjects, floor) for group in exact.groups]
    groups = tuple(group for group in coarse if group is not None)
    if not groups:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in([group.group for group in groups]))
    own = answer.subjects.with_columns(happened=pl.col("cause") == 1)
    withheld = refuse_small_levels(own, ("group",), floor)
    if withheld is None and len(groups) < len(exact.groups):
        withheld = refuse_small(floor)
    test = exact.test
    result = replace(
        exact,
        groups=groups,
        test=withheld if withheld and test else round_test(test) if isinstance(test, TestResult) else test,
        columns=() if withheld else tuple(column for column in exact.columns if column.kind != "spline"),
        cause_specific=withheld or _round_model(exact, exact.cause_specific),
        subdistribution=withheld or _round_model(exact, exact.subdistribution),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=describe_competing(result, "{:g}".format),
        notes=(*answer.notes, _say_level(floor)),
    )


def make_safe_intervals(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the parametric curves and medians in whole months; refuse where no model was fitted."""
    exact = cast("IntervalSurvivalResult", answer.result)
    groups = tuple(
        _smooth_only(group, part, floor)
        for group in exact.groups
        if any(model.curve for model in group.models)
        and _may_show(part := answer.subjects.filter(pl.col("group") == group.group), floor)
    )
    if not groups:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in([group.group for group in groups]))
    result = _compare_safely(replace(exact, groups=groups), len(groups) == len(exact.groups), floor)
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=describe_intervals(result, "{:g}".format),
        notes=(*answer.notes, "Safe level: the estimate without a model shows single visits and stays inside."),
    )


def _compare_safely(result: IntervalSurvivalResult, is_whole: bool, floor: int) -> IntervalSurvivalResult:
    """Round the test and the models of everybody where every group is shown and every level has enough of both."""
    has_enough = all(
        (level.n_events or 0) >= EVENTS_PER_LEVEL * floor
        and is_enough((level.n_lines or 0) - (level.n_events or 0), floor)
        for level in result.levels
    )
    if not is_whole or not has_enough:
        withheld = refuse_small(floor)
        return replace(
            result, test=result.test and withheld, columns=(), levels=(),
            regressions=tuple(replace(model, fit=withheld) for model in result.regressions),
        )  # fmt: skip
    return replace(
        result,
        test=round_test(result.test) if isinstance(result.test, TestResult) else result.test,
        columns=tuple(column for column in result.columns if column.kind != "spline"),
        levels=(),
        regressions=tuple(replace(model, fit=_round_parametric(result, model.fit)) for model in result.regressions),
    )


def _round_parametric(result: IntervalSurvivalResult, fit: ParametricResult | Refusal) -> ParametricResult | Refusal:
    if isinstance(fit, Refusal):
        return fit
    kept = [place for place, column in enumerate(result.columns) if column.kind != "spline"]
    return replace(_without_numbers(fit), terms=tuple(round_term(fit.terms[place]) for place in kept))


def _without_numbers(fit: ParametricResult) -> ParametricResult:
    """Return a fit without what would give back its curve to every digit."""
    return replace(
        fit, parameters=np.zeros(0), covariance=np.zeros((0, 0)), knots=(), log_likelihood=0.0,
        aic=round(fit.aic), last_day=0.0,
    )  # fmt: skip


def _coarsen(
    group: IncidenceGroup, causes: tuple[str, ...], subjects: pl.DataFrame, floor: int
) -> IncidenceGroup | None:
    lines = subjects.filter(pl.col("group") == group.group)
    rows = release_cause_rows(lines, len(causes), floor)
    if not rows:
        return None
    days = np.array([0, *(int(month * DAYS_PER_MONTH) for month, _ in rows)], dtype=np.int64)
    counts = np.array([[0] * (len(causes) + 1), *(found for _, found in rows)], dtype=np.int64)
    at_risk = lines.height - np.concatenate([[0], np.cumsum(counts.sum(axis=1))[:-1]])
    curves = tuple(_thin(curve, days, at_risk, counts[:, curve.cause]) for curve in group.curves)
    landmarks = tuple(
        replace(mark, incidence=round_estimate(mark.incidence, 2)) for mark in group.landmarks if mark.days in days
    )
    return IncidenceGroup(group.group, lines.height, count_people(lines, floor), curves, landmarks)


def _thin(curve: CumulativeIncidence, days: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> CumulativeIncidence:
    row = np.searchsorted(curve.time, days, side="right") - 1
    return replace(
        curve,
        time=days,
        n_risk=at_risk,
        n_event=events,
        incidence=_round(curve.incidence[row]),
        std_error=_round(curve.std_error[row]),
        low=_round(curve.low[row]),
        high=_round(curve.high[row]),
    )


def _round(values: FloatArray) -> FloatArray:
    return np.array([np.nan if np.isnan(value) else round_figures(float(value), 2) for value in values])


def _round_model(
    exact: CompetingRisksResult, model: RegressionResult | Refusal | None
) -> RegressionResult | Refusal | None:
    if not isinstance(model, RegressionResult):
        return model
    kept = [place for place, column in enumerate(exact.columns) if column.kind != "spline"]
    return replace(
        model,
        terms=tuple(round_term(model.terms[place]) for place in kept),
        covariance=np.zeros((0, 0)),
        log_likelihood=0.0,
        tests=tuple(round_test(test) for test in model.tests),
        proportionality=None,
    )


def _may_show(lines: pl.DataFrame, floor: int) -> bool:
    return has_enough_events(lines, floor) and has_enough_others(lines, floor)


def _smooth_only(group: IntervalGroup, lines: pl.DataFrame, floor: int) -> IntervalGroup:
    return replace(
        group,
        n_patients=count_people(lines, floor),
        n_exact=None,
        width_days=None,
        curve=None,
        median=None,
        detection=None,
        detection_median=NOTHING,
        models=tuple(_smooth_model(model) for model in group.models),
        limits=None,
    )


def _smooth_model(model: IntervalModel) -> IntervalModel:
    if isinstance(model.fit, Refusal) or model.curve is None:
        return model
    within = ~model.curve.is_extrapolated
    held = model.curve
    curve = ModelledCurve(
        held.days[within], _round(held.survival[within]), _round(held.low[within]), _round(held.high[within]),
        held.is_extrapolated[within], held.level,
    )  # fmt: skip
    median = model.median and round_months(model.median)
    return IntervalModel(model.family, _without_numbers(model.fit), curve, median)


def _say_level(floor: int) -> str:
    return (
        f"Safe level: months are merged until each row is of nobody or of at least {floor} people for every cause; "
        "incidences have two figures and counts are those up to the last row."
    )
