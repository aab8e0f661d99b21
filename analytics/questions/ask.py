"""The one door for questions: command line, protocols, notebooks and pages all come through here."""

from __future__ import annotations

from collections.abc import Callable

from analytics.errors import RefusedError
from analytics.questions.cohort import answer_cohort
from analytics.questions.comparison import answer_comparison
from analytics.questions.competing_risks import answer_competing_risks
from analytics.questions.endpoints import answer_endpoints
from analytics.questions.interval_censored import answer_interval_censored
from analytics.questions.landmark import answer_landmark
from analytics.questions.question import Answer, Question
from analytics.questions.regression import answer_regression
from analytics.questions.response import answer_response
from analytics.questions.sensitivity import answer_sensitivity
from analytics.questions.subgroups import answer_subgroups
from analytics.questions.survival import answer_survival
from analytics.questions.switching import answer_switching
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
    "landmark": answer_landmark,
    "switching": answer_switching,
}
"""Every question by the name used on the command line; a new one is a module and a line here."""


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
    try:
        return QUESTIONS[question.kind](study, question)
    except RefusedError as problem:
        return Refusal("not_estimable", problem.what, problem.hint)
