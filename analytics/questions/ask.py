"""The one door for questions: command line, protocols, notebooks and pages all come through here."""

from __future__ import annotations

from collections.abc import Callable

from analytics.errors import RefusedError
from analytics.questions.agreement import answer_agreement
from analytics.questions.best_response import answer_best_response
from analytics.questions.choices import answer_choices
from analytics.questions.cohort import answer_cohort
from analytics.questions.comparison import answer_comparison
from analytics.questions.competing_risks import answer_competing_risks
from analytics.questions.course import answer_course
from analytics.questions.endpoints import answer_endpoints
from analytics.questions.growth import answer_growth
from analytics.questions.imputation import answer_imputation
from analytics.questions.interval_censored import answer_interval_censored
from analytics.questions.landmark import answer_landmark
from analytics.questions.question import Answer, Question
from analytics.questions.readings import answer_readings
from analytics.questions.regression import answer_regression
from analytics.questions.regrowth import answer_regrowth
from analytics.questions.response import answer_response
from analytics.questions.response_model import answer_response_model
from analytics.questions.rule_changes import answer_rule_changes
from analytics.questions.sensitivity import answer_sensitivity
from analytics.questions.subgroups import answer_subgroups
from analytics.questions.surveillance import answer_surveillance
from analytics.questions.survival import answer_survival
from analytics.questions.switching import answer_switching
from analytics.questions.symptoms import answer_symptoms
from analytics.questions.time_dependent import answer_time_dependent
from analytics.questions.toxicity import answer_toxicity
from analytics.questions.trajectory import answer_trajectory
from analytics.tables.results import Refusal
from analytics.tables.study import Study

QUESTIONS: dict[str, Callable[[Study, Question], Answer | Refusal]] = {
    "cohort": answer_cohort,
    "survival": answer_survival,
    "response": answer_response,
    "trajectory": answer_trajectory,
    "endpoints": answer_endpoints,
    "regression": answer_regression,
    "competing_risks": answer_competing_risks,
    "interval_censored": answer_interval_censored,
    "comparison": answer_comparison,
    "subgroups": answer_subgroups,
    "sensitivity": answer_sensitivity,
    "rule_changes": answer_rule_changes,
    "choices": answer_choices,
    "best_response": answer_best_response,
    "readings": answer_readings,
    "toxicity": answer_toxicity,
    "symptoms": answer_symptoms,
    "surveillance": answer_surveillance,
    "landmark": answer_landmark,
    "switching": answer_switching,
    "response_model": answer_response_model,
    "agreement": answer_agreement,
    "imputation": answer_imputation,
    "growth": answer_growth,
    "regrowth": answer_regrowth,
    "course": answer_course,
    "time_dependent": answer_time_dependent,
}
"""Every question by its name on the command line; a new one is a module, a line here, a sentence in `kinds.KINDS`."""

WITH_LATE_ENTRY = ("survival", "regression", "comparison", "competing_risks", "subgroups", "sensitivity")
WITH_PRODUCTS = ("regression",)


def answer(study: Study, question: Question) -> Answer | Refusal:
    """Answer a question from a study.

    Returns
    -------
    Answer or Refusal
        A refusal says in plain words why the data cannot answer, and what would help.

    Raises
    ------
    UserError
        If the question itself cannot be understood, for example a date that is not one.
    """
    if question.kind not in QUESTIONS:
        return Refusal(
            "unknown_question",
            f"There is no question «{question.kind}».",
            f"Ask one of: {', '.join(QUESTIONS)}.",
        )
    refusal = refuse_unused_option(question)
    if refusal:
        return refusal
    try:
        return QUESTIONS[question.kind](study, question)
    except RefusedError as problem:
        return Refusal("not_estimable", problem.what, problem.hint)


def refuse_unused_option(question: Question) -> Refusal | None:
    """Refuse late entry, weights and interactions where a question would pass over them."""
    for asked, kinds in ((question.entry or question.weights, WITH_LATE_ENTRY), (question.interactions, WITH_PRODUCTS)):
        if asked and question.kind not in kinds:
            return Refusal(
                "option_not_used",
                f"The question {question.kind} has no late entry, weights or interactions.",
                f"Leave them out, or ask one of: {', '.join(kinds)}.",
            )
    return None
