"""Lines with a known time to an endpoint, by group: what every question about times starts from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE, RULE_SETS, Endpoint
from analytics.questions.groups import Grouping, find_grouping
from analytics.questions.question import Question
from analytics.questions.selection import select_lines
from analytics.questions.survival import follow_lines, refuse_nobody
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


def refuse_endpoint(question: Question) -> Refusal | None:
    """Refuse an endpoint that is not known, or a rule set that does not decide it."""
    if question.endpoint not in ENDPOINT_BY_CODE:
        return Refusal(
            "unknown_endpoint",
            f"There is no endpoint «{question.endpoint}».",
            f"Ask for one of: {', '.join(ENDPOINT_BY_CODE)}.",
        )
    rule_set = RULE_SET_BY_CODE.get(question.rule_set)
    if rule_set is None or question.endpoint not in (rule_set.endpoints or (question.endpoint,)):
        deciding = [item.code for item in RULE_SETS if question.endpoint in (item.endpoints or (question.endpoint,))]
        return Refusal(
            "rule_set_not_for_endpoint",
            f"The rule set «{question.rule_set}» does not decide {question.endpoint}.",
            f"Choose one of: {', '.join(deciding)}.",
        )
    return None


def _reference(question: Question, grouping: Grouping, labels: list[str]) -> str:
    if question.reference:
        return question.reference
    return grouping.reference if grouping.reference in labels else labels[0]
