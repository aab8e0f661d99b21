"""Merge small cells and small steps until each is of nobody or of at least the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from analytics.export.coarse_time import is_enough
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal


@dataclass(frozen=True, slots=True)
class Cell:
    """A category with its lines, and the people behind them (at least that many)."""

    label: str
    n_lines: int
    n_people: int


def merge_cells(cells: Sequence[Cell], floor: int, together: str) -> list[Cell]:
    """Merge the cells below the floor, and the smallest others as needed, into one called ``together``."""
    small = [cell for cell in cells if not is_enough(cell.n_people, floor)]
    others = sorted((cell for cell in cells if cell not in small), key=lambda cell: (cell.n_people, cell.label))
    while small and sum(cell.n_people for cell in small) < floor and others:
        small.append(others.pop(0))
    kept = [cell for cell in cells if cell in others]
    if not small:
        return kept
    return [*kept, Cell(together, sum(cell.n_lines for cell in small), sum(cell.n_people for cell in small))]


def merge_flow(flow: Sequence[FlowStep], floor: int) -> tuple[FlowStep, ...]:
    """Merge steps of a flow forwards until each takes out nobody, or the floor of people and of lines.

    People are counted only where each has one line. The last step always stays.
    """
    last = flow[-1]
    kept: list[FlowStep] = []
    reasons: list[str] = []
    for step in flow:
        reasons.append(step.reason)
        is_far = step is last or _may_stand_apart(step, last, floor)
        if is_far and (not kept or _may_stand_apart(kept[-1], step, floor)):
            kept.append(_recount(step, kept[-1] if kept else None, reasons))
            reasons = []
    return tuple(step if step.n_patients == step.n_lines else replace(step, n_patients=None) for step in kept)


def _may_stand_apart(earlier: FlowStep, later: FlowStep, floor: int) -> bool:
    people = (earlier.n_patients or 0) - (later.n_patients or 0)
    return is_enough(earlier.n_lines - later.n_lines, floor) and is_enough(people, floor)


def _recount(step: FlowStep, before: FlowStep | None, reasons: Sequence[str]) -> FlowStep:
    removed = 0 if before is None else before.n_lines - step.n_lines
    said = "; ".join(dict.fromkeys(reason for reason in reasons if reason)) if removed else ""
    return replace(step, n_lines_removed=removed, reason=said)


def select_groups(subjects: pl.DataFrame, floor: int) -> list[str]:
    """Return the groups with at least ``floor`` people, in order."""
    people = subjects.group_by("group").agg(n=pl.col("pid").n_unique()).sort("group")
    return people.filter(pl.col("n") >= floor)["group"].to_list()


def merge_flow_to(flow: Sequence[FlowStep], shown: pl.DataFrame, floor: int) -> tuple[FlowStep, ...]:
    """Merge a flow after a last step that leaves the groups not shown behind."""
    last = flow[-1] if flow else FlowStep("all treatment lines", shown["pid"].n_unique(), shown.height, 0, "")
    left_out = last.n_lines - shown.height
    if left_out:
        label = "groups that may be shown"
        reason = f"in a group too small to be shown (floor {floor} people)"
        flow = (*flow, FlowStep(label, shown["pid"].n_unique(), shown.height, left_out, reason))
    return merge_flow(flow or (last,), floor)


def count_people(lines: pl.DataFrame, floor: int) -> int | None:
    """Return how many people the lines are of; ``None`` where the extra lines would single somebody out."""
    people = lines["pid"].n_unique()
    return people if is_enough(lines.height - people, floor) else None


def refuse_small(floor: int) -> Refusal:
    """Return the refusal for an answer in which no group may be shown."""
    return Refusal(
        "below_floor",
        f"At the safe level no group of this answer may be shown: each has too few people or events (floor {floor}).",
        "Merge groups, widen the selection, or use the full level inside the hospital.",
    )
