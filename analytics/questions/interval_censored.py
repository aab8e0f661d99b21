"""How long until an event that was seen between two visits: by intervals, beside the day of detection."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimation.group_counts import count_groups, refuse_test
from analytics.estimation.interval_bootstrap import estimate_interval_limits
from analytics.estimation.interval_comparison import compare_interval_survival
from analytics.estimation.intervals import Intervals, check_intervals
from analytics.estimation.modelled_survival import estimate_modelled_quantile, estimate_modelled_survival
from analytics.estimation.survival import estimate_group_survival
from analytics.estimation.turnbull import estimate_interval_survival, find_interval_quantile
from analytics.questions.follow_up import observe_lines
from analytics.questions.interval_models import derive_intervals, fit_interval_regressions, refuse_impossible
from analytics.questions.interval_wording import describe_intervals
from analytics.questions.model_wording import say_adjusted_models, say_design
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.regression import MODELS, WITH_STRATA, fit_parametric, refuse_several_lines
from analytics.tables.competing_results import IntervalGroup, IntervalModel, IntervalRegression, IntervalSurvivalResult
from analytics.tables.results import Method, Refusal, TestResult
from analytics.tables.study import Study

PARAMETRIC = tuple(name for name in MODELS if name not in WITH_STRATA)
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
    refusal = refuse_impossible(lines)
    if refusal:
        return refusal
    result = _estimate(study, question, observed.labels, lines)
    return Answer(
        question=question,
        result=result,
        subjects=lines.select(
            "pid", "line_no", "group", "patient_id", "days", "happened", "reason", "low", "high", "source_file",
            "source_row",
        ),
        flow=observed.flow,
        summary=describe_intervals(result),
        notes=(
            "An event lies after the last visit without it and not after the first with it; a death and a treatment "
            "have their day.",
            "Who died without a seen progression may have progressed before: such a death counts as it was seen.",
            "The test asks that the groups are visited alike; the models do not.",
            *say_adjusted_models(question, "curves, medians and the test"),
            *say_design(question, ()),
        ),
        study_name=study.name,
        study_version=study.version,
    )  # fmt: skip


def _estimate(study: Study, question: Question, labels: tuple[str, ...], lines: pl.DataFrame) -> IntervalSurvivalResult:
    """Estimate each group, the test of all and the models of all."""
    families = USUAL_MODELS if question.model == EVERY_MODEL else (question.model,)
    groups = tuple(
        _estimate_group(study, question, label, lines.filter(pl.col("group") == label), families) for label in labels
    )
    test = _compare(study, lines) if len(labels) > 1 else None
    design, regressions = fit_interval_regressions(study, question, families)
    return IntervalSurvivalResult(
        question.endpoint,
        question.rule_set,
        groups,
        _methods(groups, test, regressions),
        test,
        () if design is None else design.columns,
        () if design is None else design.levels,
        regressions,
    )


def _compare(study: Study, lines: pl.DataFrame) -> TestResult | Refusal:
    observations, labels = observe_lines(lines), lines["group"].to_numpy()
    intervals = check_intervals(lines["low"].to_numpy(), lines["high"].to_list())
    refusal = refuse_test(count_groups(observations, labels), study.settings)
    return refusal or compare_interval_survival(intervals, labels, observations.cluster)


def _estimate_group(
    study: Study, question: Question, label: str, lines: pl.DataFrame, families: tuple[str, ...]
) -> IntervalGroup:
    intervals, observations = check_intervals(lines["low"].to_numpy(), lines["high"].to_list()), observe_lines(lines)
    detection = estimate_group_survival(observations, label)
    curve = estimate_interval_survival(intervals, label)
    limits = None
    if question.n_resamples > 0 and intervals.n_events:
        limits = estimate_interval_limits(intervals, observations, curve, question.seed, question.n_resamples)
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
        limits=limits,
    )


def _fit(study: Study, intervals: Intervals, family: str, has_several: bool) -> IntervalModel:
    if has_several:
        return IntervalModel(family, refuse_several_lines(), None, None)
    fit = fit_parametric(intervals, np.zeros((len(intervals.low), 0)), [], family, study.settings)
    if isinstance(fit, Refusal):
        return IntervalModel(family, fit, None, None)
    days = np.linspace(1, 1.25 * fit.last_day, CURVE_POINTS)
    return IntervalModel(family, fit, estimate_modelled_survival(fit, (), days), estimate_modelled_quantile(fit, ()))


def _methods(
    groups: tuple[IntervalGroup, ...], test: TestResult | Refusal | None, regressions: tuple[IntervalRegression, ...]
) -> tuple[Method, ...]:
    found = [item for group in groups for item in (group.curve, group.limits)]
    fits = [test, *(model.fit for group in groups for model in group.models), *(model.fit for model in regressions)]
    used = [item for item in (*found, *fits) if item is not None and not isinstance(item, Refusal)]
    return tuple(dict.fromkeys(item.method for item in used))
