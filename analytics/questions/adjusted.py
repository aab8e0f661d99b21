"""Curves of the groups as if all were the same people, by the model that was fitted, beside what was observed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.adjusted_survival import (
    CoxData,
    describe_adjustment,
    estimate_adjusted_survival,
    estimate_standardised_survival,
)
from analytics.estimation.observations import label_codes
from analytics.estimation.risk_sets import Ties
from analytics.estimation.survival import estimate_survival
from analytics.questions.design import Design
from analytics.questions.follow_up import observe_lines
from analytics.questions.interactions import place_in_group
from analytics.questions.model_lines import ModelLines, label_strata
from analytics.questions.question import Question
from analytics.tables.hazard_results import ParametricResult
from analytics.tables.regression_results import AdjustedCurve, ModelResult
from analytics.tables.results import Refusal

CURVE_POINTS = 60
BEYOND = 1.5
"""Times the follow-up to which a parametric model is drawn; what lies beyond follow-up is marked."""

SAID_AT_MONTHS = (12, 24, 36)


def adjust_curves(question: Question, selected: ModelLines, design: Design, result: ModelResult) -> ModelResult:
    """Add the curves of the groups to a model of groups; the penalised model has none."""
    levels = [level.level for level in result.levels if level.variable == question.by]
    if not levels or question.model == "firth":
        return result
    sets = [place_in_group(design, selected.lines, question.by, level) for level in levels]
    observations = observe_lines(selected.lines)
    if isinstance(result.fit, ParametricResult):
        days = np.linspace(1, BEYOND * result.fit.last_day, CURVE_POINTS)
        curves = estimate_standardised_survival(result.fit, sets, days)
        methods = describe_adjustment(None)
    else:
        strata = label_strata(selected)
        codes = None if strata is None else label_codes(strata)[1]
        data = CoxData(observations, design.matrix, design.names, codes, cast("Ties", question.ties))
        days = np.unique(np.rint(np.linspace(1, _last_well_followed(selected.lines), CURVE_POINTS)))
        curves = estimate_adjusted_survival(data, sets, days, question.seed, question.n_resamples)
        methods = describe_adjustment(question.seed, question.n_resamples)
    if isinstance(curves, Refusal):
        return result
    groups = [selected.lines.filter(pl.col("group") == level) for level in levels]
    return replace(
        result,
        adjusted=tuple(
            AdjustedCurve(level, part.height, curve) for level, part, curve in zip(levels, groups, curves, strict=True)
        ),
        observed=tuple(
            estimate_survival(observe_lines(part), level) for level, part in zip(levels, groups, strict=True)
        ),
        methods=(*result.methods, *methods),
    )


def describe_adjusted(result: ModelResult) -> tuple[str, ...]:
    """Say the adjusted survival of each group at the last of the usual months that lies within the curves."""
    if not result.adjusted:
        return ()
    curve = result.adjusted[0].curve
    last = curve.days[~curve.is_extrapolated][-1] / DAYS_PER_MONTH
    months = [month for month in SAID_AT_MONTHS if month <= last]
    if not months:
        return ()
    said = "; ".join(f"{item.group} {_say_at(item, months[-1])}" for item in result.adjusted)
    return (f"As if all were the same people, without the event at month {months[-1]}: {said}.",)


def _say_at(item: AdjustedCurve, month: int) -> str:
    curve, day = item.curve, month * DAYS_PER_MONTH
    value, low, high = (
        100 * float(np.interp(day, curve.days, part)) for part in (curve.survival, curve.low, curve.high)
    )
    return f"{value:.1f} %" + ("" if np.isnan(low) else f" ({low:.1f} to {high:.1f})")


def _last_well_followed(lines: pl.DataFrame) -> int:
    """Return the last day with 10 lines, and a tenth of them, at risk; the last of all of few lines."""
    days = lines["days"].sort(descending=True)
    enough = max(10, -(-len(days) // 10))
    return int(days[min(enough, len(days)) - 1])
