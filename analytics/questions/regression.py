"""How the hazard, or the time, depends on several things at once: Cox and parametric models."""

from __future__ import annotations

from typing import cast

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.accelerated_failure import estimate_accelerated_failure
from analytics.estimation.cox_model import estimate_cox_model
from analytics.estimation.distributions import DISTRIBUTIONS, Family
from analytics.estimation.effects_over_time import smooth_effects_over_time
from analytics.estimation.firth import estimate_firth_model
from analytics.estimation.flexible_parametric import estimate_flexible_parametric
from analytics.estimation.influential_lines import estimate_influence
from analytics.estimation.intervals import Intervals, intervals_of
from analytics.estimation.observations import Observations
from analytics.estimation.risk_sets import Ties
from analytics.questions.adjusted import adjust_curves, describe_adjusted
from analytics.questions.design import Design, make_design
from analytics.questions.follow_up import observe_lines
from analytics.questions.interactions import cross_covariates
from analytics.questions.model_effects import collect_methods, compare_variables, draw_out_curves
from analytics.questions.model_lines import ModelLines, label_strata, select_model_lines
from analytics.questions.model_wording import describe_model, model_notes
from analytics.questions.question import Answer, Question
from analytics.tables.hazard_results import ParametricResult, RegressionResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import FloatArray, Refusal
from analytics.tables.study import Study

MODELS: dict[str, str] = {
    "cox": "hazard ratio",
    "firth": "hazard ratio",
    "spline": "hazard ratio",
    **dict.fromkeys(DISTRIBUTIONS, "time ratio"),
}
"""The models by name, and what their ratios are of."""

WITH_STRATA = ("cox", "firth")


def answer_regression(study: Study, question: Question) -> Answer | Refusal:
    """Answer «what does time to ``question.endpoint`` depend on», by ``question.by`` and the covariates."""
    refusal = refuse_model_words(question)
    if refusal:
        return refusal
    selected = select_model_lines(study, question)
    if isinstance(selected, Refusal):
        return selected
    design = design_model(study, question, selected)
    if isinstance(design, Refusal):
        return design
    fitted = fit_model(study, question, selected, design)
    if isinstance(fitted, Refusal):
        return fitted
    result = adjust_curves(question, selected, design, fitted)
    names = [covariate.name for covariate in (*selected.covariates, *selected.strata)]
    keys = ["pid", "line_no", "group", "patient_id", "days", "happened", "reason"]
    return Answer(
        question=question,
        result=result,
        subjects=selected.lines.select(*dict.fromkeys([*keys, *names])),
        flow=selected.flow,
        summary=(*describe_model(result, ENDPOINT_BY_CODE[question.endpoint].name), *describe_adjusted(result)),
        notes=model_notes(question, result, selected.flow),
        study_name=study.name,
        study_version=study.version,
        weighting=selected.weighting,
    )


def refuse_model_words(question: Question) -> Refusal | None:
    """Refuse words of a model that are not known, and strata where there are none."""
    if question.model not in MODELS:
        return Refusal(
            "unknown_model", f"There is no model «{question.model}».", f"Choose one of: {', '.join(MODELS)}."
        )
    if question.ties not in ("efron", "breslow"):
        return Refusal("unknown_ties", f"There is no rule for ties «{question.ties}».", "Choose efron or breslow.")
    if question.strata and question.model not in WITH_STRATA:
        return Refusal(
            "no_strata",
            "Only the Cox model, plain or with Firth's penalty, has strata.",
            "Enter the stratum as a covariate, or use the Cox model.",
        )
    return None


def design_model(study: Study, question: Question, selected: ModelLines) -> Design | Refusal:
    """Return the columns of the model of ``question``, products included."""
    main = make_design(selected.lines, selected.covariates, question.spline_df)
    if isinstance(main, Refusal):
        return main
    return cross_covariates(main, selected.lines, question.interactions, study.settings)


def fit_model(study: Study, question: Question, selected: ModelLines, design: Design) -> ModelResult | Refusal:
    """Fit the model of ``question`` to complete lines and say what the fit means."""
    lines = selected.lines
    observations = observe_lines(lines)
    fit = _fit(study, question, selected, design, observations)
    if isinstance(fit, Refusal):
        return fit
    tests = compare_variables(fit, design, lines)
    return ModelResult(
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        model=question.model,
        ratio=MODELS[question.model],
        fit=fit,
        columns=design.columns,
        levels=design.levels,
        curves=draw_out_curves(fit, design, lines),
        missing=selected.missing,
        variable_tests=tests,
        effects_over_time=smooth_effects_over_time(fit) if isinstance(fit, RegressionResult) else (),
        n_lines=observations.days.size,
        n_patients=observations.n_patients,
        n_events=observations.n_events,
        n_parameters=len(fit.parameters) if isinstance(fit, ParametricResult) else len(fit.terms),
        methods=collect_methods(fit, tests),
        influence=_measure_influence(study, question, selected, design, observations),
    )


def _fit(
    study: Study, question: Question, selected: ModelLines, design: Design, observations: Observations
) -> RegressionResult | ParametricResult | Refusal:
    if question.model == "cox":
        return estimate_cox_model(
            observations,
            design.matrix,
            design.names,
            strata=label_strata(selected),
            ties=cast("Ties", question.ties),
            settings=study.settings,
        )
    if observations.weights is not None:
        return Refusal("no_weights", "A parametric or penalised model takes no weights.", "Use the Cox model.")
    if observations.needs_robust_errors:
        return refuse_several_lines()
    if question.model == "firth":
        return estimate_firth_model(
            observations, design.matrix, design.names, label_strata(selected), cast("Ties", question.ties)
        )
    return fit_parametric(intervals_of(observations), design.matrix, design.names, question.model, study.settings)


def fit_parametric(
    intervals: Intervals, covariates: FloatArray, names: list[str], model: str, settings: Settings
) -> ParametricResult | Refusal:
    """Fit a model of known days or intervals; too few distinct times for the knots of a spline are a refusal."""
    if model != "spline":
        return estimate_accelerated_failure(intervals, covariates, names, cast("Family", model), settings=settings)
    try:
        return estimate_flexible_parametric(intervals, covariates, names, settings=settings)
    except RefusedError as problem:
        return Refusal("too_few_times", problem.what, "Choose a Weibull or log-normal model, which have no knots.")


def _measure_influence(
    study: Study, question: Question, selected: ModelLines, design: Design, observations: Observations
) -> FloatArray | None:
    if question.model != "cox":
        return None
    strata, ties = label_strata(selected), cast("Ties", question.ties)
    found = estimate_influence(observations, design.matrix, design.names, strata, ties, study.settings)
    return None if isinstance(found, Refusal) else found


def refuse_several_lines() -> Refusal:
    """Return the refusal of a parametric or penalised model of people with several lines."""
    return Refusal(
        "several_lines",
        "A parametric or penalised model needs one line a person: its errors would be too small.",
        "Choose the first line of each patient or the decision point, or use the Cox model, which allows several.",
    )
