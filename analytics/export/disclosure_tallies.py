"""Counts by topic at the safe level: small categories merged, topics about the same lines held against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.linked_tables import Part, Shown, join_parts, merge_parts
from analytics.export.merging import merge_flow_to, refuse_small, select_groups
from analytics.questions.question import Answer
from analytics.questions.tally import CELL, add_shares, describe_cells
from analytics.tables.results import Refusal
from analytics.tables.tally_results import TallyResult


def make_safe_tally(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the counts with groups and categories of at least ``floor`` people, and no details."""
    exact = cast("TallyResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    if not allowed:
        return refuse_small(floor)
    subjects = answer.subjects.filter(pl.col("group").is_in(allowed)).sort("group", "topic", "category")
    rows = [row for part in subjects.partition_by("group", maintain_order=True) for row in _merge_topics(part, floor)]
    schema = {name: exact.counts.schema[name] for name in (*CELL, "n")}
    counts = add_shares(pl.DataFrame(rows, schema=schema, orient="row"))
    return replace(
        answer,
        result=replace(exact, counts=counts, details=pl.DataFrame()),
        flow=merge_flow_to(answer.flow, subjects.unique(["pid", "line_no"], maintain_order=True), floor),
        summary=describe_cells(counts, exact.unit),
        notes=(
            *answer.notes,
            f"Safe level: groups and categories of fewer than {floor} people are merged or left out.",
        ),
    )


def _merge_topics(of_group: pl.DataFrame, floor: int) -> list[tuple[str, str, str, int]]:
    """Merge the small categories of each topic of one group, and all of a topic that another would give away."""
    shown = Shown(frozenset(_keys(of_group)), floor)
    rows: list[tuple[str, str, str, int]] = []
    for (topic,), of_topic in of_group.group_by("topic", maintain_order=True):
        parts = [
            Part((str(category),), frozenset(_keys(rows_of)))
            for (category,), rows_of in of_topic.group_by("category", maintain_order=True)
        ]
        merged = merge_parts(parts, floor, ("other categories together",))
        chosen = shown.choose(merged, [join_parts(parts, ("all categories together",))])
        group = str(of_group["group"][0])
        rows.extend((str(topic), part.labels[0], group, len(part.lines)) for part in chosen)
    return rows


def _keys(rows: pl.DataFrame) -> list[tuple[int, int]]:
    return [(int(pid), int(line)) for pid, line in rows.select("pid", "line_no").rows()]
