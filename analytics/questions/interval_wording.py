"""Times known between visits in sentences: the median by intervals, by detection, and how far apart they are."""

from __future__ import annotations

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.questions.wording import counted, describe_months, refused
from analytics.tables.competing_results import IntervalGroup, IntervalModel
from analytics.tables.results import Refusal


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
    said = f"{said}; by intervals {_span(after, until)} months"
    if detection.value is None:
        return f"{said}."
    late = detection.value / DAYS_PER_MONTH
    return f"{said}: detection dates it {_span(late - until, late - after)} months later."


def _span(low: float, high: float) -> str:
    first, last = f"{low:.1f}", f"{high:.1f}"
    return first if first == last else f"between {first} and {last}"


def _describe_model(group: str, model: IntervalModel) -> str:
    if isinstance(model.fit, Refusal):
        return refused(model.fit)
    median = "" if model.median is None else f"median {describe_months(model.median)}, "
    return f"{group}, {model.family} model: {median}AIC {model.fit.aic:.1f}."
