"""The course of a marker at the safe level: curves at whole months with two figures, no knots, nobody's own curve.

A curve ends where fewer than twice the floor of people are still measured, so that its end is nobody's last visit. The
coefficients of a spline stay inside, as its knots are quantiles of the times of visits. Numbers of values are rounded
down to a multiple of the floor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import polars as pl

from analytics.export.disclosure_models import round_test
from analytics.export.merging import merge_flow_to, refuse_small
from analytics.export.rounding import round_estimate, round_figures
from analytics.questions.course_wording import describe_course
from analytics.questions.question import Answer
from analytics.tables.model_results import Coefficient, MarkerCourseResult, MixedModelResult
from analytics.tables.results import Refusal

TIMES_FLOOR = 2
NUMBERS = ("mean", "low", "high", "person_low", "person_high", "spread")
DECIMALS = 2
"""Of a natural logarithm: one per cent of the value itself."""


def make_safe_course(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the curves on whole months, or refuse when a group has too few people."""
    exact = cast("MarkerCourseResult", answer.result)
    people = answer.subjects.group_by("group").agg(n=pl.col("pid").n_unique())
    if people["n"].to_numpy().min() < TIMES_FLOOR * floor:
        return refuse_small(floor)
    curves = pl.concat([_coarsen(part, floor) for part in exact.curves.partition_by("group", maintain_order=True)])
    if curves["group"].n_unique() < len(exact.groups):
        return refuse_small(floor)
    result = replace(
        exact,
        model=_round_model(exact.model, floor, is_spline=answer.question.spline_df > 1),
        curves=curves,
        tests=tuple(round_test(test) for test in exact.tests),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects.unique(["pid", "line_no"]), floor),
        summary=describe_course(result),
        notes=(
            *(note for note in answer.notes if not note.startswith("Residuals")),
            f"Safe level: curves stand at whole months and end where fewer than {TIMES_FLOOR * floor} people are still "
            "measured; numbers of values and of people on the curve are rounded down.",
        ),
    )


def _coarsen(curve: pl.DataFrame, floor: int) -> pl.DataFrame:
    """Return a curve at whole months while enough people are measured."""
    months = curve["months"].to_numpy()
    enough = months[curve["n_patients"].to_numpy() >= TIMES_FLOOR * floor]
    whole = np.arange(0.0, float(np.floor(enough[-1])) + 1) if len(enough) else np.zeros(0)
    later = np.minimum(np.searchsorted(months, whole), len(months) - 1)
    counts = curve["n_patients"].to_numpy()[later] // floor * floor
    return pl.DataFrame({
        "group": [curve["group"][0]] * len(whole),
        "months": whole,
        **{name: np.round(np.interp(whole, months, curve[name].to_numpy()), DECIMALS) for name in NUMBERS},
        "n_patients": counts,
    })  # fmt: skip


def _round_model(model: MixedModelResult, floor: int, *, is_spline: bool) -> MixedModelResult:
    return replace(
        model,
        coefficients=() if is_spline else tuple(_round_coefficient(item) for item in model.coefficients),
        covariance=np.zeros((0, 0)),
        random_covariance=np.round(model.random_covariance, 2 * DECIMALS),
        residual_sd=round(model.residual_sd, DECIMALS),
        log_likelihood=0.0,
        n_values=model.n_values // floor * floor,
        n_beyond=model.n_beyond // floor * floor,
        patients=model.patients.clear(),
        fitted=model.fitted.clear(),
        residuals=None,
    )


def _round_coefficient(item: Coefficient) -> Coefficient:
    return Coefficient(
        item.name, round_estimate(item.estimate, 2), round_figures(item.std_error, 2), round_figures(item.p_value, 1)
    )
