"""Competing risks in sentences: incidences at landmarks, Gray's test, both kinds of hazard ratio."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.questions.model_wording import say_ratio
from analytics.questions.wording import counted, describe_test, refused, share
from analytics.tables.competing_results import CompetingRisksResult, IncidenceGroup
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.regression_results import ModelColumn
from analytics.tables.results import Refusal


def describe_competing(result: CompetingRisksResult, say: Callable[[float], str] = "{:.2f}".format) -> tuple[str, ...]:
    """Say the answer; ``say`` writes a ratio."""
    sentences = [_describe_group(group, result.causes) for group in result.groups]
    if isinstance(result.test, Refusal):
        sentences.append(refused(result.test))
    elif result.test is not None:
        sentences.append(describe_test(result.test))
    for kind, model in (("cause-specific", result.cause_specific), ("subdistribution", result.subdistribution)):
        sentences.extend(_describe_hazards(kind, result.causes[0], result.columns, model, say))
    return tuple(dict.fromkeys(sentences))


def _describe_group(group: IncidenceGroup, causes: Sequence[str]) -> str:
    events = ", ".join(
        f"{cause} first in {int(curve.n_event.sum())}" for cause, curve in zip(causes, group.curves, strict=True)
    )
    shares = "; ".join(
        f"{mark.cause} by month {round(mark.days / DAYS_PER_MONTH)} {share(mark.incidence)}"
        for mark in group.landmarks
        if mark.incidence.value is not None and mark.cause == causes[0]
    )
    return f"{group.group}: {counted(group.n_lines, 'line')}, {events}" + (f"; {shares}." if shares else ".")


def _describe_hazards(
    kind: str,
    cause: str,
    columns: Sequence[ModelColumn],
    model: RegressionResult | Refusal | None,
    say: Callable[[float], str],
) -> list[str]:
    if model is None:
        return []
    if isinstance(model, Refusal):
        return [refused(model)]
    return [
        f"{kind.capitalize()} hazard ratio of {cause}, {column.name}"
        f"{f' against {column.reference}' if column.reference else ''}: {say_ratio(term.ratio, say)}."
        for column, term in zip(columns, model.terms, strict=True)
        if column.kind != "spline"
    ]
