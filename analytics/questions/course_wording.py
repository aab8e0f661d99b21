"""The course of a marker in sentences: levels, changes, how people differ, whether the treatments' courses differ."""

from __future__ import annotations

import numpy as np

from analytics.questions.question import Question
from analytics.questions.wording import counted, describe_test
from analytics.tables.model_results import MarkerCourseResult, MixedModelResult

SAID_MONTHS = (0.0, 6.0, 12.0, 24.0)


def describe_course(result: MarkerCourseResult) -> tuple[str, ...]:
    """Say the size of the model, the typical value of each group at some months, and the tests."""
    model = result.model
    first = (
        f"{model.methods[0].name} ({model.criterion}) of {model.outcome}: {counted(model.n_values, 'value')} of "
        f"{counted(model.n_patients, 'person')}, {model.n_beyond} beyond a quantitation limit."
    )
    courses = tuple(_describe_group(result, group) for group in result.groups)
    return (first, *courses, describe_spread(model), *(describe_test(test) for test in result.tests))


def _describe_group(result: MarkerCourseResult, group: str) -> str:
    curve = result.curves.filter(group=group)
    months = curve["months"].to_numpy()
    said: list[str] = []
    for month in SAID_MONTHS:
        if not months[0] <= month <= months[-1]:
            continue
        mean, low, high = (
            float(np.exp(np.interp(month, months, curve[name].to_numpy()))) for name in ("mean", "low", "high")
        )
        said.append(f"{mean:.2f} ({low:.2f} to {high:.2f}) at month {month:g}")
    return f"{group}: typical × ULN {', '.join(said)}."


def describe_spread(model: MixedModelResult) -> str:
    """Say how far people differ in level and slope, how both go together, and the scatter of single values."""
    variance = model.random_covariance
    level, slope = float(np.sqrt(variance[0, 0])), float(np.sqrt(variance[1, 1]))
    together = float(variance[0, 1]) / (level * slope) if level > 0 and slope > 0 else 0.0
    return (
        f"Between people the level varies by a factor of {np.exp(level):.2f} and the slope by "
        f"{100 * np.expm1(slope):.1f} % a month (one standard deviation), correlated {together:+.2f}; a single value "
        f"scatters by a factor of {np.exp(model.residual_sd):.2f} around its person's own curve."
    )


def course_notes(question: Question, result: MarkerCourseResult) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers: what the curve is, what is assumed, how residuals behave."""
    model = result.model
    shape = (
        "a straight line of the logarithm"
        if question.spline_df == 1
        else f"a natural cubic spline of {question.spline_df} parameters"
    )
    notes = [
        f"Mixed model: in time {shape}, of its own in each group; people differ in level and slope, which may be "
        "correlated. The curve is the typical person's: half of such people lie above it. Its band is the uncertainty "
        "of the average; a single value of a new person scatters far wider.",
        "Values under a PPI or with a low eGFR are left out, and those of another assay than the baseline's.",
    ]
    if model.n_beyond:
        notes.append(
            "Values beyond a quantitation limit enter by the probability of lying there, not as the limit; variances "
            "are then by maximum likelihood."
        )
    if model.is_singular:
        notes.append("Some combination of level and slope does not vary between people here: read slopes with care.")
    notes.append(describe_residuals(model))
    notes.append(
        "Values missing because of progression, death or another treatment are taken as foretold by the values before "
        "them; if those who leave would have risen more steeply, the late curve is too low."
    )
    if question.by == "treatment":
        notes.append("Treatments were not randomised: the comparison is unadjusted.")
    return tuple(notes)


def describe_residuals(model: MixedModelResult) -> str:
    """Say whether the residuals look as the model says."""
    check = model.residuals
    if check is None:
        return "Residuals: too few values of people without a value beyond a limit to be judged."
    is_heavy = check.share_beyond_3 > HEAVY_SHARE
    verdict = (
        "more outlying values than the model expects (0.27 %): intervals of single values are too narrow in places"
        if is_heavy
        else "as the model expects"
    )
    whose = " of the people all of whose values lie within the limits" if model.n_beyond else ""
    return (
        f"Residuals{whose}: {100 * check.share_beyond_3:.2f} % beyond 3 standard deviations, skewness "
        f"{check.skewness:+.2f}, {verdict}."
    )


HEAVY_SHARE = 0.01
"""Share of residuals beyond three standard deviations, nearly four times that of a normal, that a reader is told of."""
