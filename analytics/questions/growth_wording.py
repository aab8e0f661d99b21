"""Growth in sentences: rates by group and period, what each foretells, and what a rate rests on."""

from __future__ import annotations

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.estimation.growth import FEWEST_VALUES, SHORTEST_SPAN_DAYS
from analytics.questions.growth_values import BEFORE
from analytics.questions.model_wording import describe_model, say_design
from analytics.questions.question import Question
from analytics.questions.wording import counted, refused
from analytics.tables.marker_results import GrowthGroup, GrowthResult
from analytics.tables.results import Refusal


def describe_growth(result: GrowthResult) -> tuple[str, ...]:
    """Say the rates of each group and period, and what each foretells."""
    endpoint = ENDPOINT_BY_CODE[result.endpoint].name
    sentences = [_describe_group(group, result.what) for group in result.groups]
    for period, model in result.models:
        start = "the start" if period == BEFORE else f"day {result.landmark_days}"
        told = (
            refused(model) if isinstance(model, Refusal) else " ".join(describe_model(model, endpoint, "{:.3g}".format))
        )
        sentences.append(f"Growth {period} and time from {start}: {told}")
    return tuple(sentences)


def _describe_group(group: GrowthGroup, what: str) -> str:
    without = "" if group.n_without is None else f", {group.n_without} without a rate"
    if group.median is None or group.lower_quartile is None or group.upper_quartile is None:
        return f"{group.group}, {group.period}: {counted(group.n_lines, 'line')} with a rate of {what}{without}."
    return (
        f"{group.group}, {group.period}: {what} by {group.median + 0:+.1f} % a month at the median, half of the lines "
        f"between {group.lower_quartile:+.1f} and {group.upper_quartile:+.1f} "
        f"({counted(group.n_lines, 'line')}{without})."
    )


def growth_notes(question: Question) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers."""
    before = (
        "on the targets of the line before, so that a first line has none"
        if question.measure == "diameters"
        else "from the year before the start, of one assay"
    )
    return (
        f"A rate needs {FEWEST_VALUES} values over {SHORTEST_SPAN_DAYS} days; values at a quantitation limit, of "
        f"another assay, or not assessable are left out. Before treatment: {before}. On treatment: from the baseline "
        f"to day {question.landmark_days}, whatever came later.",
        f"Landmark day {question.landmark_days}: what growth on treatment foretells is counted from there, among those "
        "still followed without an event; growth before treatment is counted from the start.",
        "A rate from few values is uncertain; that draws its hazard ratio towards 1.",
        *say_design(question, question.covariates),
    )
