"""Times known between visits in sentences: the median by intervals, by detection, and how far apart they are."""

from __future__ import annotations

from collections.abc import Callable

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.questions.model_wording import describe_column, say_ratio
from analytics.questions.wording import counted, describe_months, describe_test, p_value, refused
from analytics.tables.competing_results import IntervalGroup, IntervalModel, IntervalSurvivalResult
from analytics.tables.results import Refusal


def describe_intervals(
    result: IntervalSurvivalResult, say: Callable[[float], str] = "{:.2f}".format
) -> tuple[str, ...]:
    """Say each group, the test of all and each model of all; ``say`` writes a ratio."""
    sentences = [sentence for group in result.groups for sentence in describe_interval_group(group)]
    if result.test is not None:
        sentences.append(refused(result.test) if isinstance(result.test, Refusal) else describe_test(result.test))
    for model in result.regressions:
        if isinstance(model.fit, Refusal):
            sentences.append(refused(model.fit))
            continue
        sentences.extend(
            f"{model.family} model of intervals, {describe_column(column)}: {model.ratio} "
            f"{say_ratio(term.ratio, say)}, {p_value(term.p_value)}."
            for column, term in zip(result.columns, model.fit.terms, strict=True)
            if column.kind != "spline"
        )
    return tuple(dict.fromkeys(sentences))


def describe_interval_group(group: IntervalGroup) -> tuple[str, ...]:
    """Say one group: counts, both medians with the shift between them, and each model."""
    between = "" if group.n_exact is None else f", {group.n_events - group.n_exact} of them between two visits"
    width = "" if group.width_days is None else f" (median width {group.width_days / DAYS_PER_MONTH:.1f} months)"
    first = f"{group.group}: {counted(group.n_lines, 'line')}, {counted(group.n_events, 'event')}{between}{width}."
    medians = () if group.curve is None else (_describe_medians(group),)
    return (first, *medians, *dict.fromkeys(_describe_model(group.group, model) for model in group.models))


def _describe_medians(group: IntervalGroup) -> str:
    detection = group.detection_median
    said = f"{group.group}: median by the day of detection {describe_months(detection)}"
    if group.median is None:
        return f"{said}; by intervals not reached."
    after, until = (day / DAYS_PER_MONTH for day in group.median)
    said = f"{said}; by intervals {_span(after, until)} months{_say_limits(group)}"
    if detection.value is None:
        return f"{said}."
    late = detection.value / DAYS_PER_MONTH
    return f"{said}: detection dates it {_span(late - until, late - after)} months later{_say_shift(group)}."


def _say_shift(group: IntervalGroup) -> str:
    """Say the limits of the shift of the median, where there are any."""
    shift = None if group.limits is None else group.limits.shift
    if shift is None or shift.low is None or shift.high is None:
        return ""
    return f" ({100 * shift.level:g} % limits {shift.low / DAYS_PER_MONTH:+.1f} to {shift.high / DAYS_PER_MONTH:+.1f})"


def _say_limits(group: IntervalGroup) -> str:
    if group.limits is None:
        return ""
    median = group.limits.median
    low, high = ("not reached" if day is None else f"{day / DAYS_PER_MONTH:.1f}" for day in (median.low, median.high))
    return f" (limits {low} to {high})"


def _span(low: float, high: float) -> str:
    first, last = f"{low:.1f}", f"{high:.1f}"
    return first if first == last else f"between {first} and {last}"


def _describe_model(group: str, model: IntervalModel) -> str:
    if isinstance(model.fit, Refusal):
        return refused(model.fit)
    median = "" if model.median is None else f"median {describe_months(model.median)}{_say_beyond(model)}, "
    return f"{group}, {model.family} model: {median}AIC {model.fit.aic:.1f}."


def _say_beyond(model: IntervalModel) -> str:
    """Say that a median lies beyond follow-up, where it is the model's word alone."""
    if model.curve is None or model.median is None or model.median.value is None:
        return ""
    last = model.curve.days[~model.curve.is_extrapolated][-1]
    return " (beyond follow-up: the model's word alone)" if model.median.value > last else ""
