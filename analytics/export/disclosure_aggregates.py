"""Cohorts and endpoint counts at the safe level: small categories merged, never blanked."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.merging import Cell, count_people, merge_cells, merge_flow_to, refuse_small, select_groups
from analytics.questions.cohort import describe_characteristics
from analytics.questions.question import Answer
from analytics.tables.results import CohortResult, EndpointsResult, Refusal

TOGETHER = "other categories together"


def make_safe_cohort(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the cohort with groups and categories of at least ``floor`` people."""
    exact = cast("CohortResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    if not allowed:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in(allowed))
    of_group = {group: shown.filter(pl.col("group") == group) for group in allowed}
    groups = tuple((group, count_people(lines, floor), lines.height) for group, lines in of_group.items())
    people = shown["pid"].n_unique() if shown["pid"].n_unique() == shown.height else None
    result = CohortResult(people, shown.height, groups, _merge_characteristics(exact.characteristics, shown, floor))
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=(
            f"{shown.height} treatment lines.",
            *(f"{group}: {n} lines." for group, _, n in groups),
        ),
        notes=(
            *answer.notes,
            f"Safe level: groups and categories of fewer than {floor} people are merged or left out.",
        ),
    )


def _merge_characteristics(exact: pl.DataFrame, shown: pl.DataFrame, floor: int) -> pl.DataFrame:
    """Merge small categories; one line a person bounds the people of a category from below, and adds up."""
    one_each = shown.unique(["group", "pid"], keep="first", maintain_order=True)
    people = describe_characteristics(one_each).select("characteristic", "category", "group", n_people="n")
    joined = (
        exact.filter(pl.col("group").is_in(shown["group"].unique().to_list()))
        .join(people, on=["characteristic", "category", "group"], how="left", maintain_order="left")
        .with_columns(pl.col("n_people").fill_null(0))
    )
    rows: list[tuple[str, str, str, int, float]] = []
    for part in joined.partition_by("characteristic", "group", maintain_order=True):
        cells = [Cell(str(c), int(n), max(1, int(p))) for c, n, p in part.select("category", "n", "n_people").rows()]
        total = int(part["n"].sum())
        rows.extend(
            (part["characteristic"][0], cell.label, part["group"][0], cell.n_lines, cell.n_lines / total)
            for cell in merge_cells(cells, floor, TOGETHER)
        )
    return pl.DataFrame(rows, schema=exact.schema, orient="row")


def make_safe_endpoints(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the endpoint counts with statuses, then reasons, of at least ``floor`` people.

    An endpoint whose events differ from those of one already shown by fewer than ``floor`` people shows no split.
    """
    exact = cast("EndpointsResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    if not allowed:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in(allowed))
    rows: list[tuple[str, str, str, str, str, int]] = []
    seen: list[tuple[str, set[tuple[int, int]]]] = []
    for part in shown.sort("group", "endpoint", "rule_set").partition_by(
        "endpoint", "rule_set", "group", maintain_order=True
    ):
        group = str(part["group"][0])
        events = set(part.filter(pl.col("status") == "event").select("pid", "line_no").rows())
        is_near = any(_singles_out(events, other, floor) for of, other in seen if of == group)
        named = tuple(str(part[name][0]) for name in ("endpoint", "rule_set", "group"))
        rows.extend((*named, *cell) for cell in _split(part, floor, is_near=is_near))  # type: ignore[misc]
        if not is_near:
            seen.append((group, events))
    counts = pl.DataFrame(rows, schema=exact.counts.schema, orient="row")
    lines = shown.unique(["pid", "line_no"], maintain_order=True)
    return replace(
        answer,
        result=replace(exact, counts=counts),
        flow=merge_flow_to(answer.flow, lines, floor),
        summary=tuple(
            f"{row['endpoint']} ({row['rule_set']}), {row['group']}: {row['n_lines']} {row['status']}."
            for row in counts.group_by("endpoint", "rule_set", "group", "status", maintain_order=True)
            .agg(pl.col("n_lines").sum())
            .iter_rows(named=True)
        ),
        notes=(*answer.notes, f"Safe level: statuses and reasons of fewer than {floor} people are merged."),
    )


def _singles_out(events: set[tuple[int, int]], other: set[tuple[int, int]], floor: int) -> bool:
    """Return whether one set of events holds the other and fewer than ``floor`` people more."""
    if not (events <= other or other <= events):
        return False
    return 0 < len({pid for pid, _ in events ^ other}) < floor


def _split(part: pl.DataFrame, floor: int, *, is_near: bool) -> list[tuple[str, str, int]]:
    statuses = merge_cells(_cells(part, "status"), part.height + 1 if is_near else floor, "all together")
    rows: list[tuple[str, str, int]] = []
    for status in statuses:
        lines = part.filter(pl.col("status") == status.label)
        if lines.is_empty():
            rows.append((status.label, "", status.n_lines))
        rows.extend(
            (status.label, cell.label, cell.n_lines)
            for cell in merge_cells(_cells(lines, "reason"), floor, "other reasons together")
        )
    return rows


def _cells(lines: pl.DataFrame, column: str) -> list[Cell]:
    counted = lines.group_by(column).agg(n=pl.len(), people=pl.col("pid").n_unique()).sort(column)
    return [Cell(str(label), int(n), int(people)) for label, n, people in counted.rows()]
