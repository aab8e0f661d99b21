"""A fitted model in sentences: how many, each ratio with limits, each curve between two values, what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analytics.questions.follow_up import say_follow_up
from analytics.questions.model_lines import TOO_RARE
from analytics.questions.question import Question
from analytics.questions.wording import counted, p_value, refused
from analytics.tables.cohort_results import FlowStep
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.regression_results import EffectCurve, ModelColumn, ModelResult
from analytics.tables.results import Estimate, Refusal, TestResult

ALL_TERMS = "all"
"""Name of the proportionality test of all terms at once."""

COMPLETE_LINES = "Complete lines only"

CLEARLY = 0.05
"""A p value of the proportionality test below which the ratio is said to be an average over time."""


def describe_model(
    result: ModelResult, endpoint: str, say: Callable[[float], str] = "{:.2f}".format
) -> tuple[str, ...]:
    """Say the size of the model, its ratios, curves and tests; ``say`` writes a ratio."""
    noun = "response" if result.ratio == "odds ratio" else "event"
    first = (
        f"{result.fit.method.name} of {endpoint} ({result.rule_set}): {counted(result.n_lines, 'line')} of "
        f"{counted(result.n_patients, 'person')}, {counted(result.n_events, noun)}, "
        f"{counted(result.n_parameters, 'parameter')} ({result.n_events / result.n_parameters:.0f} {noun}s each)."
    )
    ratios = (
        _describe_ratio(column, term, result.ratio, say)
        for column, term in zip(result.columns, result.fit.terms, strict=True)
        if column.kind != "spline"
    )
    straight = {column.variable for column in result.columns if column.kind == "line" and not column.parents}
    curves = (_describe_curve(curve, result, say) for curve in result.curves if curve.variable not in straight)
    return (first, *ratios, *curves, *_describe_interactions(result), *_describe_proportionality(result))


def model_notes(question: Question, result: ModelResult, flow: tuple[FlowStep, ...]) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers: who is not in, few events, changing effects."""
    notes: list[str] = []
    missing = [f"{item.variable} in {counted(item.n_lines, 'line')}" for item in result.missing if item.n_lines]
    if missing:
        notes.append(f"{COMPLETE_LINES}; missing: {', '.join(missing)}.")
    rare = [step.reason.removesuffix(TOO_RARE) for step in flow if step.reason.endswith(TOO_RARE)]
    if rare:
        notes.append(f"Left out as too rare for a ratio: {', '.join(rare)}.")
    told = dict(result.fit.method.options).get("note")
    if told:
        notes.append(f"{told[0].upper()}{told[1:]}.")
    changing = [test.name for test in changing_effects(result)]
    if changing:
        notes.append(
            f"The effect of {', '.join(changing)} changes over time: its hazard ratio is an average; "
            "read the restricted mean time beside it."
        )
    held = result.proportionality
    notes.extend(dict.fromkeys(refused(test) for test in (held.tests if held else ()) if isinstance(test, Refusal)))
    crossed = dict.fromkeys(column.variable for column in result.columns if column.parents)
    notes.extend(
        f"With the interaction {pair} the ratio of one is that at the reference level, or the median, of the other."
        for pair in crossed
    )
    if question.strata:
        notes.append(f"Stratified by {', '.join(question.strata)}: no ratio is estimated for a stratum.")
    return (*notes, *say_design(question, [column.variable for column in result.columns if not column.parents]))


def say_design(question: Question, variables: Iterable[str]) -> tuple[str, ...]:
    """Say which ``variables`` were adjusted for, which lines of a person count, and how time is counted."""
    others = [variable for variable in dict.fromkeys(variables) if variable != question.by]
    notes: list[str] = []
    if question.by == "treatment":
        unadjusted = "weighted" if question.weights else "unadjusted"
        adjusted = f"adjusted for {', '.join(others)} and nothing else" if others else unadjusted
        notes.append(f"Treatments were not randomised: the comparison is {adjusted}.")
    choose = question.selection.choose
    if choose == "every_line":
        notes.append("Every line counts; errors are clustered by patient where a person has several.")
    elif choose == "first_line":
        notes.append("One line a patient: the first in the selection.")
    else:
        notes.append(f"Only lines started directly after progression on {question.selection.decision_after}.")
    return (*notes, *say_follow_up(question), "Times in days are date − start + 1; months are days / 30.4375.")


def say_adjusted_models(question: Question, others: str) -> tuple[str, ...]:
    """Say that the models of an answer adjust for the covariates, and that the ``others`` do not."""
    if not question.covariates:
        return ()
    return (f"Models of everybody adjust for {', '.join(question.covariates)}; {others} do not.",)


def changing_effects(result: ModelResult) -> list[TestResult]:
    """Return the proportionality tests of single terms that speak against a constant effect."""
    return [test for test in result.constancy_tests if test.p_value < CLEARLY and test.name != ALL_TERMS]


def say_ratio(ratio: Estimate, say: Callable[[float], str]) -> str:
    """Say a ratio with its limits."""
    value, low, high = ("–" if part is None else say(part) for part in (ratio.value, ratio.low, ratio.high))
    return f"{value} ({low} to {high})"


def _describe_ratio(column: ModelColumn, term: ModelTerm, ratio: str, say: Callable[[float], str]) -> str:
    what = f"ratio of {ratio}s" if column.parents else ratio
    return f"{describe_column(column)}: {what} {say_ratio(term.ratio, say)}, {p_value(term.p_value)}."


def describe_column(column: ModelColumn) -> str:
    """Say what a coefficient compares."""
    if column.parents:
        return f"{column.variable}, {column.level}"
    what = f"{column.level} against {column.reference}" if column.kind == "level" else f"per {column.step}"
    return f"{column.variable}, {what}"


def _describe_curve(curve: EffectCurve, result: ModelResult, say: Callable[[float], str]) -> str:
    """Say the ratio three quarters up the curve against the reference, and both tests."""
    at = 3 * len(curve.value) // 4
    where = f" ({curve.at})" if curve.at else ""
    ratio = Estimate(float(curve.ratio[at]), float(curve.low[at]), float(curve.high[at]), "ratio")
    said = (
        f"{curve.variable}{where}, {curve.value[at]:.3g} against {curve.reference:.3g} {curve.unit}: {result.ratio} "
        f"{say_ratio(ratio, say)}"
    )
    if curve.at:
        return f"{said}."
    tests = {test.name: test.p_value for test in result.variable_tests}
    bend = tests.get(f"{curve.variable}: bend")
    bent = "" if bend is None else f", bend {p_value(bend)}"
    return f"{said}; whole curve {p_value(tests[curve.variable])}{bent}."


def _describe_interactions(result: ModelResult) -> list[str]:
    tests = {test.name: test.p_value for test in result.variable_tests}
    crossed = dict.fromkeys(column.variable for column in result.columns if column.parents)
    return [f"Interaction {pair}: {p_value(tests[pair])}." for pair in crossed if pair in tests]


def _describe_proportionality(result: ModelResult) -> tuple[str, ...]:
    tests = result.constancy_tests
    single = [test for test in tests if test.name != ALL_TERMS]
    if not single:
        return ()
    worst = min(single, key=lambda test: test.p_value)
    together = "".join(f"{p_value(test.p_value)} for all together; " for test in tests if test.name == ALL_TERMS)
    return (f"Proportional hazards: {together}most against it: {worst.name}, {p_value(worst.p_value)}.",)
