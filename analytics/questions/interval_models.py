"""Intervals of lines, and parametric models of everybody's intervals on group and covariates."""

from __future__ import annotations

import polars as pl

from analytics.estimation.intervals import check_intervals
from analytics.questions.design import Design, make_design
from analytics.questions.model_lines import select_model_lines
from analytics.questions.question import Question
from analytics.questions.regression import MODELS, fit_parametric, refuse_several_lines
from analytics.tables.competing_results import IntervalRegression
from analytics.tables.results import Refusal
from analytics.tables.study import Study


def derive_intervals(lines: pl.DataFrame) -> pl.DataFrame:
    """Return lines with ``low`` and ``high`` in days (date − start + 1): the event lies in (low, high].

    ``low`` is 0 without a negative visit after the start; ``high`` is null where the event was not seen.
    """
    after = (pl.col("last_negative_date") - pl.col("start_date")).dt.total_days() + 1
    until = (pl.col("first_positive_date") - pl.col("start_date")).dt.total_days() + 1
    return lines.with_columns(
        low=pl.when(pl.col("happened"))
        .then(pl.when(after > 1).then(after).otherwise(0))
        .otherwise(pl.col("days").cast(pl.Int64))
        .fill_null(0),
        high=pl.when(pl.col("happened")).then(until.fill_null(pl.col("days"))),
    )


def refuse_impossible(lines: pl.DataFrame) -> Refusal | None:
    """Refuse lines whose last negative visit lies after the first positive one."""
    n_impossible = lines.filter(pl.col("low") > pl.col("high")).height
    if n_impossible == 0:
        return None
    return Refusal(
        "impossible_interval",
        "In some lines the last negative visit lies after the first positive one.",
        "Correct the assessments of these lines, or choose another rule set.",
    )


def fit_interval_regressions(
    study: Study, question: Question, families: tuple[str, ...]
) -> tuple[Design | None, tuple[IntervalRegression, ...]]:
    """Fit one model a family to complete lines; nothing without groups and covariates.

    Returns
    -------
    tuple
        The columns of the models if any was fitted, and the models or why they are not given.
    """
    if question.by == "none" and not question.covariates:
        return None, ()
    selected = select_model_lines(study, question)
    if isinstance(selected, Refusal):
        return None, _refuse_all(families, selected)
    if selected.lines["pid"].n_unique() < selected.lines.height:
        return None, _refuse_all(families, refuse_several_lines())
    design = make_design(selected.lines, selected.covariates, question.spline_df)
    if isinstance(design, Refusal):
        return None, _refuse_all(families, design)
    lines = derive_intervals(selected.lines)
    intervals = check_intervals(lines["low"].to_numpy(), lines["high"].to_list())
    return design, tuple(
        IntervalRegression(
            family, MODELS[family], fit_parametric(intervals, design.matrix, design.names, family, study.settings)
        )
        for family in families
    )


def _refuse_all(families: tuple[str, ...], refusal: Refusal) -> tuple[IntervalRegression, ...]:
    return tuple(IntervalRegression(family, MODELS[family], refusal) for family in families)
