"""How long until an event that was seen between two visits: by intervals, beside the day of detection."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimation.intervals import Intervals, check_intervals
from analytics.estimation.modelled_survival import estimate_modelled_quantile, estimate_modelled_survival
from analytics.estimation.survival import estimate_group_survival
from analytics.estimation.turnbull import estimate_interval_survival, find_interval_quantile
from analytics.questions.follow_up import observe_lines
from analytics.questions.interval_wording import describe_interval_group
from analytics.questions.model_wording import say_design
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.regression import fit_parametric, refuse_several_lines
from analytics.tables.competing_results import IntervalGroup, IntervalModel, IntervalSurvivalResult
from analytics.tables.results import Method, Refusal
from analytics.tables.study import Study

PARAMETRIC = ("weibull", "log-normal", "log-logistic", "exponential", "spline")
USUAL_MODELS = ("weibull", "log-normal", "spline")
EVERY_MODEL = "cox"
"""The model of a question that names none: Cox's has no place here, so all usual ones are fitted."""

CURVE_POINTS = 80


def answer_interval_censored(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how long until ``question.endpoint``» from (last negative, first positive], by ``question.by``.

    Without a parametric ``question.model`` the Weibull, log-normal and spline models are all fitted.
    """
    if question.model not in (EVERY_MODEL, *PARAMETRIC):
        return Refusal(
            "unknown_model",
            f"«{question.model}» is no model of times known between visits.",
            f"Choose one of: {', '.join(PARAMETRIC)}.",
        )
    observed = select_observed_lines(study, question)
    if isinstance(observed, Refusal):
        return observed
    lines = derive_intervals(observed.lines)
    impossible = lines.filter(pl.col("low") > pl.col("high"))
    if not impossible.is_empty():
        return Refusal(
            "impossible_interval",
            f"In {impossible.height} lines the last negative visit lies after the first positive one.",
            "Correct the assessments of these lines, or choose another rule set.",
        )
    families = USUAL_MODELS if question.model == EVERY_MODEL else (question.model,)
    groups = tuple(
        _estimate_group(study, label, lines.filter(pl.col("group") == label), families) for label in observed.labels
    )
    result = IntervalSurvivalResult(question.endpoint, question.rule_set, groups, _methods(groups))
    return Answer(
        question=question,
        result=result,
        subjects=lines.select(
            "pid", "line_no", "group", "patient_id", "days", "happened", "reason", "low", "high", "source_file",
            "source_row",
        ),
        flow=observed.flow,
        summary=tuple(sentence for group in groups for sentence in describe_interval_group(group)),
        notes=(
            "An event lies after the last visit without it and not after the first with it; a death has its day.",
            "Who died without a seen progression may have progressed before: such a death counts as it was seen.",
            *say_design(question, ()),
        ),
        study_name=study.name,
        study_version=study.version,
    )  # fmt: skip


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


def _estimate_group(study: Study, label: str, lines: pl.DataFrame, families: tuple[str, ...]) -> IntervalGroup:
    intervals = check_intervals(lines["low"].to_numpy(), lines["high"].to_list())
    detection = estimate_group_survival(observe_lines(lines), label)
    curve = estimate_interval_survival(intervals, label)
    seen = ~intervals.is_open & ~intervals.is_exact
    has_several = lines["pid"].n_unique() < lines.height
    return IntervalGroup(
        group=label,
        n_lines=lines.height,
        n_patients=lines["pid"].n_unique(),
        n_events=intervals.n_events,
        n_exact=int(intervals.is_exact.sum()),
        width_days=float(np.median((intervals.high - intervals.low)[seen])) if seen.any() else None,
        curve=curve,
        median=find_interval_quantile(curve),
        detection=detection.curve,
        detection_median=detection.median,
        models=tuple(_fit(study, intervals, family, has_several) for family in families),
    )


def _fit(study: Study, intervals: Intervals, family: str, has_several: bool) -> IntervalModel:
    if has_several:
        return IntervalModel(family, refuse_several_lines(), None, None)
    fit = fit_parametric(intervals, np.zeros((len(intervals.low), 0)), [], family, study.settings)
    if isinstance(fit, Refusal):
        return IntervalModel(family, fit, None, None)
    days = np.linspace(1, 1.25 * fit.last_day, CURVE_POINTS)
    median = None if family == "spline" else estimate_modelled_quantile(fit, ())
    return IntervalModel(family, fit, estimate_modelled_survival(fit, (), days), median)


def _methods(groups: tuple[IntervalGroup, ...]) -> tuple[Method, ...]:
    curves = [group.curve.method for group in groups if group.curve is not None]
    fits = [model.fit for group in groups for model in group.models]
    return tuple(dict.fromkeys((*curves, *(fit.method for fit in fits if not isinstance(fit, Refusal)))))
