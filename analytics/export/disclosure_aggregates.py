"""Cohorts and endpoint counts at the safe level: small categories merged, never blanked."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.linked_tables import Lines, Part, Shown, join_parts, merge_parts
from analytics.export.merging import count_people, merge_flow_to, refuse_small, select_groups
from analytics.questions.cohort import describe_characteristics
from analytics.questions.question import Answer
from analytics.tables.cohort_results import CohortResult, EndpointsResult
from analytics.tables.results import Refusal

STATUSES = ("event", "censored", "excluded")


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
    rows = [row for group, lines in of_group.items() for row in _merge_characteristics(group, lines, floor)]
    characteristics = pl.DataFrame(rows, schema=exact.characteristics.schema, orient="row")
    return replace(
        answer,
        result=CohortResult(people, shown.height, groups, characteristics),
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=(f"{shown.height} treatment lines.", *(f"{group}: {n} lines." for group, _, n in groups)),
        notes=(
            *answer.notes,
            f"Safe level: groups and categories of fewer than {floor} people are merged or left out.",
        ),
    )


def _merge_characteristics(group: str, lines: pl.DataFrame, floor: int) -> list[tuple[str, str, str, int, float]]:
    """Merge the small categories of each characteristic, and all of one that another would give away."""
    shown = Shown(_lines_of(lines), floor)
    rows: list[tuple[str, str, str, int, float]] = []
    for characteristic, parts in _categories_of(lines).items():
        everything = [join_parts(parts, ("all categories together",))]
        merged = merge_parts(parts, floor, ("other categories together",))
        for part in shown.choose(merged, everything):
            n = len(part.lines)
            rows.append((characteristic, part.labels[0], group, n, n / lines.height))
    return rows


def _categories_of(lines: pl.DataFrame) -> dict[str, list[Part]]:
    """Return each characteristic's categories with their lines; each line is asked as a group of its own."""
    one_by_one = lines.with_row_index("place").with_columns(group=pl.col("place").cast(pl.String))
    keys = one_by_one.select("pid", "line_no").rows()
    found: dict[str, dict[str, set[tuple[int, int]]]] = {}
    described = describe_characteristics(one_by_one.drop("place"))
    for characteristic, category, place in described.select("characteristic", "category", "group").rows():
        found.setdefault(characteristic, {}).setdefault(category, set()).add(keys[int(place)])
    return {
        characteristic: [Part((category,), frozenset(keys)) for category, keys in sorted(categories.items())]
        for characteristic, categories in found.items()
    }


def make_safe_endpoints(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the endpoint counts by reason, by status, or together: the finest that singles nobody out.

    All endpoints are about the same lines, so that each is held against those already shown.
    """
    exact = cast("EndpointsResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    if not allowed:
        return refuse_small(floor)
    subjects = answer.subjects.filter(pl.col("group").is_in(allowed)).sort("group", "endpoint", "rule_set")
    rows: list[tuple[str, str, str, str, str, int]] = []
    for of_group in subjects.partition_by("group", maintain_order=True):
        shown = Shown(_lines_of(of_group), floor)
        for part in of_group.partition_by("endpoint", "rule_set", maintain_order=True):
            endpoint, rule_set, group = part.select("endpoint", "rule_set", "group").row(0)
            for cell in _split(part, shown, floor):
                status, reason = cell.labels
                rows.append((endpoint, rule_set, group, status, reason, len(cell.lines)))
    counts = pl.DataFrame(rows, schema=exact.counts.schema, orient="row")
    lines = subjects.unique(["pid", "line_no"], maintain_order=True)
    by_status = counts.group_by("endpoint", "rule_set", "group", "status", maintain_order=True)
    return replace(
        answer,
        result=replace(exact, counts=counts),
        flow=merge_flow_to(answer.flow, lines, floor),
        summary=tuple(
            f"{endpoint} ({rule_set}), {group}: {n} {status}."
            for endpoint, rule_set, group, status, n in by_status.agg(pl.col("n_lines").sum()).rows()
        ),
        notes=(*answer.notes, f"Safe level: statuses and reasons of fewer than {floor} people are merged."),
    )


def _split(part: pl.DataFrame, shown: Shown, floor: int) -> list[Part]:
    """Return the cells (status, reason) of one endpoint."""
    statuses = [Part((status, ""), _lines_of(part.filter(pl.col("status") == status))) for status in STATUSES]
    together = [Part(("all together", ""), _lines_of(part))]
    merged = merge_parts([status for status in statuses if status.lines], floor, ("all together", ""))
    cells: list[Part] = []
    for status in shown.choose(merged, together):
        reasons = merge_parts(_reasons_of(part, status), floor, (status.labels[0], "other reasons together"))
        cells.extend(shown.choose(reasons, [status]))
    return cells


def _reasons_of(part: pl.DataFrame, status: Part) -> list[Part]:
    lines = part.filter(pl.col("status") == status.labels[0])
    if lines.is_empty():
        return [status]
    return [
        Part((status.labels[0], str(reason)), _lines_of(of_reason))
        for (reason,), of_reason in lines.sort("reason").group_by("reason", maintain_order=True)
    ]


def _lines_of(part: pl.DataFrame) -> Lines:
    keys = part.select("pid", "line_no").rows()
    return frozenset((int(pid), int(line)) for pid, line in keys)
