"""Lines with a known time to an endpoint, by group: what every question about times starts from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, Endpoint
from analytics.questions.groups import Grouping, find_grouping
from analytics.questions.question import Question
from analytics.questions.selection import select_lines
from analytics.questions.survival import follow_lines, refuse_endpoint, refuse_nobody
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.weighting_results import Weighting


@dataclass(frozen=True, slots=True)
class ObservedLines:
    """Lines with ``group`` and the columns of `TimesToEvent`; ``labels`` has the reference group first."""

    endpoint: Endpoint
    lines: pl.DataFrame
    labels: tuple[str, ...]
    flow: tuple[FlowStep, ...]
    weighting: Weighting | None = None

    def parts(self) -> list[tuple[str, pl.DataFrame]]:
        """Return each group with its lines, the reference first."""
        return [(label, self.lines.filter(pl.col("group") == label)) for label in self.labels]


def select_observed_lines(study: Study, question: Question) -> ObservedLines | Refusal:
    """Select the lines with a known time to ``question.endpoint``, grouped by ``question.by``."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    refusal = refuse_endpoint(question)
    if refusal:
        return refusal
    selected = select_lines(study, question.selection, grouping)
    followed = follow_lines(study, selected.lines, question)
    if isinstance(followed, Refusal):
        return followed
    lines, flow = followed.lines, (*selected.flow, *followed.flow)
    if lines.is_empty():
        return refuse_nobody(question.endpoint, flow)
    labels = lines["group"].unique().sort().to_list()
    if question.reference and question.reference not in labels:
        return Refusal(
            "unknown_group", f"There is no group «{question.reference}».", f"Choose one of: {', '.join(labels)}."
        )
    reference = _reference(question, grouping, labels)
    ordered = (reference, *(label for label in labels if label != reference))
    return ObservedLines(ENDPOINT_BY_CODE[question.endpoint], lines, ordered, flow, followed.weighting)


def _reference(question: Question, grouping: Grouping, labels: list[str]) -> str:
    if question.reference:
        return question.reference
    return grouping.reference if grouping.reference in labels else labels[0]
