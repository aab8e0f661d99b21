"""Regressions at the safe level: two figures, levels with events enough behind them, no spline terms, no residuals.

A coefficient table with two figures and twice the floor of events behind every level cannot give back a person. What
can is left out: coefficients of a spline (its knots are quantiles, its ends the smallest and largest value of all),
residuals (one a person and day), exact counts of a level or of the missing below the floor, and a curve where fewer
than the floor of people lie beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np
import polars as pl

from analytics.export.coarse_time import is_enough
from analytics.export.merging import count_people, merge_flow_to
from analytics.export.rounding import round_estimate, round_figures
from analytics.export.sentences import name_endpoint
from analytics.questions.model_wording import COMPLETE_LINES, describe_model
from analytics.questions.question import Answer
from analytics.tables.hazard_results import ModelTerm, ParametricResult, RegressionResult
from analytics.tables.regression_results import EffectCurve, LevelCount, ModelResult
from analytics.tables.results import FloatArray, Refusal, TestResult

EVENTS_PER_LEVEL = 2
"""Times the floor: events each level needs, as the groups of a survival answer do."""


def make_safe_model(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the regression with rounded terms, or refuse when a level is too small to stand in a table."""
    exact = cast("ModelResult", answer.result)
    crossed = (column.variable.split(" × ") for column in exact.columns if column.kind == "product")
    categories = {level.variable for level in exact.levels}
    variables = (tuple(name for name in pair if name in categories) for pair in crossed)
    refusal = refuse_small_levels(answer.subjects, (*categories, *variables), floor)
    if refusal:
        return refusal
    kept = [place for place, column in enumerate(exact.columns) if column.kind != "spline"]
    curves = (_round_curve(curve, answer.subjects, floor) for curve in exact.curves)
    result = replace(
        exact,
        fit=_round_fit(exact.fit, kept),
        columns=tuple(exact.columns[place] for place in kept),
        levels=hide_small_counts(answer.subjects, exact.levels, floor),
        curves=tuple(curve for curve in curves if curve is not None),
        missing=tuple(
            replace(item, n_lines=item.n_lines if is_enough(item.n_lines or 0, floor) else None)
            for item in exact.missing
        ),
        variable_tests=tuple(round_test(test) for test in exact.variable_tests),
        effects_over_time=(),
        influence=None,
        adjusted=(),
        observed=(),
        n_patients=count_people(answer.subjects, floor),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects.unique(["pid", "line_no"], maintain_order=True), floor),
        summary=describe_model(result, name_endpoint(exact.endpoint), lambda value: f"{value:g}"),
        notes=(
            *(note for note in answer.notes if not note.startswith(COMPLETE_LINES)),
            f"{COMPLETE_LINES}; missing.csv counts the others where they are nobody or enough.",
            "Safe level: ratios have two figures, p values one; terms of splines, residuals and adjusted curves stay "
            "inside.",
        ),
    )


def refuse_small_levels(
    subjects: pl.DataFrame, variables: Iterable[str | tuple[str, ...]], floor: int
) -> Refusal | None:
    """Refuse when a level of a category, a combination of levels, or everybody, has too few people or events."""
    columns = ((names,) if isinstance(names, str) else names for names in dict.fromkeys(variables))
    parts = [part for names in columns if names for part in subjects.partition_by(*names)]
    may_stand = all(has_enough_events(part, floor) for part in (subjects, *parts))
    if may_stand and has_enough_others(subjects, floor):
        return None
    return Refusal(
        "model_withheld",
        f"At the safe level a model leaves only when every level in it is of at least {floor} people and "
        f"{EVENTS_PER_LEVEL * floor} events.",
        "Leave the small category out, widen the selection, or use the full level inside the hospital.",
    )


def hide_small_counts(subjects: pl.DataFrame, levels: tuple[LevelCount, ...], floor: int) -> tuple[LevelCount, ...]:
    """Withhold the events of all levels of a variable where those without one are few in any of them."""
    telling = {
        variable
        for variable in {level.variable for level in levels}
        if not all(has_enough_others(part, floor) for part in subjects.partition_by(variable))
    }
    return tuple(replace(level, n_events=None) if level.variable in telling else level for level in levels)


def round_test(test: TestResult) -> TestResult:
    """Round a statistic to two figures and a p value to one."""
    return replace(test, statistic=round_figures(test.statistic, 2), p_value=round_figures(test.p_value, 1))


def round_term(term: ModelTerm) -> ModelTerm:
    """Round a ratio and its limits to two figures; the coefficient is that of the rounded ratio."""
    ratio = round_estimate(term.ratio, 2)
    return ModelTerm(
        term.name,
        round_figures(float(np.log(ratio.value or 1.0)), 2),
        round_figures(term.std_error, 2),
        ratio,
        round_figures(term.p_value, 1),
    )


def has_enough_events(lines: pl.DataFrame, floor: int) -> bool:
    """Return whether the lines hold twice the floor of events, of at least the floor of people."""
    events = lines.filter("happened")
    return events.height >= EVENTS_PER_LEVEL * floor and events["pid"].n_unique() >= floor


def has_enough_others(lines: pl.DataFrame, floor: int) -> bool:
    """Return whether those without an event are nobody, or at least the floor of people."""
    return is_enough(lines.filter(~pl.col("happened"))["pid"].n_unique(), floor)


def _round_fit(fit: RegressionResult | ParametricResult, kept: list[int]) -> RegressionResult | ParametricResult:
    """Return the fit with rounded terms only: no covariance, no likelihood, no residuals."""
    terms = tuple(round_term(fit.terms[place]) for place in kept)
    nothing: FloatArray = np.zeros((0, 0))
    if isinstance(fit, ParametricResult):
        return replace(
            fit, terms=terms, parameters=nothing[0:0].ravel(), covariance=nothing, knots=(), log_likelihood=0.0,
            aic=0.0, last_day=0.0,
        )  # fmt: skip
    held = fit.proportionality
    given = () if held is None else (test for test in held.tests if isinstance(test, TestResult))
    over_time = tuple(round_test(test) for test in given)
    safe = held and replace(held, tests=over_time, time=nothing.ravel(), scaled=nothing)
    tests = tuple(round_test(test) for test in fit.tests)
    return replace(fit, terms=terms, covariance=nothing, log_likelihood=0.0, tests=tests, proportionality=safe)


def _round_curve(curve: EffectCurve, subjects: pl.DataFrame, floor: int) -> EffectCurve | None:
    """Cut the curve where fewer than the floor of people lie beyond, and round it to two figures."""
    people = subjects.group_by("pid").agg(low=pl.col(curve.variable).min(), high=pl.col(curve.variable).max())
    if people.height < 2 * floor:
        return None
    first = float(people["high"].sort()[floor - 1])
    last = float(people["low"].sort(descending=True)[floor - 1])
    shown = (curve.value >= first) & (curve.value <= last)
    if not shown.any():
        return None

    def rounded(values: FloatArray) -> FloatArray:
        return np.array([round_figures(float(value), 2) for value in values[shown]])

    return replace(
        curve,
        value=np.round(curve.value[shown], 1),
        ratio=rounded(curve.ratio),
        low=rounded(curve.low),
        high=rounded(curve.high),
        reference=round(curve.reference, 1),
    )
