"""Survival at the safe level: a life table on released months, and what can be said from it alone."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.life_table import (
    CUTLER_EDERER,
    estimate_life_table,
    estimate_life_table_landmark,
    estimate_life_table_median,
)
from analytics.export.coarse_time import release_rows, split_months
from analytics.export.merging import count_people, merge_flow_to, refuse_small, select_groups
from analytics.export.rounding import round_estimate, round_figures, round_months
from analytics.export.sentences import say_months
from analytics.questions.question import Answer
from analytics.questions.wording import p_value, refused
from analytics.tables.results import Method, Refusal, TestResult
from analytics.tables.survival_results import GroupSurvival, HazardRatio, SurvivalResult

EVENTS_PER_GROUP = 2
"""Times the floor: events each group needs before a ratio or a test of the exact data may leave."""

FIGURES = 2


def make_safe_survival(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the survival answer on the released months; groups without a released month are left out."""
    exact = cast("SurvivalResult", answer.result)
    if any(group.curve.n_enter[1:].any() for group in exact.groups):
        return Refusal(
            "late_entry",
            "Curves with late entry have no safe form yet: at risk, events and censored do not add up to everybody.",
            "Use the full level inside the hospital.",
        )
    allowed = select_groups(answer.subjects, floor)
    groups = tuple(
        safe
        for group in exact.groups
        if group.group in allowed and (safe := _coarsen_group(group, answer.subjects, floor)) is not None
    )
    if not groups:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in([group.group for group in groups]))
    result = SurvivalResult(
        exact.endpoint,
        exact.rule_set,
        groups,
        round_group_test(exact, groups, floor),
        round_ratios(exact, groups, floor),
        _count_shared(shown, floor),
        (life_table_method(), *(method for method in exact.methods if "aplan" not in method.name)),
        exact.landmark_days,
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=(*(describe_safe_group(group) for group in groups), *describe_safe_comparison(result)),
        notes=_safe_notes(answer, exact, floor),
    )


def _coarsen_group(group: GroupSurvival, subjects: pl.DataFrame, floor: int) -> GroupSurvival | None:
    lines = subjects.filter(pl.col("group") == group.group)
    rows = release_rows(split_months(lines), floor)
    if not rows:
        return None
    days = np.array([int(month * DAYS_PER_MONTH) for month, _, _ in rows], dtype=np.int64)
    events = np.array([n for _, n, _ in rows], dtype=np.int64)
    censored = np.array([n for _, _, n in rows], dtype=np.int64)
    n, level = lines.height, group.curve.level
    curve = estimate_life_table(group.group, n, days, events, censored, level)
    turned = estimate_life_table(group.group, n, days, censored, events, level)
    landmarks = (estimate_life_table_landmark(curve, mark.days) for mark in group.landmarks)
    return GroupSurvival(
        group.group,
        n,
        count_people(lines, floor),
        group.n_events,
        curve,
        round_months(estimate_life_table_median(curve)),
        tuple(landmarks),
        round_months(estimate_life_table_median(turned)),
    )


def round_ratios(
    exact: SurvivalResult, groups: tuple[GroupSurvival, ...], floor: int
) -> tuple[HazardRatio | Refusal, ...]:
    """Round the ratios of the groups that are shown and have events enough."""
    comparable = {group.group for group in groups if _has_events(group, floor)}
    kept = tuple(
        replace(item, ratio=round_estimate(item.ratio, FIGURES), p_value=round_figures(item.p_value, 1))
        for item in exact.hazard_ratios
        if isinstance(item, HazardRatio) and {item.group, item.reference} <= comparable
    )
    return kept if len(kept) == len(exact.hazard_ratios) else (*kept, _refuse_comparison(floor))


def round_group_test(
    exact: SurvivalResult, groups: tuple[GroupSurvival, ...], floor: int
) -> TestResult | Refusal | None:
    """Round the test, which is of all groups: it is withheld when one of them is."""
    test = exact.test
    if test is None:
        return None
    is_whole = len(groups) == len(exact.groups) and all(_has_events(group, floor) for group in groups)
    if isinstance(test, Refusal) or not is_whole:
        return _refuse_comparison(floor)  # an exact refusal tells how many there are
    return replace(test, statistic=round_figures(test.statistic, FIGURES), p_value=round_figures(test.p_value, 1))


def _has_events(group: GroupSurvival, floor: int) -> bool:
    return group.n_events >= EVENTS_PER_GROUP * floor


def _refuse_comparison(floor: int) -> Refusal:
    return Refusal(
        "comparison_withheld",
        "At the safe level groups are compared only when they are shown and each has "
        f"{EVENTS_PER_GROUP * floor} events; a test of all groups needs that of all.",
        "Merge groups, or use the full level inside the hospital.",
    )


def _count_shared(shown: pl.DataFrame, floor: int) -> int | None:
    groups_of = shown.group_by("pid").agg(n=pl.col("group").n_unique())
    several = groups_of.filter(pl.col("n") > 1).height
    return several if several == 0 or several >= floor else None


def describe_safe_group(group: GroupSurvival) -> str:
    """Say counts and median of one group with the figures they leave with."""
    people = "" if group.n_patients is None else f" of {group.n_patients} people"
    counts = f"{group.n_lines} lines{people}, {group.n_events} events"
    end = round(group.curve.time[-1] / DAYS_PER_MONTH)
    return f"{group.group}: {counts}, median {say_months(group.median)}; table to month {end}."


def describe_safe_comparison(result: SurvivalResult) -> tuple[str, ...]:
    """Say ratios and test with the figures they leave with, no zeros added."""
    said: list[str] = []
    for item in result.hazard_ratios:
        if isinstance(item, Refusal):
            said.append(refused(item))
            continue
        value, low, high = ("–" if n is None else f"{n:g}" for n in (item.ratio.value, item.ratio.low, item.ratio.high))
        said.append(f"Hazard ratio {item.group} against {item.reference}: {value} ({low} to {high}).")
    if isinstance(result.test, Refusal):
        said.append(refused(result.test))
    elif result.test is not None:
        said.append(f"{result.test.name}: {p_value(result.test.p_value)}.")
    return tuple(dict.fromkeys(said))


def _safe_notes(answer: Answer, exact: SurvivalResult, floor: int) -> tuple[str, ...]:
    """Keep the notes that say no exact count, and say how the table was coarsened."""
    counted = f"{exact.n_patients_in_several_groups} people"
    return (
        *(note for note in answer.notes if counted not in note),
        f"Safe level: months are merged until each row is of nobody or of at least {floor} people; the table ends "
        "where fewer are at risk. Survival, median and follow-up are made from that table alone; «not reached» means: "
        "not within it.",
    )


def life_table_method() -> Method:
    """Return how the safe curves are made."""
    return Method(
        "Life table (actuarial) on merged months",
        CUTLER_EDERER,
        "numpy",
        version("numpy"),
        "log-log",
        "",
        (("median", "straight lines between the rows, whole months; limits at the ends of their rows"),),
    )
